"""A report of simulated models on a task whose words are out to break a page, made as a user makes one."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from taskc.backends import Surroundings
from taskc.flow.build import compile_paths
from taskc.flow.placed import against
from taskc.flow.report import Wish, gather
from taskc.flow.report_files import write_report
from taskc.flow.simulate import SimulateJob, simulate

HOSTILE = "<script>alert(1)</script><img src=https://example.com/x.png onerror=alert(2)>"
_ITEM = (
    '    {{ id: "i{n}", q: "Is <b>{n}</b> & {hostile} so?", {options}, answer: "{right}", trap: "{trap}" }}\n'
)
_TASK = """\
allow missing-canary, too-few-items, answer-position, no-controls, answer-leaked "a test"

task markup {{
  title "Markup & <i>words</i>"
  item {{ q: text, options_: text[2], answer: one of options_, trap: one of options_ }}
  items [
{items}  ]
  true_task  "Answer <em>it</em>." -> answer
  distractor be_led "Be led." -> trap
  options options_ as letters
  prompt "{{{{ q }}}}\\n{{{{ options }}}}"
  reply "Answer: {{{{ answer }}}}"
  regimes zero_shot, step_by_step
}}
"""


def task_text(n: int = 60) -> str:
    """Give the task: every third item is one on which the distractor agrees."""
    items = (
        _ITEM.format(
            n=at,
            hostile=HOSTILE,
            options=f'options_: ["yes {at}", "</pre>no {at}"]',
            right=f"yes {at}",
            trap=f"yes {at}" if at % 3 == 0 else f"</pre>no {at}",
        )
        for at in range(n)
    )
    return _TASK.format(items="".join(items))


def make_runs(folder: Path, *, ladders: tuple[str, ...] = ("pythia", "opt"), n: int = 60) -> Path:
    """Compile the task and let models of some families answer it: inversely, or in a U."""
    (folder / "markup.task").write_text(task_text(n), encoding="utf-8")
    built = compile_paths([str(folder / "markup.task")], folder / "build")
    assert built.manifest is not None, [one.message for one in built.understood.found]
    around = Surroundings(environment={}, cache=folder / "cache", offline=True)
    for ladder, shape in zip(ladders, ("u_shaped", "inverse"), strict=False):
        job = SimulateJob(
            build=folder / "build",
            runs=folder / "runs",
            shape=shape,
            effect=0.4,
            part="conflict",
            ladder=ladder,
            pictures=False,
        )
        assert all(one.evaluated.scored for one in simulate(job, around))
    return folder / "runs"


@cache
def made() -> Path:
    """Give a folder with runs and their report, made once in a process."""
    folder = Path(mkdtemp(prefix="taskc-report-"))
    make_runs(folder)
    write_report(gather([folder / "runs"], Wish(against=against((), ()))), folder / "report")
    return folder
