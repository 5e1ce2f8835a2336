"""The real model: its numbers against two independent forward passes, its tokens against llama.cpp's.

Needs the model file, which is fetched once into the cache of taskc, and for one test the `reference` extra.
"""

import asyncio
import hashlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest

from taskc.backends import ModelError, Surroundings, open_model
from taskc.backends.local import pull
from taskc.backends.local.layout import continue_prompt
from taskc.records.operation import Generate, Score

pytestmark = pytest.mark.slow
CLOSE = 1e-4
"""Nats, for a sum over up to some twenty tokens; what was measured stands in docs/models.md."""
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "taskc"

QUESTIONS = [
    "What is the capital of France?",
    "Is fire hot? Answer Yes or No.",
    "Repeat my sentence back to me: all that glisters is not glib",
    "Finish the proverb, and end it with the word `sorrow`: better safe than",
    "What is 17 + 25?",
    "日本の首都はどこですか？",
    "def add(a, b):\n    return",
    "Which number is larger, 9.11 or 9.9?",
    "",
    "A bet of $5 wins $100 with probability 0.5%. Good bet?",
]
ENDINGS = (
    "Yes",
    "No, it is not.",
    "Paris",
    " 42\n\n",
    "東京です。",
    "I don't know, but I'd say that it's 12.5%.",
)


@pytest.fixture(scope="module")
def around():
    return Surroundings(cache=CACHE)


@pytest.fixture(scope="module")
def path(around):
    try:
        return pull("smollm2-135m", around)
    except ModelError as error:
        pytest.skip(f"the model is not here: {error}")


@pytest.fixture(scope="module")
def models(path, around):
    return {mode: open_model(f"local/smollm2-135m?mode={mode}", around) for mode in ("chat", "text")}


@pytest.fixture(scope="module")
def scored(models, ask, talk):
    """Score 120 continuations in batches; gives their tokens, where they start, and what we found."""
    shots = ("Are cats animals?", "Yes", "Is ice warm?", "No")
    found = []
    for mode, before, prefill in (("chat", shots, ""), ("text", (), "Answer:")):
        prompts = [talk(*before, question, prefill=prefill) for question in QUESTIONS]
        operations = [Score(prompt=prompt, continuations=ENDINGS) for prompt in prompts]
        model = models[mode]
        for operation, reply in zip(operations, ask(model, *operations), strict=True):
            laid = model.given.layout(operation.prompt)
            asked = continue_prompt(model.given.vocabulary, laid, operation.continuations)
            found += zip(asked.texts, asked.starts, reply.outcome.logprobs, strict=True)
    assert len(found) >= 100
    return found


def compare(scored, score, record_property):
    deviations = [abs(score(text, start) - found) for text, start, found in scored]
    record_property("largest deviation in nats", max(deviations))
    print(
        f"largest deviation {max(deviations):.1e}, mean {np.mean(deviations):.1e} nats over {len(deviations)}"
    )
    assert max(deviations) < CLOSE


def test_agrees_with_a_plain_forward_pass_in_float64(scored, path, reference_of, record_property):
    compare(scored, reference_of(path).score, record_property)


def test_agrees_with_torch_and_transformers(scored, path, record_property):
    torch = pytest.importorskip("torch", reason="pip install torch transformers")
    transformers = pytest.importorskip("transformers", reason="install the `reference` extra")
    torch.set_num_threads(1)
    model = torch_model(torch, transformers, path)

    def score(text, start):
        with torch.no_grad():
            logs = torch.log_softmax(model(torch.tensor([text])).logits[0].double(), dim=-1)
        return sum(float(logs[place - 1, text[place]]) for place in range(start, len(text)))

    compare(scored, score, record_property)


