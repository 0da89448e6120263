"""People at the web server: each begins conversations, asks, reads the stream and thinks; what came back is noted."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from assistant.evaluation.datasets import read_cases
from assistant.evaluation.runner import Timed
from assistant.evaluation.variants import stripped, with_typo
from evals.benchmarks.figures import Table

THINK = (5.0, 10.0)  # seconds between an answer and the next question (SECURITY R-12)
TURNS = 3  # questions of one conversation
PATIENCE = 70.0  # seconds without a byte until a person gives up; the server's own patience is 45
KEEP_ALIVE = 4.0  # seconds a connection is used again; the server closes it after 5
LAG = 0.05  # seconds between two looks at how late this process is itself


@dataclass(frozen=True)
class Numbers:
    """How many and how long, from the command line; seconds."""

    users: Sequence[int] = (50, 200)
    duration: float = 60.0
    hammers: int = 200
    hammering: float = 20.0
    slow: int = 100  # streams that nobody reads
    halves: int = 300  # connections with half a request
    others: int = 20  # ordinary people beside those
    people: int = 50  # beside restarts and kills
    faults: float = 60.0
    under_way: int = 50  # streams at SIGTERM
    few: int = 10  # people beside the switch and a database out of use
    held: float = 10.0  # it stays out of use


@dataclass
class Asked:
    """One question and what came back, filled as it comes; times are seconds since it was sent, None = never."""

    question: str
    at: float
    conversation: str = ""
    status: int = 0  # of the HTTP response; 0 = none came
    code: str = ""  # of an error; the exception's name when the connection failed
    first: float | None = None
    sentence: float | None = None
    done: float | None = None
    refused: float | None = None
    retry_after: str = ""
    message: str = ""
    notices: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """`done`, or how it failed in a word or two."""
        return "done" if self.done is not None else f"{self.status} {self.code or 'cut'}"

    @property
    def polite(self) -> bool:
        """Turned away because of too many questions."""
        return self.status in (429, 503)

    @property
    def unsaved(self) -> bool:
        """An answer of a conversation that the server did not keep."""
        return self.done is not None and bool(self.conversation) and not self.message


class Person:
    """One visitor with a connection and an address of their own; `asked` grows with every question."""

    def __init__(self, url: str, number: int, asked: list[Asked]) -> None:
        self._dice = random.Random(number)
        self._asked = asked
        self._address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"X-Forwarded-For": self._address},
            timeout=PATIENCE,
            verify=False,
            trust_env=False,
            limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE),
        )
        self.token = ""
        self.conversation = ""
        self.conversations: list[str] = []
        self.begun: Counter[int] = Counter()  # statuses of beginning a conversation; 0 = no response

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def begin(self) -> bool:
        """A new conversation, of the same visit after the first; when there is none the old one goes on."""
        try:
            response = await self._client.post("/api/v1/conversations", json={}, headers=self._token())
        except httpx.HTTPError:
            self.begun[0] += 1
            return False
        self.begun[response.status_code] += 1
        if response.status_code != 201:
            return False
        told = response.json()
        self.token, self.conversation = told.get("token", self.token), told["id"]
        self.conversations.append(self.conversation)
        return True

    async def ask(self, question: str) -> Asked:
        """Ask and read the stream to its end."""
        asked = Asked(question, time.monotonic(), self.conversation)
        self._asked.append(asked)
        body = {"question": question} | ({"conversation": self.conversation} if self.conversation else {})
        try:
            async with self._client.stream("POST", "/api/v1/ask/stream", json=body, headers=self._token()) as response:
                asked.status = response.status_code
                if response.status_code == 200:
                    await self._follow(response, asked)
                else:
                    refusal = json.loads(await response.aread())
                    asked.refused = time.monotonic() - asked.at
                    asked.code, asked.retry_after = refusal["code"], response.headers.get("retry-after", "")
        except (httpx.HTTPError, ValueError) as error:
            asked.code = asked.code or type(error).__name__
        return asked

    async def stored(self, conversation: str) -> list[dict[str, Any]] | None:
        """The messages of a conversation of this visit; None when they could not be had."""
        try:
            response = await self._client.get(f"/api/v1/conversations/{conversation}", headers=self._token())
        except httpx.HTTPError:
            return None
        return list(response.json()["messages"]) if response.status_code == 200 else None

    async def live(self, questions: Iterator[str], left: asyncio.Event, think: tuple[float, float] = THINK) -> None:
        """Ask and think by turns until it is time to leave; the first question comes within one thought."""
        await self._think(left, 0, think[1])
        turn = 0
        while not left.is_set():
            if turn % TURNS == 0:
                await self.begin()
            await self.ask(next(questions))
            turn += 1
            await self._think(left, *think)

    async def _think(self, left: asyncio.Event, least: float, most: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._dice.uniform(least, most)):
                await left.wait()

    def _token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @staticmethod
    async def _follow(response: httpx.Response, asked: Asked) -> None:
        async for name, data in events(response.aiter_raw()):
            now = time.monotonic() - asked.at
            if asked.first is None:
                asked.first = now
            if name == "sentence" and asked.sentence is None:
                asked.sentence = now
            elif name == "done":
                whole = json.loads(data)
                asked.message, asked.notices = whole["message"] or "", tuple(whole["notices"])
                asked.done = now
            elif name == "error":
                asked.code = json.loads(data)["code"]


async def events(parts: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, bytes]]:
    """(name, data) of each server-sent event; a comment has the name ""."""
    held = b""
    async for part in parts:
        *whole, held = (held + part).split(b"\n\n")
        for event in whole:
            fields = dict(line.partition(b": ")[::2] for line in event.splitlines())
            yield fields.get(b"event", b"").decode(), fields.get(b"data", b"")


@dataclass(frozen=True)
class Questions:
    """What people ask: the questions of a folder of sets that need no earlier one."""

    texts: tuple[str, ...]

    @classmethod
    def read(cls, folder: Path) -> Questions:
        """From every `*.jsonl` of a folder."""
        cases = (case for file in sorted(folder.glob("*.jsonl")) for case in read_cases(file))
        return cls(tuple(dict.fromkeys(case.question for case in cases if not case.earlier)))

    def drawn(self, seed: int = 1) -> Iterator[str]:
        """By chance, without end; the same one may come again."""
        dice = random.Random(seed)
        while True:
            yield dice.choice(self.texts)

    def distinct(self, seed: int = 1) -> Iterator[str]:
        """Without end and never the same twice: as written, without diacritics, then with other and other slips."""
        dice, told = random.Random(seed), set[str]()
        changes: list[Callable[[str], str]] = [str, stripped]
        for round_ in range(1_000_000):
            change = changes[round_] if round_ < len(changes) else lambda text, n=round_: with_typo(text, f"{n}{text}")
            for text in dice.sample(self.texts, len(self.texts)):
                made = change(text)
                if made not in told:
                    told.add(made)
                    yield made


@dataclass
class Crowd:
    """People living side by side; what all of them asked is in `asked`."""

    url: str
    size: int
    first_number: int = 1  # people of one server have different numbers, and so addresses
    asked: list[Asked] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    _left: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Crowd:
        self.people = [Person(self.url, self.first_number + n, self.asked) for n in range(self.size)]
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(person.close() for person in self.people))

    @property
    def begun(self) -> str:
        """How many beginnings of conversations ended with which status."""
        counted = sum((person.begun for person in self.people), Counter[int]())
        return ", ".join(f"{status}: {count}" for status, count in counted.most_common()) or "-"

    async def live(self, questions: Iterator[str], think: tuple[float, float] = THINK, seconds: float = 0) -> None:
        """All of them until they leave, or for some seconds; answers begun by then are waited for."""
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._left.set)
        await asyncio.gather(*(person.live(questions, self._left, think) for person in self.people))

    def leave(self) -> None:
        """End `live`."""
        self._left.set()


@asynccontextmanager
async def lateness() -> AsyncIterator[list[float]]:
    """How late this process woke up (seconds), look by look: times below that are the bench's own."""
    late: list[float] = []

    async def look() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(LAG)
            late.append(time.monotonic() - before - LAG)

    task = asyncio.create_task(look())
    try:
        yield late
    finally:
        task.cancel()


