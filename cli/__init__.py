"""The commands: each reads flags, calls one function of `flow`, prints and exits.

COMMANDS is the shelf: command -> module that holds a click command of that name. A module is
imported when its command is run, so that `taskc --help` stays quick.
"""

COMMANDS: dict[str, tuple[str, str]] = {
    "new": ("taskc.cli.new", "make a first task in a new folder"),
    "check": ("taskc.cli.check", "find what is wrong with .task files, and fix what can be"),
    "explain": ("taskc.cli.explain", "print the page of a rule: what it finds, what to write instead"),
    "fmt": ("taskc.cli.fmt", "lay out .task files in their one form"),
    "compile": ("taskc.cli.compile", "check .task files and turn them into concrete prompts"),
    "lock": ("taskc.cli.lock", "pin prompts, so that a change of them is an error"),
    "diff": ("taskc.cli.diff", "say what differs between two builds, and what that costs"),
    "plan": ("taskc.cli.plan", "say what an evaluation takes and can show, before it is paid for"),
    "power": (
        "taskc.cli.power",
        "say how often the shape of a curve would be told, before anything is asked",
    ),
    "eval": ("taskc.cli.eval", "ask models, score every answer, print the table"),
    "score": ("taskc.cli.score", "score a run again without asking anything"),
    "compare": ("taskc.cli.compare", "hold models, regimes or runs against each other, item by item"),
    "simulate": ("taskc.cli.simulate", "let models of a known ability and pull answer a build"),
    "curves": ("taskc.cli.curves", "judge the shape of curves against scale"),
    "emergence": ("taskc.cli.emergence", "say whether scores rise steadily with scale, or at once"),
    "effects": ("taskc.cli.effects", "say what wording, order, labels, regime and model do to a score"),
    "report": ("taskc.cli.report", "tell all of runs on one page, with figures and tables"),
    "store": ("taskc.cli.store", "look after the answers that are kept: count, export, merge, verify"),
    "models": ("taskc.cli.models", "list what can be asked and what it can do; fetch local models"),
    "doctor": ("taskc.cli.doctor", "say what is missing to ask models: keys, extras, servers, weights"),
}


def main() -> None:
    """Run `taskc` with the arguments of this process."""
    import gc

    from taskc.cli.group import taskc

    gc.set_threshold(200_000, 20, 20)  # rows are many and live long; looking for cycles costs a fifth
    taskc()
