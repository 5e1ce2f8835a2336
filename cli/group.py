"""The command `taskc` itself: finds a command, and turns what may go wrong outside into exit codes."""

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskc import __version__
from taskc.cli import COMMANDS

# frozen: scripts rely on these
OK, FOUND_ERRORS, USAGE, GATE, SOME_FAILED, BUDGET, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


if TYPE_CHECKING:
    _Kind = click.ParamType[Any]
else:  # generic for the reader of types only, in older versions
    _Kind = click.ParamType


class _Lazy(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from taskc.dsl.diagnostic import similar

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"unknown command `{args[0]}`: {similar(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", "-V", prog_name="taskc", message="%(prog)s %(version)s")
def taskc() -> None:
    """A language for language-model tasks, and a compiler for their prompt variants.

    `taskc compile` turns .task files into prompts, `taskc eval -m MODEL` asks a model and says who was
    lured by the distractor.
    """


def tell(word: str, colour: str, message: str) -> None:
    """Write a line on standard error behind a word that says what it is."""
    from taskc.cli.terminal import coloured, echo

    styled = coloured(sys.stderr)
    shown = click.style(word, fg=colour, bold=True) if styled else word
    echo(f"{shown}: {message}", err=True, styled=styled)


def stop(message: str, help: str = "", code: int = FOUND_ERRORS) -> None:
    """Say what is wrong and how to cure it on standard error, and exit."""
    tell("error", "red", message)
    if help:
        tell("help", "cyan", help)
    sys.exit(code)


class Positive(click.FloatRange):
    """A number of the command line above 0, and at most `most`; neither infinite nor `nan`."""

    def __init__(self, most: float | None = None) -> None:
        super().__init__(0, most, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the number; a share may be written in per cent."""
        if self.max == 1 and isinstance(value, str) and value.endswith("%"):
            with suppress(ValueError):
                value = float(value.removesuffix("%")) / 100
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a number that can be used.", param, ctx)
        return number


class Numbers(_Kind):
    """Numbers of the command line parted by commas, each from `least` to `most`; just one if `single`."""

    name = "numbers"

    def __init__(
        self, least: float, most: float = math.inf, *, whole: bool = False, single: bool = False
    ) -> None:
        """Keep the range, and whether numbers are whole."""
        self._least, self._most, self._whole, self._single = least, most, whole, single

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the numbers: a tuple of them, or one."""
        if not isinstance(value, str):
            return value
        numbers = tuple(self._one(word.strip(), param, ctx) for word in value.split(","))
        if self._single and len(numbers) > 1:
            self.fail(f"{value} is more than one number.", param, ctx)
        return numbers[0] if self._single else numbers

    def _one(self, word: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(int(word)) if self._whole else float(word)
        except (ValueError, OverflowError):
            number = math.nan
        if not (math.isfinite(number) and self._least <= number <= self._most):
            what = "a whole number" if self._whole else "a number"
            limit = (
                f"from {self._least:g} up"
                if self._most == math.inf
                else f"from {self._least:g} to {self._most:g}"
            )
            self.fail(f"{word} is not {what} {limit}.", param, ctx)
        return int(number) if self._whole else number


def parted(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part paths from `NAME=VALUE`, so that `--select regime=a task=b` can be written as it reads."""
    chosen = tuple(word for word in words if "=" in word and not Path(word).exists())
    return tuple(word for word in words if word not in chosen), chosen


def build_and_chosen(words: Sequence[str]) -> tuple[Path, tuple[str, ...]]:
    """Part the one build that a command takes, `build` where none is named, from `NAME=VALUE`."""
    builds, chosen = parted(words)
    if len(builds) > 1:
        extra = " ".join(builds[1:])
        raise click.UsageError(f"one build is taken, `{builds[0]}`; what is `{extra}` for?")
    return Path(builds[0] if builds else "build"), chosen


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of the layers below into a message, a cure and an exit code."""
    try:
        yield
    except Exception as problem:
        _translate(problem)
        raise


def _translate(problem: Exception) -> None:
    """Exit if this is an error that somebody outside can mend. What that takes is imported only now."""
    from taskc.backends.protocol import ModelError
    from taskc.flow.build import BuildError
    from taskc.flow.load import NoTasks, NotFound
    from taskc.flow.selection import BadSelection
    from taskc.store.responses import StoreError

    if isinstance(problem, NoTasks):
        command = f"taskc {click.get_current_context().info_name} tasks/"
        help = f"name one, or a folder that holds some: `{command}`; `taskc new NAME` begins a new one"
        stop(str(problem), help, USAGE)
    if isinstance(problem, (NotFound, BadSelection)):
        stop(str(problem), problem.help, USAGE)
    if isinstance(problem, (BuildError, ModelError, StoreError)):
        stop(str(problem), problem.help)
    if isinstance(problem, OSError):
        where = f"`{problem.filename}`: " if problem.filename else ""
        stop(f"{where}{(problem.strerror or str(problem)).lower()}")