def percentile(seconds: Sequence[float], share: float) -> float:
    """In ms, one digit."""
    return round(1000 * Timed(tuple(seconds)).percentile(share), 1)


def times(title: str, rows: dict[str, Sequence[float]], note: str = "") -> Table:
    """Spread of some times, a row each."""
    columns = ("", "number", "p50 ms", "p95 ms", "p99 ms", "most ms")
    shown = tuple(
        (name, len(seconds), *(percentile(seconds, share) for share in (0.5, 0.95, 0.99, 1.0)))
        for name, seconds in rows.items()
    )
    return Table(title, columns, shown, note)


def spread(asked: Sequence[Asked]) -> dict[str, Sequence[float]]:
    """First byte, first sentence and end of the questions that were taken on."""
    return {
        "first byte": [a.first for a in asked if a.first is not None],
        "first sentence": [a.sentence for a in asked if a.sentence is not None],
        "done": [a.done for a in asked if a.done is not None],
    }


def outcomes(asked: Sequence[Asked]) -> str:
    """How many ended how."""
    return ", ".join(f"{name}: {count}" for name, count in Counter(a.outcome for a in asked).most_common()) or "-"


async def warm_up(url: str, questions: Questions) -> None:
    """A few answers before anything is measured: the first ones load what is loaded when first used."""
    async with Crowd(url, 4, first_number=200_000) as crowd:
        await crowd.people[0].begin()
        for text in questions.texts[:3]:
            await asyncio.gather(*(person.ask(text) for person in crowd.people))
    if not any(a.done for a in crowd.asked):
        raise RuntimeError(f"{url} answers nothing: {outcomes(crowd.asked)}")


def share(part: float, whole: float) -> float:
    """In per cent; 0 of nothing is 0."""
    return round(100 * part / whole, 2) if whole else 0.0
