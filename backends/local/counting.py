"""How many tokens a local model would read, without its weights: what `model.py` reports as read."""

from collections.abc import Callable

from taskc.backends.local.layout import BadPrompt, Layout, continue_prompt, open_prompt
from taskc.backends.local.vocabulary import Vocabulary
from taskc.records.operation import Generate, Operation, Score


def count_with(vocabulary: Vocabulary, layout: Layout) -> Callable[[Operation], int]:
    """Give what counts the tokens read for an operation; 0 where the template refuses the prompt."""

    def count(asked: Operation) -> int:
        try:
            laid = layout(asked.prompt)
        except BadPrompt:
            return 0
        if isinstance(asked, Generate):
            return open_prompt(vocabulary, laid).longest
        texts = asked.continuations if isinstance(asked, Score) else asked.labels
        return continue_prompt(vocabulary, laid, texts).read

    return count
