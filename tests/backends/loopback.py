"""A provider on this machine that speaks as OpenAI's and Anthropic's do, and goes wrong as it is told to."""

import asyncio
import contextlib
import json
import re
import select
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from taskc.backends.protocol import Surroundings

KEY = "sk-very-secret-0123456789"
HELD = 300.0  # seconds until a server gives up on a client that does not
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Say:
    """What the server does with one request: answer, wait first, or reset the connection.

    `half` sends half of the body and closes; `drip` waits so many seconds between its pieces; `chunked` sends
    it in chunks, and with `half` without the last ones; `close` ends the connection after it, unannounced.
    `until` is called before the answer; `hold` gives nothing until the client goes away, or with `drip` a
    blank now and then: see `hurried`.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    reset: bool = False
    half: bool = False
    drip: float = 0.0
    chunked: bool = False
    close: bool = False
    hold: bool = False
    until: Callable[[], object] | None = None

    @property
    def sound(self) -> bool:
        """Say whether a client that waits has an answer of it."""
        return self.status == 200 and not self.reset and not self.half and not self.hold


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the server was asked."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    client: Any = None

    @property
    def question(self) -> str:
        """Give the last thing that is said to the model."""
        said = self.body.get("messages") or self.body.get("input") or self.body.get("prompt")
        last = said if isinstance(said, str) else said[-1]
        return last if isinstance(last, str) else str(last["content"])


class _Server(ThreadingHTTPServer):
    """Tells when a connection is closed."""

    after: Callable[[], None]

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.after()


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock can be put forward."""

    skipped = 0.0

    def time(self) -> float:
        return super().time() + self.skipped


def run_hurried(main: Callable[[], Awaitable[T]]) -> T:
    """Run something in which `hurried` is used."""

    async def go() -> T:
        return await main()

    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(go())


async def hurried(provider: "FakeProvider", backend: Any, asking: Awaitable[T]) -> T:
    """Wait for something that is asked of `backend`; where all that is in flight is held, time is over.

    The clock of the loop is then put forward, and at no other time: who is answered has all the time there
    is, on the slowest machine, and who is not loses none.
    """
    loop = asyncio.get_running_loop()
    assert isinstance(loop, LeapingLoop), "run it with `run_hurried`"
    task = asyncio.ensure_future(asking)
    over = provider.held
    while not task.done():
        if 0 < backend.lane.gate.pace.busy == provider.held - over:
            over = provider.held
            loop.skipped += backend.line.timeout
        await asyncio.wait([task], timeout=0.002)
    return task.result()


