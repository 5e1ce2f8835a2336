"""A transformers model that is run over token ids, and the shared beginnings it has computed."""

import copy
import inspect
import io
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, redirect_stderr
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskc.backends.hf.source import Source
from taskc.backends.local.layout import Ids
from taskc.backends.local.sharing import Shoot

if TYPE_CHECKING:
    import torch

HELD_TOKENS = 4096
"""Tokens of shared beginnings kept for the next batch."""
CACHE_BYTES = 1 << 30
"""What the keys and values of rows that are computed side by side may take."""
ATTENTION = ("DynamicLayer", "DynamicSlidingWindowLayer")
"""Layers of a cache that can be copied for many rows."""


class Withdrawn(Exception):
    """The asker went away in the middle of the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A shared beginning and its keys and values; `cuts` are the lengths at which it was grown."""

    tokens: Ids = ()
    cuts: tuple[int, ...] = ()
    cache: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a run gives: logits, (rows, places, vocabulary), and keys and values to go on from."""

    logits: Any
    cache: Any


class Engine:
    """A causal language model in evaluation mode. Not for two threads at once."""

    def __init__(self, source: Source, dtype: str, device: str) -> None:
        """Load the weights; raises whatever transformers raises."""
        import torch
        from transformers import AutoModelForCausalLM, utils

        logging: Any = utils.logging
        logging.disable_progress_bar()
        logging.set_verbosity_error()
        more = {} if source.gguf else {"use_safetensors": True}
        with quiet() if source.gguf else nullcontext():
            model: Any = AutoModelForCausalLM.from_pretrained(
                source.where, dtype=getattr(torch, dtype), **source.arguments, **more
            )
        self.model = model.to(device).eval()
        self.device = device
        self.stopped: Callable[[], bool] = lambda: False
        takes = inspect.signature(self.model.forward).parameters
        self.keeps_logits = "logits_to_keep" in takes
        self.calls_cache = "cache" if "cache" in takes else "past_key_values"
        self.takes_positions = "position_ids" in takes
        self.shares = True
        self._held: OrderedDict[tuple[tuple[int, ...], Ids], Trunk] = OrderedDict()

    @property
    def ends(self) -> frozenset[int]:
        """Give the tokens that end a reply, as the model's own settings say."""
        told = [
            one.eos_token_id for one in (self.model.generation_config, self.model.config) if one is not None
        ]
        flat = [n for one in told for n in (one if isinstance(one, list) else [one])]
        return frozenset(n for n in flat if isinstance(n, int))

    def run(
        self, ids: Any, *, keep: int, cache: Any = None, use_cache: bool = False, **more: Any
    ) -> "Output":
        """Run the model over ids, (rows, tokens); gives logits of the last `keep` places or of more."""
        import torch

        if self.stopped():
            raise Withdrawn
        if self.keeps_logits:
            more["logits_to_keep"] = keep
        if cache is not None:
            more[self.calls_cache] = cache
        with torch.inference_mode():
            out = self.model(input_ids=ids, use_cache=use_cache, **more)
        return Output(logits=out.logits, cache=getattr(out, self.calls_cache, None))

    def tensor(self, rows: Sequence[Sequence[int]]) -> "torch.Tensor":
        """Give whole numbers as a tensor on the model's device."""
        import torch

        return torch.tensor(rows, dtype=torch.long, device=self.device)

    def spread(self, trunk: Trunk, rows: int) -> Any:
        """Give keys and values of a trunk for so many rows, to be written on; None for an empty trunk."""
        if trunk.cache is None:
            return None
        cache = copy.deepcopy(trunk.cache)
        if rows > 1:
            cache.batch_repeat_interleave(rows)
        return cache

    def rows_at_once(self, places: int) -> int:
        """Give for how many rows of so many tokens keys and values may be held."""
        config = self.model.config.get_text_config()
        heads = getattr(config, "num_key_value_heads", None) or getattr(config, "num_attention_heads", 1)
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        token: int = 2 * config.num_hidden_layers * heads * head * self.model.dtype.itemsize
        return max(1, CACHE_BYTES // (token * max(1, places)))

    def trunks(self, shoot: Shoot, trunk: Trunk | None = None) -> Iterator[tuple[Trunk, tuple[int, ...]]]:
        """Give each shared beginning, computed, with the members that continue it."""
        longer = self._grown(trunk or Trunk(), shoot.stem)
        if shoot.members:
            yield longer, shoot.members
        for child in shoot.children:
            yield from self.trunks(child, longer)

    def _grown(self, trunk: Trunk, stem: Ids) -> Trunk:
        if len(stem) == len(trunk.tokens) or not self.shares:
            return trunk
        cuts = (*trunk.cuts, len(stem))
        found = self._held.get((cuts, stem))
        if found is None:
            more = self.tensor([stem[len(trunk.tokens) :]])
            out = self.run(more, keep=1, cache=self.spread(trunk, 1), use_cache=True)
            layers = getattr(out.cache, "layers", None)
            if not layers or any(type(layer).__name__ not in ATTENTION for layer in layers):
                self.shares = False
                return trunk
            found = Trunk(tokens=stem, cuts=cuts, cache=out.cache)
        self._held[cuts, stem] = found
        self._held.move_to_end((cuts, stem))
        while sum(len(one.tokens) for one in self._held.values()) > HELD_TOKENS and len(self._held) > 1:
            self._held.popitem(last=False)
        return found


def quiet() -> "redirect_stderr[io.StringIO]":
    """Keep the bar from the screen that transformers draws while it unpacks a GGUF file."""
    return redirect_stderr(io.StringIO())