def torch_model(torch, transformers, path):
    """Build the model in transformers from the same unpacked weights, float32."""
    tensors = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(path).tensors}
    config = transformers.LlamaConfig(
        vocab_size=49152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=8192,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 100000.0},
    )
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    names = {
        "attn_norm": "input_layernorm",
        "ffn_norm": "post_attention_layernorm",
        "attn_q": "self_attn.q_proj",
        "attn_k": "self_attn.k_proj",
        "attn_v": "self_attn.v_proj",
        "attn_output": "self_attn.o_proj",
        "ffn_gate": "mlp.gate_proj",
        "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj",
    }
    state = {
        "model.embed_tokens.weight": tensors["token_embd.weight"],
        "lm_head.weight": tensors["token_embd.weight"],
        "model.norm.weight": tensors["output_norm.weight"],
    }
    for n in range(30):
        for ours, theirs in names.items():
            values = tensors[f"blk.{n}.{ours}.weight"]
            if ours in ("attn_q", "attn_k"):  # the file interleaves what a rotation mixes
                rows, columns = values.shape
                values = values.reshape(-1, 32, 2, columns).swapaxes(1, 2).reshape(rows, columns)
            state[f"model.layers.{n}.{theirs}.weight"] = values
    model.load_state_dict({name: torch.tensor(values) for name, values in state.items()}, strict=True)
    return model.eval()


def test_a_batch_gives_what_each_gives_alone(models, ask, talk):
    shots = ("Are cats animals?", "Yes", "Is ice warm?", "No")
    batch = [Score(prompt=talk(*shots, question), continuations=ENDINGS) for question in QUESTIONS]
    together = ask(models["chat"], *batch)
    alone = [ask(models["chat"], one)[0] for one in batch]
    rows = [
        (abs(a - b), count)
        for one, two in zip(together, alone, strict=True)
        for a, b, count in zip(one.outcome.logprobs, two.outcome.logprobs, one.outcome.tokens, strict=True)
    ]
    largest = {
        name: max(apart for apart, n in rows if (n == 1) == (name == "one")) for name in ("one", "more")
    }
    print(f"largest deviation between batched and alone {largest} nats, for one token and for more")
    assert largest["one"] < 2e-5
    # the last bits of each token add up
    assert all(apart < 2e-5 * max(1, count) for apart, count in rows)


def test_a_new_process_gives_the_same_bits(models, ask, talk):
    batch = [Score(prompt=talk(question), continuations=("Yes", "No")) for question in QUESTIONS]
    bits = repr([n.hex() for reply in ask(models["chat"], *batch) for n in reply.outcome.logprobs])
    code = f"""
import asyncio
from pathlib import Path
from taskc.backends import Surroundings, open_model
from taskc.records.operation import Prompt, Score
from taskc.records.request import Message
model = open_model("local/smollm2-135m", Surroundings(cache=Path({str(CACHE)!r})))
prompts = [Prompt(messages=(Message(role="user", content=text),)) for text in {QUESTIONS!r}]
replies = asyncio.run(model.ask([Score(prompt=prompt, continuations=("Yes", "No")) for prompt in prompts]))
print([n.hex() for reply in replies for n in reply.outcome.logprobs])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == bits


TABLE = Path(__file__).with_name("smollm2_tokens.jsonl")


@pytest.mark.parametrize("line", TABLE.read_text("utf-8").splitlines())
def test_tokens_are_those_of_llama_cpp(models, line):
    row = json.loads(line)
    assert list(models["text"].given.vocabulary.encode(row["text"])) == row["tokens"]


def test_it_answers(models, ask, talk):
    question = talk("What is the capital of France?")
    (reply,) = ask(models["chat"], Generate(prompt=question, max_tokens=30))
    assert (reply.outcome.text, reply.outcome.finish) == ("The capital of France is Paris.", "stop")
    (text,) = ask(
        models["text"], Score(prompt=talk("The capital of France is", joint=" "), continuations=("Paris",))
    )
    assert math.exp(text.outcome.logprobs[0]) > 0.7


def test_a_flipped_byte_is_found(path, tmp_path):
    data = bytearray(path.read_bytes())
    data[50_000_000] ^= 1
    copy = tmp_path / "models" / path.name
    copy.parent.mkdir()
    copy.write_bytes(data)
    assert hashlib.sha256(data).hexdigest() not in copy.name
    with pytest.raises(ModelError, match="SHA-256 differs"):
        open_model("local/smollm2-135m", Surroundings(cache=tmp_path, offline=True))


def test_it_opens_and_answers_in_a_few_seconds(around, path, talk):
    async def once():
        model = open_model("local/smollm2-135m", around)
        replies = await model.ask([Score(prompt=talk("Hi"), continuations=("Yes", "No"))])
        await model.close()
        return replies

    assert len(asyncio.run(once())) == 1