class FakeProvider:
    """Says the lines of its script one after another, the last one for ever, and keeps what it was asked.

    With `rule` set, it decides: it is given what is asked and how often the same was asked before.
    """

    say = staticmethod(Say)
    key = KEY

    def __init__(self) -> None:
        self.script: list[Say] = []
        self.listing = Say(body={"data": []})
        self.got: list[tuple[str, dict[str, str]]] = []
        self.asked: list[Asked] = []
        self.rule: Callable[[Asked, int], Say] | None = None
        self.times: Counter[str] = Counter()
        self.held = self.closed = 0
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.after = self._count_closed
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def around(self, tmp_path: Path, **environment: str) -> Surroundings:
        known = {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"{self.address}/v1",
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": self.address,
            "BOX_BASE_URL": f"{self.address}/v1",
            "BOX_API_KEY": KEY,
        }
        return Surroundings(environment=known | environment, cache=tmp_path)

    def chat(
        self,
        text: str | None = "hello",
        finish: str = "stop",
        *,
        written: int = 3,
        hidden: int | None = None,
        **message: Any,
    ) -> Say:
        choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}}
        usage: dict[str, Any] = {
            "prompt_tokens": 7,
            "completion_tokens": written,
            "total_tokens": 7 + written,
        }
        if hidden is not None:
            usage["completion_tokens_details"] = {"reasoning_tokens": hidden}
        return Say(body={"id": "x", "choices": [choice | {"finish_reason": finish}], "usage": usage})

    def top(self, **tokens: float) -> Say:
        top = [{"token": token, "logprob": value, "bytes": None} for token, value in tokens.items()]
        content = [{**top[0], "top_logprobs": top}] if top else []
        say = self.chat("A", "length")
        say.body["choices"][0]["logprobs"] = {"content": content, "refusal": None}
        return say

    def text(self, text: str = "hello", finish: str = "stop", logprobs: Any = None) -> Say:
        choice = {"index": 0, "text": text, "finish_reason": finish, "logprobs": logprobs}
        return Say(body={"id": "x", "choices": [choice]})

    def echo(self, asked: "Asked", worth: Callable[[int], float], **more: Any) -> Say:
        """Repeat every prompt, word by word, with `worth` of each token's place, and one token more."""
        choices = []
        for index, text in enumerate(asked.body["prompt"]):
            tokens = [*re.findall(r"\s*\S+|\s+$", text), "!"]
            told = {
                "tokens": tokens,
                "token_logprobs": [None, *(worth(at) for at in range(1, len(tokens)))],
                "text_offset": [len("".join(tokens[:at])) for at in range(len(tokens))],
                "top_logprobs": None,
            }
            choices.append({"index": index, "text": text + "!", "finish_reason": "length", "logprobs": told})
        usage = {"prompt_tokens": 9, "completion_tokens": len(choices), "total_tokens": 9 + len(choices)}
        return Say(body={"id": "x", "choices": choices[::-1], "usage": usage, **more})

    def message(
        self, *texts: str, stop_reason: str = "end_turn", written: int = 3, hidden: int | None = None
    ) -> Say:
        content: list[dict[str, Any]] = [{"type": "text", "text": text} for text in texts]
        usage: dict[str, Any] = {"input_tokens": 7, "output_tokens": written}
        if hidden is not None:
            content.insert(0, {"type": "thinking", "thinking": "", "signature": "s"})
            usage["output_tokens_details"] = {"thinking_tokens": hidden}
        kind = {"type": "message", "role": "assistant", "model": "m", "id": "x"}
        return Say(body={**kind, "content": content, "stop_reason": stop_reason, "usage": usage})

    def responses(
        self,
        text: str | None = "hello",
        *,
        refusal: str | None = None,
        incomplete: str | None = None,
        written: int = 3,
        hidden: int = 0,
        top: dict[str, float] | None = None,
        **more: Any,
    ) -> Say:
        """Answer as Responses do: what was thought, then a message, if there is one."""
        told = [{"token": token, "logprob": value, "bytes": []} for token, value in (top or {}).items()]
        logprobs = [{**told[0], "top_logprobs": told}] if told else []
        content: list[dict[str, Any]] = []
        if text is not None:
            content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": logprobs}]
        if refusal is not None:
            content = [{"type": "refusal", "refusal": refusal}]
        status = "incomplete" if incomplete else "completed"
        said = {"type": "message", "role": "assistant", "id": "y", "status": status, "content": content}
        usage = {
            "input_tokens": 7,
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": hidden},
            "total_tokens": 7 + written,
        }
        thought = [{"type": "reasoning", "id": "r", "summary": []}]
        kind = {"id": "x", "object": "response", "model": "m", "status": status, "error": None}
        why = {"reason": incomplete} if incomplete else None
        output = [*thought, said] if content else thought
        return Say(body={**kind, "incomplete_details": why, "output": output, "usage": usage, **more})

    def reply(self, asked: Asked, text: str) -> Say:
        """Answer in the form of whatever was asked."""
        if asked.path.endswith("/chat/completions"):
            return self.chat(text)
        if asked.path.endswith("/responses"):
            return self.responses(text)
        return self.text(text) if asked.path.endswith("/completions") else self.message(text)

    def forget(self) -> None:
        """Begin anew."""
        self.script.clear()
        self.got.clear()
        self.listing = Say(body={"data": []})
        self.asked.clear()
        self.times.clear()
        self.rule = None

    def error(self, status: int, message: str = "no", *, code: str = "", **headers: str) -> Say:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = {"error": {"message": message, "type": code or "some_error", "code": code or None}}
        return Say(status=status, body=body, headers=named)

    def _count_closed(self) -> None:
        with self._lock:
            self.closed += 1

    def _next(self, asked: Asked) -> Say:
        with self._lock:
            self.asked.append(asked)
            if self.rule is not None:
                before = self.times[asked.question]
                self.times[asked.question] += 1
                return self.rule(asked, before)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def _handler(provider) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                provider.got.append((self.path, headers))
                time.sleep(provider.listing.wait)
                if provider.listing.hold:
                    return self._hold(provider.listing)
                self._answer(provider.listing)

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(
                    path=self.path, headers=headers, body=json.loads(content), client=self.client_address
                )
                say = provider._next(asked)
                time.sleep(say.wait)
                if say.until is not None:
                    say.until()
                if say.hold:
                    return self._hold(say)
                if say.reset:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    self.close_connection = True
                    return
                self._answer(say)

            def _hold(self, say: Say) -> None:
                """Keep a client waiting until it goes; `held` counts who got what there is."""
                if say.drip:
                    self.send_response(200)
                    self.send_header("content-length", "1000000")
                    self.end_headers()
                    self.wfile.write(b" ")
                with provider._lock:
                    provider.held += 1
                self.close_connection = True
                end = time.monotonic() + HELD
                while time.monotonic() < end:
                    gone, _, _ = select.select([self.connection], [], [], say.drip or HELD)
                    if gone:
                        return
                    self.wfile.write(b" ")

            def _answer(self, say: Say) -> None:
                body = say.body if isinstance(say.body, bytes) else json.dumps(say.body).encode()
                self.send_response(say.status)
                for name, value in {"content-type": "application/json", **say.headers}.items():
                    self.send_header(name, value)
                self.close_connection = self.close_connection or say.close
                if say.chunked:
                    return self._in_chunks(body, say)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if say.half:
                    self.wfile.write(body[: len(body) // 2])
                    self.close_connection = True
                elif say.drip:
                    for at in range(0, len(body), 40):
                        self.wfile.write(body[at : at + 40])
                        time.sleep(say.drip)
                else:
                    self.wfile.write(body)

            def _in_chunks(self, body: bytes, say: Say) -> None:
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                half = len(body) // 2
                self.wfile.write(b"%x\r\n%b\r\n" % (half, body[:half]))
                if say.half:
                    self.close_connection = True
                else:
                    self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body) - half, body[half:]))

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError, ValueError):
                    super().handle()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
