"""Answers with everything that can be known of them, as a run keeps them."""

from taskc.records.operation import (
    Generate,
    Generated,
    Labelled,
    Labels,
    Operation,
    Prompt,
    Refusal,
    Score,
    Scored,
    Source,
    Usage,
    operation_id,
)
from taskc.records.request import Message
from taskc.records.response import Response, response_key

EXEMPLARS = "\n\n".join(
    f"Question {at}: is it so, or is it not so?\nAnswer: {'AB'[at % 2]}" for at in range(9)
)
OUTCOMES = (
    Generated(text="naïve ⟨π⟩\n\0\x7f", finish="length"),
    Scored(logprobs=(-0.1, -1e-300), tokens=(1, 2)),
    Labelled(logprobs=(-0.5, None), outside=0.25),
    Refusal(text=""),
)


def operation(at: int, kind: str = "generated", exemplars: str = EXEMPLARS) -> Operation:
    """Give an operation that the outcome of this kind can answer; each number has its own."""
    messages = (
        Message(role="system", content="You know the world. „Ünïcödé“"),
        Message(role="user", content=f"{exemplars}\n\nQuestion {at * 7919 % 104729}?"),
    )
    prompt = Prompt(messages=messages, prefill="Answer: ")
    if kind == "scored":
        return Score(prompt=prompt, continuations=(" yes", " no"))
    if kind == "labelled":
        return Labels(prompt=prompt, labels=("A", "B"))
    return Generate(prompt=prompt, max_tokens=16, top_p=0.9, stop=("\n",), seed=at)


def whole(at: int, *, model: str = "openai/gpt-4.1-mini", exemplars: str = EXEMPLARS) -> Response:
    """Give answer number `at`: the kinds take turns."""
    outcome = OUTCOMES[at % len(OUTCOMES)]
    asked = operation(at, outcome.kind, exemplars)
    lowering = {"scored": "score", "labelled": "labels"}.get(outcome.kind, "generate")
    sampling = f'["{lowering}",16,0.0,0.9,["\\n"],null]'
    request = f"{at:032x}"
    return Response(
        key=response_key(request=request, model=model, sampling=sampling, replicate=at % 3),
        request=request,
        model=model,
        replicate=at % 3,
        lowering=lowering,
        outcome=outcome,
        usage=Usage(read=100 + at, written=3),
        attempts=1 + at % 2,
        seconds=0.125 * at,
        asked=operation_id(asked),
        sampling=sampling,
        at=f"2026-01-31T23:{at // 60 % 60:02}:{at % 60:02}Z",
        source=Source(model="gpt-4.1-mini-2025-04-14", fingerprint="fp_01", id=f"chatcmpl-{at:x}"),
        operation=asked,
        body=f'{{"id": "chatcmpl-{at:x}", "choices": [{{"message": {{"content": "Answer: A"}}}}]}}',
    )
