"""A server that answers at once, or after a while, and costs next to nothing: chat, completions, messages.

Run: `python bench/eval/server.py [--latency SECONDS]`. Says its port in the first line it prints, and takes
commands on its standard input: `count` prints how many requests were answered since the last one. HTTP is read as
far as the clients of this benchmark write it. Every reply is `Answer: A`.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable

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


class Answering(asyncio.Protocol):
    """One connection: reads requests as they come, and answers each after the latency."""

    answered = 0
    most = 0  # connections at once
    now = 0

    def __init__(self, later: Callable[[Callable[[], None]], object]) -> None:
        self._later = later
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        Answering.now += 1
        Answering.most = max(Answering.most, Answering.now)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        Answering.now -= 1

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end]
            whole = end + 4 + length_of(head)
            if len(self._held) < whole:
                return
            self._held = self._held[whole:]
            reply = PATHS[head.split(b" ", 2)[1].partition(b"?")[0]]
            self._later(lambda: self._write(reply))

    def _write(self, reply: bytes) -> None:
        Answering.answered += 1
        if self._transport is not None:
            self._transport.write(reply)


def length_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


async def main(latency: float) -> None:
    loop = asyncio.get_running_loop()
    later = (lambda do: loop.call_later(latency, do)) if latency else (lambda do: do())
    server = await loop.create_server(lambda: Answering(later), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.strip() == "count":
            print(Answering.answered, Answering.most, flush=True)
            Answering.answered = Answering.most = 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    asyncio.run(main(parser.parse_args().latency))
