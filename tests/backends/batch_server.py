"""A provider on this machine with the batch endpoints of OpenAI and Anthropic, which goes wrong as told.

What a batch is worth is counted when it is accepted: `accepted` holds the question of every request of every
batch, as often as it was accepted, and `paid` as often as it was really run.
"""

import contextlib
import json
import random
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from taskc.backends.protocol import Surroundings

KEY = "sk-very-secret-0123456789"


@dataclass
class Made:
    """One batch that was accepted."""

    id: str
    openai: bool
    requests: list[dict[str, Any]]
    metadata: dict[str, str] = field(default_factory=dict)
    at: float = field(default_factory=time.time)
    looks: int = 0
    status: str = ""
    errors: list[dict[str, Any]] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """What goes wrong with a call: a status, or a cut connection, before or `after` it had its effect."""

    status: int = 0
    after: bool = False
    wait: float = 0.0
    body: bytes | None = None


def question_of(asked: dict[str, Any]) -> str:
    """Give the last thing that is said to the model."""
    return str((asked.get("messages") or asked["input"])[-1]["content"])


class BatchProvider:
    """Takes batches and answers them after `looks` looks. What the tests set:

    `outcome(question, before)`: what a request comes to: `ok`, `expired`, `cancelled`, `absent`, or a status;
    `wrong(call, before)`: what goes wrong with a call, `POST /v1/batches` for instance, or None;
    `refuse(made)`: errors for which a batch fails validation, or none; `state`: `completed`, `expired` or
    `cancelled` for OpenAI. Results come in any order.
    """

    key = KEY

    def __init__(self) -> None:
        self.forget()
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def forget(self) -> None:
        """Begin anew."""
        self.made: dict[str, Made] = {}
        self.files: dict[str, bytes] = {}
        self.accepted: Counter[str] = Counter()
        self.paid: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.singly: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.looks = 1
        self.slow = 0.0
        self.state = "completed"
        self.outcome: Callable[[str, int], str] = lambda question, before: "ok"
        self.wrong: Callable[[str, int], Wrong | None] = lambda call, before: None
        self.refuse: Callable[[Made], list[dict[str, Any]]] = lambda made: []
        self.answer: Callable[[str], str] = lambda question: f"said {question}"
        self.dice = random.Random(7)

    def began(self) -> None:
        """Count anew; what was made stays."""
        self.accepted.clear()
        self.paid.clear()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environment(self) -> dict[str, str]:
        return {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"{self.address}/v1",
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": self.address,
        }

    def around(self, tmp_path: Path) -> Surroundings:
        return Surroundings(environment=self.environment(), cache=tmp_path)

    # --- what is asked ----------------------------------------------------------------------------

    def handle(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        name = f"{method} {re.sub(r'(msgbatch|batch|file)_[0-9]+', 'ID', path)}"
        with self._lock:
            before = self.calls[name]
            self.calls[name] += 1
            wrong = self.wrong(name, before)
            if wrong is not None and not wrong.after:
                return self._go_wrong(wrong)
            status, said = self._do(method, path, query, body)
        if self.slow and name in ("POST /v1/batches", "POST /v1/messages/batches"):
            time.sleep(self.slow)
        return (status, said) if wrong is None else self._go_wrong(wrong)

    def _go_wrong(self, wrong: Wrong) -> tuple[int, Any]:
        if wrong.body is not None:
            return wrong.status or 200, wrong.body
        error = {"type": "some_error", "message": f"no, not with {KEY}", "code": None}
        return wrong.status, {"type": "error", "error": error}

    def _do(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        match method, path.removeprefix("/v1").strip("/").split("/"):
            case "POST", ["files"]:
                return 200, self._upload(body)
            case "GET", ["files", id, "content"]:
                return (200, self.files[id]) if id in self.files else (404, self._error("no such file"))
            case "POST", ["batches"]:
                return self._make_openai(json.loads(body))
            case "GET", ["batches"]:
                return 200, self._listed(query, openai=True)
            case "GET", ["batches", id]:
                return self._looked_at(id)
            case "POST", ["messages", "batches"]:
                return self._make_anthropic(json.loads(body))
            case "GET", ["messages", "batches"]:
                return 200, self._listed(query, openai=False)
            case "GET", ["messages", "batches", id]:
                return self._looked_at(id)
            case "GET", ["messages", "batches", id, "results"]:
                return 200, self.files[id]
            case "POST", ["chat", "completions"] | ["messages"] | ["responses"]:
                asked = json.loads(body)
                question = question_of(asked)
                self.singly[question] += 1
                return 200, self._reply(asked, openai="messages" not in path)
        return 404, self._error(f"no {method} {path}")

    def _error(self, message: str) -> dict[str, Any]:
        return {"type": "error", "error": {"type": "not_found_error", "message": message}}

    def _upload(self, body: bytes) -> dict[str, Any]:
        boundary = body.split(b"\r\n", 1)[0]
        [part] = [one for one in body.split(boundary) if b'filename="' in one]
        content = part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")
        assert len(content) <= 200_000_000
        id = f"file_{len(self.files)}"
        self.files[id] = content
        return {"id": id, "object": "file", "bytes": len(content), "purpose": "batch"}

    def _make_openai(self, body: dict[str, Any]) -> tuple[int, Any]:
        assert body["completion_window"] == "24h"
        lines = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        assert 0 < len(lines) <= 50_000
        for line in lines:
            assert set(line) == {"custom_id", "method", "url", "body"}
            assert (line["method"], line["url"]) == ("POST", body["endpoint"])
        requests = [{"custom_id": one["custom_id"], "params": one["body"]} for one in lines]
        made = self._make("batch", requests, body.get("metadata") or {})
        return 200, self._shown(made)

    def _make_anthropic(self, body: dict[str, Any]) -> tuple[int, Any]:
        assert set(body) == {"requests"}
        assert 0 < len(body["requests"]) <= 100_000
        for one in body["requests"]:
            assert set(one) == {"custom_id", "params"}
            assert not {"timeout", "extra_body"} & set(one["params"])
        return 200, self._shown(self._make("msgbatch", body["requests"], {}))

    def _make(self, kind: str, requests: list[dict[str, Any]], metadata: dict[str, str]) -> Made:
        names = [one["custom_id"] for one in requests]
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)
        assert len({one["params"]["model"] for one in requests}) == 1
        made = Made(f"{kind}_{len(self.made)}", kind == "batch", requests, metadata)
        made.errors = self.refuse(made)
        for one in requests:
            question = question_of(one["params"])
            made.outcomes[one["custom_id"]] = self.outcome(question, self.accepted[question])
            if not made.errors:
                self.accepted[question] += 1
                self.paid[question] += made.outcomes[one["custom_id"]] == "ok"
        self.made[made.id] = made
        return made

    def _looked_at(self, id: str) -> tuple[int, Any]:
        if id not in self.made:
            return 404, self._error(f"no batch {id}")
        self.made[id].looks += 1
        return 200, self._shown(self.made[id])

    def _listed(self, query: dict[str, list[str]], *, openai: bool) -> dict[str, Any]:
        some = [one for one in reversed(self.made.values()) if one.openai == openai]
        for one in some:
            one.looks += 1  # time passes
        after = query.get("after" if openai else "after_id", [""])[0]
        if after:
            some = some[[one.id for one in some].index(after) + 1 :]
        limit = int(query.get("limit", ["20"])[0])
        return {
            "object": "list",
            "data": [self._shown(one) for one in some[:limit]],
            "has_more": len(some) > limit,
            "first_id": some[0].id if some else None,
            "last_id": some[:limit][-1].id if some else None,
        }

    # --- what is said -----------------------------------------------------------------------------

    def _shown(self, made: Made) -> dict[str, Any]:
        over = made.looks > self.looks
        return self._shown_openai(made, over) if made.openai else self._shown_anthropic(made, over)

    def _shown_openai(self, made: Made, over: bool) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": made.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "input_file_id": "file_x",
            "completion_window": "24h",
            "created_at": int(made.at),
            "metadata": made.metadata,
            "status": "in_progress" if made.looks else "validating",
            "request_counts": {"total": len(made.requests), "completed": 0, "failed": 0},
            "output_file_id": None,
            "error_file_id": None,
        }
        if made.errors:
            return shown | {"status": "failed", "errors": {"object": "list", "data": made.errors}}
        if over:
            good = self._results(made, {"ok"})
            bad = self._results(made, set(made.outcomes.values()) - {"ok", "absent"})
            shown["status"] = self.state
            for name, lines in (("output_file_id", good), ("error_file_id", bad)):
                if lines:
                    shown[name] = f"file_{made.id.partition('_')[2]}{'1' if name[0] == 'o' else '2'}000"
                    self.files[shown[name]] = lines
        return shown

    def _shown_anthropic(self, made: Made, over: bool) -> dict[str, Any]:
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        names = {"ok": "succeeded", "expired": "expired", "cancelled": "canceled", "absent": "succeeded"}
        for outcome in made.outcomes.values():
            counts[names.get(outcome, "errored") if over else "processing"] += 1
        if over:
            self.files[made.id] = self._results(made, set(made.outcomes.values()) - {"absent"})
        url = f"{self.address}/v1/messages/batches/{made.id}/results"
        return {
            "id": made.id,
            "type": "message_batch",
            "processing_status": "ended" if over else "in_progress",
            "request_counts": counts,
            "created_at": "2026-11-27T10:00:00Z",
            "expires_at": "2026-11-28T10:00:00Z",
            "results_url": url if over else None,
        }

    def _results(self, made: Made, chosen: set[str]) -> bytes:
        """Write the results of those requests that came to one of the `chosen` outcomes, in any order."""
        line = self._openai_line if made.openai else self._anthropic_line
        known = [(one, made.outcomes[one["custom_id"]]) for one in made.requests]
        some = [line(one, outcome) for one, outcome in known if outcome in chosen]
        self.dice.shuffle(some)
        return "".join(json.dumps(text) + "\n" for text in some).encode()

    def _openai_line(self, one: dict[str, Any], outcome: str) -> dict[str, Any]:
        line = {"id": "batch_req_x", "custom_id": one["custom_id"], "response": None, "error": None}
        if outcome in ("expired", "cancelled"):
            return line | {"error": {"code": f"batch_{outcome}", "message": f"it is {outcome}"}}
        if outcome == "ok":
            return line | {
                "response": {"status_code": 200, "request_id": "x", "body": self._reply(one["params"])}
            }
        error = {"error": {"message": f"no, not with {KEY}", "type": "some_error", "code": None}}
        return line | {"response": {"status_code": int(outcome), "request_id": "x", "body": error}}

    def _anthropic_line(self, one: dict[str, Any], outcome: str) -> dict[str, Any]:
        kinds = {"400": "invalid_request_error", "401": "authentication_error", "500": "api_error"}
        result: dict[str, Any] = {"type": outcome}
        if outcome == "ok":
            result = {"type": "succeeded", "message": self._reply(one["params"], openai=False)}
        elif outcome == "cancelled":
            result = {"type": "canceled"}
        elif outcome in kinds:
            error = {"type": kinds[outcome], "message": f"no, not with {KEY}"}
            result = {"type": "errored", "error": {"type": "error", "error": error}}
        return {"custom_id": one["custom_id"], "result": result}

    def _reply(self, asked: dict[str, Any], *, openai: bool = True) -> dict[str, Any]:
        text = self.answer(question_of(asked))
        if "input" in asked:
            content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
            said = {"type": "message", "role": "assistant", "id": "y", "status": "completed"}
            usage = {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}
            kind = {"id": "x", "object": "response", "model": "m", "status": "completed"}
            return kind | {"output": [said | {"content": content}], "usage": usage}
        if not openai:
            usage = {"input_tokens": 7, "output_tokens": 3}
            kind = {"type": "message", "role": "assistant", "model": "m", "id": "x", "usage": usage}
            return kind | {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn"}
        choice: dict[str, Any] = {"index": 0, "message": {"role": "assistant", "content": text}}
        if asked.get("logprobs"):
            top = [{"token": "A", "logprob": -0.1}, {"token": "B", "logprob": -2.5}]
            choice["logprobs"] = {"content": [{**top[0], "top_logprobs": top}]}
        usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
        return {"id": "x", "choices": [choice | {"finish_reason": "stop"}], "usage": usage}

    def _handler(provider) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self._go("GET")

            def do_POST(self) -> None:
                self._go("POST")

            def _go(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                provider.keys.add(self.headers.get("x-api-key") or self.headers.get("authorization") or "")
                parts = urlsplit(self.path)
                status, said = provider.handle(method, parts.path, parse_qs(parts.query), body)
                if status == 0 and not isinstance(said, bytes):  # the connection is cut
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    self.close_connection = True
                    return
                content = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError, ValueError):
                    super().handle()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
