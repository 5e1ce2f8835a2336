"""A server that answers at once, or after a while, and costs next to nothing: chat, completions, messages.

Run: `python bench/eval/server.py [--latency SECONDS]`. The first line it prints is its port. For each line
on its standard input it prints, as JSON, what came since the one before: requests, seconds from the first to
the last answer, requests a second in the middle half of them, the seconds from reading a request to writing
its answer on average, the most connections at once. HTTP is read as far as these clients write it. Every
reply is `Answer: A`.
"""

import argparse
import asyncio
import json
import sys
import time
from array import array
from dataclasses import dataclass, field

TEXT = "Answer: A"
CHAT = {
    "id": "chatcmpl-0123456789abcdef",
    "object": "chat.completion",
    "created": 1_767_225_600,
    "model": "m",
    "system_fingerprint": "fp_0123456789",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 80, "completion_tokens": 4, "total_tokens": 84},
}
COMPLETION = {
    "id": "cmpl-0123456789abcdef",
    "object": "text_completion",
    "created": 1_767_225_600,
    "model": "m",
    "choices": [{"index": 0, "text": TEXT, "finish_reason": "stop", "logprobs": None}],
    "usage": {"prompt_tokens": 80, "completion_tokens": 4, "total_tokens": 84},
}
MESSAGE = {
    "id": "msg_0123456789abcdef",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": TEXT}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 80, "output_tokens": 4},
}


def response(body: dict[str, object]) -> bytes:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    return head.encode() + content


PATHS = {
    b"/v1/chat/completions": response(CHAT),
    b"/v1/completions": response(COMPLETION),
    b"/v1/messages": response(MESSAGE),
    b"/v1/models": response({"object": "list", "data": [{"id": "m", "object": "model"}]}),
}


@dataclass
class Seen:
    """What came since somebody asked: when the first came, when each was answered, how long they waited."""

    first: float = 0.0
    answered: "array[float]" = field(default_factory=lambda: array("d"))
    waited: float = 0.0
    most: int = 0

    @property
    def steady(self) -> float:
        """Give the requests a second in the middle half, at full speed and with all still to come."""
        count = len(self.answered)
        low, high = count // 4, count - 1 - count // 4
        took = self.answered[high] - self.answered[low] if high > low else 0.0
        return (high - low) / took if took else 0.0


class Serving:
    """What all connections share."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.open = 0
        self.seen = Seen()

    def told(self) -> str:
        seen, self.seen = self.seen, Seen(most=self.open)
        count = len(seen.answered)
        told = {
            "requests": count,
            "seconds": seen.answered[-1] - seen.first if count else 0.0,
            "steady": seen.steady,
            "latency": seen.waited / count if count else 0.0,
            "connections": seen.most,
        }
        return json.dumps(told)


class Answering(asyncio.Protocol):
    """One connection: reads requests as they come, and answers each after the latency."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._serving.open += 1
        self._serving.seen.most = max(self._serving.seen.most, self._serving.open)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._serving.open -= 1

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end]
            whole = end + 4 + length_of(head)
            if len(self._held) < whole:
                return
            self._held = self._held[whole:]
            self._asked(PATHS[head.split(b" ", 2)[1].partition(b"?")[0]])

    def _asked(self, reply: bytes) -> None:
        now = time.perf_counter()
        self._serving.seen.first = self._serving.seen.first or now
        if self._serving.latency:
            asyncio.get_running_loop().call_later(self._serving.latency, self._write, reply, now)
        else:
            self._write(reply, now)

    def _write(self, reply: bytes, came: float) -> None:
        now = time.perf_counter()
        self._serving.seen.answered.append(now)
        self._serving.seen.waited += now - came
        if self._transport is not None:
            self._transport.write(reply)


def length_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


async def main(latency: float) -> None:
    loop = asyncio.get_running_loop()
    serving = Serving(latency)
    server = await loop.create_server(lambda: Answering(serving), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(serving.told(), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    asyncio.run(main(parser.parse_args().latency))
