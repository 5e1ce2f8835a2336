"""Margin of the answer over what the distractors want."""

from taskc.metrics.belief import Belief, Target


def margin(belief: Belief, target: Target) -> float | None:
    """Give the compared log-probability of the answer less that of the highest distractor, in nats.

    Any number, higher is better; per token or per byte where options are so normalised. Above 0 the answer is
    preferred. None if no distractor predicts another option, or one is unknown.
    """
    answer = belief.compared[target.answer]
    rivals = [belief.compared[index] for index in target.distractors]
    known = [value for value in rivals if value is not None]
    if answer is None or not known or len(known) < len(rivals):
        return None
    return answer - max(known)
