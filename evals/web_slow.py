"""People at the web server beside clients that send or read slowly, which are sockets of our own here."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from collections.abc import Iterator

from evals.benchmarks.figures import Goal, Section, Table
from evals.benchmarks.material import say
from evals.web_people import Asked, Crowd, Numbers, Questions, outcomes, percentile, spread, times, warm_up
from evals.web_server import Place, Server, serving

RECEIVING = 2048  # bytes the kernel holds for a client that does not read; it makes it about twice that
GIVEN_UP = 30.0  # seconds after which a server should have given up on half a request
OPENING = 10  # unread streams a second: the queue takes some 20 questions


async def slow(place: Place, numbers: Numbers, questions: Questions) -> Section:
    """Ordinary people alone, beside streams that nobody reads, and beside halves of requests."""
    with serving(place, "slow") as server:
        await warm_up(server.url, questions)
        alone = await _ordinary(server, numbers, questions, 1000)
        say(f"opening {numbers.slow} streams")
        unread = await _unread(server, numbers.slow, questions.drawn(3))
        beside_unread = await _ordinary(server, numbers, questions, 2000)
        whole = sum(await asyncio.gather(*(_rest(stream) for stream in unread)))
        heads, bodies = await halves(server, numbers.halves)
        opened = time.monotonic()
        beside_halves = await _ordinary(server, numbers, questions, 3000)
        await asyncio.sleep(max(0.0, GIVEN_UP - (time.monotonic() - opened)))
        open_heads, open_bodies = sum(map(_open, heads)), sum(map(_open, bodies))
        for half in (*heads, *bodies):
            half.close()
        log = len(server.faults())
    groups = {
        "alone": alone,
        f"beside {len(unread)} unread streams": beside_unread,
        f"beside {len(heads) + len(bodies)} halves of requests": beside_halves,
    }
    tables, goals = [], []
    for name, asked in groups.items():
        found = spread(asked)
        tables.append(times(f"{numbers.others} ordinary people {name}", found, outcomes(asked)))
        goals.append(Goal(f"{name}: first byte p95", percentile(found["first byte"], 0.95), 500, "ms"))
        goals.append(Goal(f"{name}: not answered", sum(a.done is None for a in asked), 0))
    facts = (
        ("streams opened and left unread", f"{len(unread)} of {numbers.slow}"),
        ("of them whole when read in the end", whole),
        (f"half-sent heads still open after {GIVEN_UP:.0f} s", f"{open_heads} of {len(heads)}"),
        (f"half-sent bodies still open after {GIVEN_UP:.0f} s", f"{open_bodies} of {len(bodies)}"),
        ("errors in the server's log", log),
    )
    goals += [
        Goal("unread streams that were not whole in the end", len(unread) - whole, 0),
        Goal(f"half-sent heads open after {GIVEN_UP:.0f} s", open_heads, 0),
        Goal(f"half-sent bodies open after {GIVEN_UP:.0f} s", open_bodies, 0),
    ]
    return Section("Slow clients", (*tables, Table("The slow ones", ("what", "figure"), facts)), tuple(goals))


async def _ordinary(server: Server, numbers: Numbers, questions: Questions, number: int) -> list[Asked]:
    async with Crowd(server.url, numbers.others, first_number=number) as crowd:
        await crowd.live(questions.drawn(number), seconds=numbers.duration / 2)
    return crowd.asked


async def _unread(server: Server, number: int, source: Iterator[str]) -> list[socket.socket]:
    """Streams of as many visitors; of each the first twelve bytes were read. Those the queue refuses try again."""
    ends, dice = time.monotonic() + 120, random.Random(number)

    async def opened(n: int) -> socket.socket | None:
        async with Crowd(server.url, 1, first_number=10_000 + n) as crowd:
            (person,) = crowd.people
            await person.begin()
        while time.monotonic() < ends:
            await asyncio.sleep(dice.uniform(0, number / OPENING))
            body = {"question": next(source), "conversation": person.conversation}
            stream = await _send(server, _request(json.dumps(body).encode(), person.token))
            if (await asyncio.get_running_loop().sock_recv(stream, 12)).endswith(b"200"):
                return stream
            stream.close()
        return None

    made = await asyncio.gather(*(opened(n) for n in range(number)))
    return [stream for stream in made if stream is not None]


async def _rest(stream: socket.socket) -> bool:
    """Read a stream at last; whether the answer is there to its end."""
    loop, held = asyncio.get_running_loop(), b""
    try:
        async with asyncio.timeout(60):
            while part := await loop.sock_recv(stream, 65536):
                held += part
    except (TimeoutError, OSError):
        pass
    finally:
        stream.close()
    return b"event: done" in held and held.endswith(b"0\r\n\r\n")


async def halves(server: Server, number: int) -> tuple[list[socket.socket], list[socket.socket]]:
    """Connections with half a head, and with a head and half a body."""
    whole = _request(json.dumps({"question": "Czym jest klauzula społeczna?"}).encode(), "")
    head = [await _send(server, whole[: whole.index(b"\r\n\r\n") - 20]) for _ in range(number // 2)]
    body = [await _send(server, whole[:-20]) for _ in range(number - number // 2)]
    return head, body


async def _send(server: Server, data: bytes) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVING)
    made.setblocking(False)
    await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", server.port))
    await asyncio.get_running_loop().sock_sendall(made, data)
    return made


def _request(body: bytes, token: str) -> bytes:
    head = (
        "POST /api/v1/ask/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
    )
    known = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"{head}{known}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _open(half: socket.socket) -> bool:
    """Whether the server still waits for the rest."""
    try:
        while half.recv(65536):
            pass
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
