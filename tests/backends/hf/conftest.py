"""Tiny random models as transformers saves them, and one as a GGUF file."""

import asyncio
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from taskc.backends import Surroundings
from taskc.records.operation import Operation, Prompt, Reply
from taskc.records.request import Message

torch = pytest.importorskip("torch", reason="the `hf` extra is not installed")
transformers = pytest.importorskip("transformers", reason="the `hf` extra is not installed")

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors  # noqa: E402

TINY = Path(__file__).parents[1] / "local/conftest.py"
spec = importlib.util.spec_from_file_location("local_conftest", TINY)
assert spec is not None and spec.loader is not None
local = importlib.util.module_from_spec(spec)
spec.loader.exec_module(local)

SIZES = {"vocab_size": len(local.words()), "bos_token_id": 1, "eos_token_id": 2}


def byte_tokenizer():
    """Make the tokenizer of the tiny GGUF file, with the digits apart."""
    merges = [tuple(merge.split(" ")) for merge in local.MERGES]
    tokenizer = Tokenizer(models.BPE(vocab={word: n for n, word in enumerate(local.words())}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(local.SPECIAL)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|im_start|>", eos_token="<|im_end|>"
    )


def blank_tokenizer():
    """Make a tokenizer in the manner of SentencePiece: blanks as words carry them, bytes for all else."""
    words = ["<unk>", "<s>", "</s>", *(f"<0x{n:02X}>" for n in range(256))]
    words += ["\u2581", *"abcdehlnortuwx", "\u2581h", "\u2581w", "he", "ll"]
    merges = [("\u2581", "h"), ("\u2581", "w"), ("h", "e"), ("l", "l")]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={w: n for n, w in enumerate(words)}, merges=merges, unk_token="<unk>", byte_fallback=True
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


def save(folder: Path, config, tokenizer, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for weights in model.parameters():
            if weights.ndim == 2:  # wide enough apart that the likeliest word is one alone
                weights.normal_(std=0.3)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def save_model() -> Callable[..., Path]:
    return save


def llama(**changes):
    return transformers.LlamaConfig(
        **{
            **SIZES,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 256,
            **changes,
        }
    )


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Models by kind: rotary places, learned ones, none but slopes; and a tokenizer of another family."""
    here = tmp_path_factory.mktemp("saved")
    chat = byte_tokenizer()
    chat.chat_template = local.CHATML
    gpt2 = transformers.GPT2Config(**SIZES, n_embd=32, n_layer=2, n_head=4, n_positions=256)
    bloom = transformers.BloomConfig(**SIZES, hidden_size=32, n_layer=2, n_head=4)
    blank = blank_tokenizer()
    return {
        "llama": save(here / "llama", llama(), chat),
        "gpt2": save(here / "gpt2", gpt2, byte_tokenizer()),
        "bloom": save(here / "bloom", bloom, byte_tokenizer()),
        "blank": save(here / "blank", llama(vocab_size=len(blank)), blank),
    }


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = local.write_tiny(tmp_path_factory.mktemp("gguf") / "tiny.gguf")
    return path


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings(cache=tmp_path / "cache", offline=True)


@pytest.fixture(scope="session")
def ask() -> Callable[..., Sequence[Reply]]:
    def asked(model: object, *operations: Operation) -> Sequence[Reply]:
        return asyncio.run(model.ask(operations))  # type: ignore[attr-defined]

    return asked


@pytest.fixture(scope="session")
def talk() -> Callable[..., Prompt]:
    def prompt(*texts: str, system: str = "", **more: object) -> Prompt:
        start = [Message(role="system", content=system)] if system else []
        turns = [Message(role=("user", "assistant")[n % 2], content=text) for n, text in enumerate(texts)]  # type: ignore[arg-type]
        return Prompt(messages=(*start, *turns), **more)  # type: ignore[arg-type]

    return prompt
