"""The keywords, with the form that each statement has."""

DECLARATION_FORMS = {
    "import": '`import "path"`',
    "task": "`task name { … }` or `task name extends other { … }`",
    "regime": "`regime name { … }` or `regime name extends other { … }`",
    "suite": "`suite name { … }`",
    "let": "`let name = value`",
    "allow": '`allow rule-name "why"`',
}
STATEMENT_FORMS = {
    "let": "`let name = value`",
    "item": "`item { name: type }`, a field a line",
    "items": '`items from "file"`, `items [{ name: value }]` or `items generate 100 seed 1 { … }`',
    "test": "`test where condition`",
    "cluster": "`cluster by field`",
    "true_task": '`true_task "…" -> answer`',
    "distractor": '`distractor "…" -> answer`, `distractor name "…" -> answer when condition`',
    "options": "`options list` or `options list as letters`",
    "prompt": '`prompt "…"` or `prompt { system "…" user "…" }`, a message a line',
    "reply": '`reply "… {{ answer }} …"`',
    "think": '`think "…"`',
    "then": '`then "… {{ answer }} …"`',
    "instruct": '`instruct "…"`',
    "rationale": '`rationale "…"`',
    "shots": "`shots 5`",
    "samples": "`samples 10`",
    "temperature": "`temperature 0.7`",
    "top_p": "`top_p 0.9`",
    "max_tokens": "`max_tokens 100`",
    "stop": '`stop ["…"]`',
    "effort": "`effort high`",
    "layout": "`layout turns` or `layout single`",
    "vote": "`vote majority`",
    "order": "`order reversed`",
    "seed": "`seed 1`",
    "exemplars": '`exemplars where condition`, `exemplars balanced` or `exemplars ["id"]`',
    "needs": "`needs rationale`",
    "regimes": "`regimes name, name(shots = 5), name { … }`",
    "vary": "`vary factor level, level { … }`",
    "design": "`design full`, `design one_at_a_time` or `design latin`",
    "measure": "`measure choice(normalise = tokens), reply`",
    "subtask": "`subtask name { … }`",
    "tasks": "`tasks name, name`",
    "title": '`title "…"`',
    "about": '`about "…"`',
    "version": '`version "1.0"`',
    "authors": '`authors "…", "…"`',
    "license": '`license "…"`',
    "tags": "`tags word, word`",
    "cite": '`cite "…"`',
    "canary": '`canary "…"`',
    "allow": '`allow rule-name "why"`, `allow rule-name, other-rule "why"`',
}
PART_FORMS = {
    "item": "`name: type`; types are `text`, `int`, `number`, `bool`, `text[]`, `text[2]`, `one of list`",
    "prompt": '`system "…"`, `user "…"` or `assistant "…"`',
    "uses": "`name`, `name(shots = 5)` or `name { … }`, one a line",
    "with": "`field = column`",
    "making": "`name = value`, `let name = value` or `keep if condition`",
    "rows": "`{ name: value, name: value }`",
}
FORMS = DECLARATION_FORMS | STATEMENT_FORMS
DECLARATIONS = frozenset(DECLARATION_FORMS)
STATEMENTS = frozenset(STATEMENT_FORMS)
# words that are never names inside an expression
RESERVED = frozenset({"if", "else", "and", "or", "in", "not", "true", "false", "True", "False"})
