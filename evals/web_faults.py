"""Faults under the web server while people ask: its workers, its own end, the operator's switch."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from evals.benchmarks.figures import Goal, Section, Table
from evals.web_people import Asked, Crowd, Numbers, Questions, outcomes, share, spread, times, warm_up
from evals.web_server import NEVER, Place, Server, serving, until
from evals.web_slow import halves

KILL_EVERY = 15.0  # seconds
LONG = 60.0  # seconds until something is given up on
LOOK = 0.02  # seconds between two looks from outside
EVEN = (3.0, 5.0)  # think time of a few people: under 20 questions a minute each
DRAIN, AFTER_DRAIN = 20.0, 1.0  # seconds: the setting's default, and to end when it is over
OPEN_HALVES = 10
SWITCHED, OPEN = 6.0, 5.0  # seconds closed, and open before and after
WHY = "Przerwa techniczna: próba wyłącznika."


# a worker is killed


async def worker(place: Place, numbers: Numbers, questions: Questions) -> Section:
    """Two workers; the older one is killed again and again."""
    back: list[float] = []
    with serving(place, "worker", workers=2) as server:
        await warm_up(server.url, questions)
        async with Crowd(server.url, numbers.people) as crowd:
            ends = time.monotonic() + numbers.faults
            living = asyncio.create_task(crowd.live(questions.drawn()))
            await asyncio.sleep(min(KILL_EVERY, numbers.faults) / 2)
            while time.monotonic() < ends:
                began = time.monotonic()
                victim = server.worker_pids()[0]
                os.kill(victim, signal.SIGKILL)
                back.append(await until(_all_answer(server, victim), LONG))
                await asyncio.sleep(max(0.0, min(began + KILL_EVERY, ends) - time.monotonic()))
            crowd.leave()
            await living
        log, died = len(server.faults()), server.died()
    failed = sum(a.done is None for a in crowd.asked)
    facts = (
        ("workers that died, killed by us or given up by the server", f"{died}, {len(back)} by us"),
        ("kills; seconds until both answered again", ", ".join(f"{seconds:.1f}" for seconds in back)),
        ("outcomes", outcomes(crowd.asked)),
        ("beginnings of conversations by status", crowd.begun),
        ("not saved", sum(a.unsaved for a in crowd.asked)),
        ("failed", f"{share(failed, len(crowd.asked))} %"),
        ("errors in the server's log", log),
    )
    tables = (
        times(f"{numbers.people} people, kill -9 of a worker each {KILL_EVERY:.0f} s", spread(crowd.asked)),
        Table("The kills", ("what", "figure"), facts),
    )
    goals = (
        Goal("worker killed: failed", share(failed, len(crowd.asked)), 1, "%"),
        Goal("worker killed: both answer again", round(max(back), 1), 3, "s"),
    )
    return Section("A worker killed", tables, goals)


def _all_answer(server: Server, dead: int) -> Callable[[], bool]:
    """A look that is true once as many processes as there are workers, without the dead one, said they are ready."""
    seen: set[int] = set()

    def look() -> bool:
        seen.update({server.answering()} - {0, dead})
        return len(seen) >= server.workers

    return look


# the server is asked to end


@dataclass
class Ending:
    """What became of the streams that were under way at SIGTERM, and of those who came after it."""

    asked: list[Asked]
    under_way: list[Asked]
    seconds: float
    code: int
    newcomers: Counter[str] = field(default_factory=Counter)

    @property
    def unfinished(self) -> int:
        return sum(a.done is None for a in self.under_way)


async def sigterm(place: Place, numbers: Numbers, questions: Questions) -> Section:
    """SIGTERM when every stream has begun: with one process, with workers, and with halves of requests open."""
    rows, goals = [], []
    for name, workers, half in (
        ("one process", 1, 0),
        ("two workers", 2, 0),
        ("halves of requests open", 1, OPEN_HALVES),
    ):
        ending = await _ended(place, name, workers, half, numbers, questions)
        finished = len(ending.under_way) - ending.unfinished
        told = ", ".join(f"{what}: {count}" for what, count in ending.newcomers.most_common()) or "-"
        rows.append(
            (
                name,
                f"{len(ending.under_way)} of {len(ending.asked)}",
                f"{finished} of {len(ending.under_way)}",
                outcomes(ending.asked),
                round(ending.seconds, 1),
                ending.code,
                told,
            )
        )
        goals += [
            Goal(f"SIGTERM, {name}: streams not finished", ending.unfinished, 0),
            Goal(f"SIGTERM, {name}: ended after", round(ending.seconds, 1), DRAIN + AFTER_DRAIN, "s"),
        ]
    columns = ("", "under way at SIGTERM", "finished", "outcomes", "s to the end", "exit code", "newcomers meanwhile")
    table = Table(f"SIGTERM with {numbers.under_way} streams under way", columns, tuple(rows))
    return Section("The server's end", (table,), tuple(goals))


async def _ended(place: Place, name: str, workers: int, half: int, numbers: Numbers, questions: Questions) -> Ending:
    folder = f"sigterm-{name.replace(' ', '-')}"
    with serving(place, folder, workers, WEB__QUEUE=numbers.under_way + 10) as server:
        await warm_up(server.url, questions)
        async with Crowd(server.url, numbers.under_way) as crowd:
            source = questions.distinct()
            await asyncio.gather(*(person.begin() for person in crowd.people))
            opened = await halves(server, half)
            streams = [asyncio.create_task(person.ask(next(source))) for person in crowd.people]
            while any(a.first is None and not a.code for a in crowd.asked) or len(crowd.asked) < numbers.under_way:
                await asyncio.sleep(0.005)
            ending = Ending(crowd.asked, [a for a in crowd.asked if a.done is None and not a.code], 0.0, 0)
            stopping = asyncio.create_task(asyncio.to_thread(server.stop))
            while not stopping.done():
                ending.newcomers[await _knock(server.url)] += 1
                await asyncio.sleep(0.1)
            ending.seconds, ending.code = await stopping
            await asyncio.gather(*streams)
        for one in (*opened[0], *opened[1]):
            one.close()
    return ending


async def _knock(url: str) -> str:
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=2) as client:
        try:
            return str((await client.get(f"{url}/healthz")).status_code)
        except httpx.HTTPError as error:
            return type(error).__name__


# the operator's switch


@dataclass
class Looks:
    """What a fresh connection was told, look by look: (wall clock, status, Retry-After)."""

    url: str
    path: str
    seen: list[tuple[float, int, str]] = field(default_factory=list)

    async def look(self) -> None:
        """For ever."""
        while True:
            async with httpx.AsyncClient(trust_env=False, verify=False, timeout=5) as client:
                with suppress(httpx.HTTPError):
                    told = await client.get(self.url + self.path)
                    self.seen.append((time.time(), told.status_code, told.headers.get("retry-after", "")))
            await asyncio.sleep(LOOK)

    def settled(self, since: float, until: float, status: int) -> float:
        """Seconds from `since` to the last look before `until` that was told something else; NEVER = not at all."""
        within = [(at, told) for at, told, _ in self.seen if since <= at < until]
        if not within or within[-1][1] != status:
            return NEVER
        return max((at - since for at, told in within if told != status), default=0.0)


async def switch(place: Place, numbers: Numbers, questions: Questions) -> Section:
    """Closed and opened while people ask of two workers; the last connection to learn of it counts."""
    with serving(place, "switch", workers=2) as server:
        await warm_up(server.url, questions)
        async with Crowd(server.url, numbers.few) as crowd:
            await asyncio.gather(*(person.begin() for person in crowd.people))
            looks = [Looks(server.url, path) for path in ("/api/v1/documents", "/", "/healthz", "/api/v1/state")]
            looking = [asyncio.create_task(one.look()) for one in looks]
            living = asyncio.create_task(crowd.live(questions.drawn(), EVEN))
            await asyncio.sleep(OPEN)
            closed, since = time.monotonic(), await _switched(server, "close", WHY)
            await asyncio.sleep(SWITCHED)
            own = await crowd.people[0].stored(crowd.people[0].conversation)
            opened = await _switched(server, "open")
            await asyncio.sleep(OPEN)
            crowd.leave()
            await living
            for task in looking:
                task.cancel()
        log = len(server.faults())
    public, page, *others = looks
    shut, let_in = public.settled(since, opened, 503), public.settled(opened, float("inf"), 200)
    early = [a for a in crowd.asked if a.at < closed]
    refused = [a for a in crowd.asked if a.code == "switched_off"]
    facts = (
        ("seconds until the API said 503 everywhere", round(shut, 2)),
        ("seconds until the page said 503 everywhere", round(page.settled(since, opened, 503), 2)),
        ("Retry-After of these", ", ".join(sorted({wait for _, told, wait in public.seen if told == 503})) or "-"),
        ("seconds until the API answered again everywhere", round(let_in, 2)),
        ("/healthz and /api/v1/state meanwhile", str({told for one in others for _, told, _ in one.seen})),
        ("a visitor's own conversation meanwhile", "there" if own is not None else "not to be had"),
        ("questions asked before: outcomes", outcomes(early)),
        ("all questions: outcomes", outcomes(crowd.asked)),
        ("errors in the server's log", log),
    )
    goals = (
        Goal("switch: closed everywhere", round(shut, 2), 2, "s"),
        Goal("switch: open again everywhere", round(let_in, 2), 2, "s"),
        Goal("switch: answers begun before and not finished", sum(a.done is None for a in early), 0),
        Goal("switch: refused without Retry-After", sum(not a.retry_after for a in refused), 0),
    )
    title = f"{numbers.few} people, two workers, closed for {SWITCHED:.0f} s"
    return Section("The switch", (Table(title, ("what", "figure"), facts),), goals)


async def _switched(server: Server, *order: str) -> float:
    """Carry out the operator's command; when (wall clock) the database has it that the switch was turned."""
    done = await asyncio.to_thread(server.command, "switch", *order)
    if done.returncode:
        raise RuntimeError(f"switch {order[0]}: {done.stderr or done.stdout}")
    with closing(sqlite3.connect(server.database)) as database:
        ((at,),) = database.execute("SELECT at FROM switch ORDER BY number DESC LIMIT 1")
    return datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()
