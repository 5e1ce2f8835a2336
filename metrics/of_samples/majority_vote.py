"""Whether the answer that most samples give is right."""

from collections.abc import Sequence


def majority_vote(votes: Sequence[int | None], correct: Sequence[bool]) -> float | None:
    """Give 1 if the answer that most samples of an item give is correct, else 0; None for a single sample.

    0 or 1, higher is better. `votes` has the same number for samples that give the same answer, None for
    one without; of equals the answer first seen counts, and no answer at all is not correct.
    Self-consistency, Wang et al. 2023, section 2; it asks for no `vote` in the task, and is of the samples
    there are.
    """
    if len(votes) < 2:
        return None
    cast = [vote for vote in votes if vote is not None]
    if not cast:
        return 0.0
    return float(correct[votes.index(max(cast, key=cast.count))])
