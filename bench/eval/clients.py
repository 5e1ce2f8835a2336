"""Bare clients, for comparison: so many requests to one server, so many at a time.

Called as `clients.py CLIENT PORT COUNT CONNECTIONS` and prints, as JSON, the CPU and wall seconds of the
asking alone: no start-up, no store, no scores, no retries.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

KEY = "none"
SAID = (
    "Question: In the list {words}, which word comes right after banun?\nA. banun\nB. fari\nC. domes\nD. lenu"
)
WORDS = "bana fari domes lenu kira banun dimos farun limes konu burin larus demon finar kolus"


def messages(number: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"{number} {SAID.format(words=WORDS)}"}]


Send = Callable[[int], Awaitable[Any]]


async def bare_aiohttp(port: int, stack: AsyncExitStack) -> Send:
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0)
    session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
    url = f"http://127.0.0.1:{port}/v1/chat/completions"

    async def send(number: int) -> object:
        body = {"model": "m", "messages": messages(number), "max_tokens": 16, "temperature": 0.0}
        async with session.post(url, json=body) as response:
            return json.loads(await response.read())["choices"][0]["message"]["content"]

    return send


def openai_sdk(transport: str) -> Callable[[int, AsyncExitStack], Awaitable[Send]]:
    async def opened(port: int, stack: AsyncExitStack) -> Send:
        import openai

        http = getattr(openai, transport)(trust_env=False)
        url = f"http://127.0.0.1:{port}/v1"
        client = openai.AsyncOpenAI(api_key=KEY, base_url=url, max_retries=0, http_client=http)
        await stack.enter_async_context(client)

        async def send(number: int) -> object:
            asked: Any = messages(number)
            answer = await client.chat.completions.create(
                model="m", messages=asked, max_completion_tokens=16, temperature=0.0
            )
            return answer.choices[0].message.content

        return send

    return opened


def anthropic_sdk(transport: str) -> Callable[[int, AsyncExitStack], Awaitable[Send]]:
    async def opened(port: int, stack: AsyncExitStack) -> Send:
        import anthropic

        http = getattr(anthropic, transport)(trust_env=False)
        url = f"http://127.0.0.1:{port}"
        client = anthropic.AsyncAnthropic(api_key=KEY, base_url=url, max_retries=0, http_client=http)
        await stack.enter_async_context(client)

        async def send(number: int) -> object:
            asked: Any = messages(number)
            answer: Any = await client.messages.create(model="m", messages=asked, max_tokens=16)
            return answer.content[0].text

        return send

    return opened


CLIENTS = {
    "aiohttp": bare_aiohttp,
    "openai": openai_sdk("DefaultAsyncHttpxClient"),
    "openai+aiohttp": openai_sdk("DefaultAioHttpClient"),
    "anthropic": anthropic_sdk("DefaultAsyncHttpxClient"),
    "anthropic+aiohttp": anthropic_sdk("DefaultAioHttpClient"),
}


async def ask(client: str, port: int, count: int, connections: int) -> dict[str, float]:
    async with AsyncExitStack() as stack:
        send = await CLIENTS[client](port, stack)
        await asyncio.gather(*map(send, range(min(8, connections))))  # what is imported and opened late
        numbers = iter(range(count))

        async def work() -> None:
            for number in numbers:
                await send(number)

        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work() for _ in range(connections)))
        return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(ask(sys.argv[1], *map(int, sys.argv[2:5])))))
