"""The web server over a database that is restarted, goes away, is locked or may not be written."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from evals.benchmarks.figures import Goal, Section, Table
from evals.benchmarks.material import say
from evals.web_people import Asked, Crowd, Numbers, Questions, outcomes, percentile, share, spread, times, warm_up
from evals.web_server import NEVER, Place, Server, serving
from tests.databases import Postgres, programs

RESTART_EVERY = 20.0  # seconds (SECURITY R-10)
MODES = ("fast", "immediate")  # of restarts by turns: an orderly one, a crash
BEFORE, AFTER = 5.0, 15.0  # seconds of people before and after a database is out of use
EVEN = (3.0, 5.0)  # think time of a few people: under 20 questions a minute each
LONG = 60.0  # seconds until something is given up on
AGAIN = 0.2  # seconds between two questions that try whether answers are saved again
LOCK = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""

Fault = Callable[[], AbstractContextManager[None]]


async def postgres(place: Place, numbers: Numbers, questions: Questions) -> Section:
    """PostgreSQL restarted by turns in good order and at once, then stopped for a while."""
    installed = programs()
    if installed is None:
        return Section("PostgreSQL", (Table("Skipped", ("why",), (("needs postgresql: make system",),)),))
    base = Postgres(installed)
    try:
        base.create()
        base.order("ALTER SYSTEM SET fsync = on")  # tests do without
        base.restart()
        with serving(place, "postgresql", DATABASE=base.make("bench")) as server:
            await warm_up(server.url, questions)
            restarted = await _restarts(server, base, numbers, questions)
            gone = await _during("stopped", server, numbers, questions, lambda: _stopped(base))
            log = len(server.faults())
    finally:
        base.remove()
    tables, goals = _restarted(restarted, numbers)
    table, held = _fared([gone], f"PostgreSQL out of use for {numbers.held:.0f} s, {numbers.few} people")
    rest = Table("The log", ("what", "figure"), (("errors in the server's log", log),))
    return Section("PostgreSQL", (*tables, table, rest), (*goals, *held))


# restarts


@dataclass
class Restarts:
    """What people asked meanwhile, what was kept of it, and for each restart the seconds until answers were saved."""

    asked: list[Asked]
    down: list[float] = field(default_factory=list)  # seconds until it ran again
    healthy: list[float] = field(default_factory=list)  # seconds from then
    begun: str = ""
    lost: int = 0
    twice: int = 0
    unread: int = 0


async def _restarts(server: Server, base: Postgres, numbers: Numbers, questions: Questions) -> Restarts:
    async with Crowd(server.url, numbers.people) as crowd, Crowd(server.url, 1, first_number=90_000) as probe:
        found, source = Restarts(crowd.asked), questions.distinct()
        await probe.people[0].begin()
        ends = time.monotonic() + numbers.faults
        living = asyncio.create_task(crowd.live(source))
        await asyncio.sleep(min(RESTART_EVERY, numbers.faults) / 2)
        while time.monotonic() < ends:
            began = time.monotonic()
            await asyncio.to_thread(base.restart, MODES[len(found.down) % len(MODES)])
            found.down.append(time.monotonic() - began)
            found.healthy.append(await _saved_again(probe, source))
            await asyncio.sleep(max(0.0, min(began + RESTART_EVERY, ends) - time.monotonic()))
        crowd.leave()
        await living
        found.begun = crowd.begun
        found.lost, found.twice, found.unread = await _kept(crowd)
    return found


async def _kept(crowd: Crowd) -> tuple[int, int, int]:
    """(acknowledged answers that are not there, questions that are there twice, conversations that cannot be read).

    No question was asked twice.
    """
    lost = twice = unread = 0
    for person in crowd.people:
        for conversation in person.conversations:
            stored = await person.stored(conversation)
            if stored is None:
                unread += 1
                continue
            there = {message["id"] for message in stored}
            told = {a.message for a in crowd.asked if a.conversation == conversation and a.message}
            lost += len(told - there)
            said = Counter(message["answer"]["question"] for message in stored)
            twice += sum(said.values()) - len(said)
    return lost, twice, unread


def _restarted(found: Restarts, numbers: Numbers) -> tuple[list[Table], list[Goal]]:
    failed = share(sum(a.done is None for a in found.asked), len(found.asked))
    unsaved = sum(a.unsaved for a in found.asked)
    facts = (
        ("restarts; seconds each took", ", ".join(f"{seconds:.1f}" for seconds in found.down)),
        ("seconds from then until answers were saved", ", ".join(f"{seconds:.1f}" for seconds in found.healthy)),
        ("outcomes", outcomes(found.asked)),
        ("failed", f"{failed} %"),
        (
            "answered but not saved, and said so",
            f"{unsaved}, {sum(a.unsaved and bool(a.notices) for a in found.asked)}",
        ),
        ("beginnings of conversations by status", found.begun),
        ("acknowledged answers lost", found.lost),
        ("questions stored twice", found.twice),
        ("conversations that could not be read in the end", found.unread),
    )
    title = f"{numbers.people} people, PostgreSQL restarted each {RESTART_EVERY:.0f} s ({', '.join(MODES)} by turns)"
    goals = [
        Goal("PostgreSQL restarts: failed", failed, 1, "%"),
        Goal("PostgreSQL restarts: acknowledged answers lost", found.lost + found.unread, 0),
        Goal("PostgreSQL restarts: stored twice", found.twice, 0),
        Goal("PostgreSQL restarts: healthy after", round(max(found.healthy), 1), 5, "s"),
    ]
    return [times(title, spread(found.asked)), Table("Restarts: the rest", ("what", "figure"), facts)], goals


# out of use for a while


@dataclass
class Outage:
    """What was asked while a database was out of use, and how long after it answers were saved again."""

    name: str
    before: Sequence[Asked] = ()
    during: Sequence[Asked] = ()
    after: Sequence[Asked] = ()
    newcomer: str = ""  # what somebody was told who wanted to begin a conversation meanwhile
    reading: str = ""  # whether a stored conversation could be read meanwhile
    healthy: float = 0.0
    skipped: str = ""


async def sqlite(place: Place, numbers: Numbers, questions: Questions) -> Section:
    """The file locked by another process, then not to be written, then away."""
    faults: dict[str, Callable[[Path], AbstractContextManager[None]]] = {
        "locked": _locked,
        "read-only": _read_only,
        "removed": _removed,
    }
    with serving(place, "sqlite") as server:
        await warm_up(server.url, questions)
        found = []
        for name, fault in faults.items():
            say(f"sqlite: {name}")
            found.append(await _during(name, server, numbers, questions, lambda f=fault: f(server.database)))  # type: ignore[misc]
        log = len(server.faults())
    table, goals = _fared(found, f"SQLite out of use for {numbers.held:.0f} s, {numbers.few} people")
    rest = Table("The log", ("what", "figure"), (("errors in the server's log", log),))
    return Section("SQLite", (table, rest), tuple(goals))


async def _during(name: str, server: Server, numbers: Numbers, questions: Questions, fault: Fault) -> Outage:
    number = 1000 * (1 + len(name))
    async with Crowd(server.url, numbers.few, number) as crowd, Crowd(server.url, 2, number + 500) as others:
        probe, newcomer = others.people
        await asyncio.gather(probe.begin(), *(person.begin() for person in crowd.people))
        if not crowd.people[0].conversations:
            raise RuntimeError(f"{name}: no conversation could be begun before the fault")
        source = questions.distinct(len(name))
        living = asyncio.create_task(crowd.live(source, EVEN))
        await asyncio.sleep(BEFORE)
        held = fault()
        try:
            await asyncio.to_thread(held.__enter__)
        except OSError as error:
            crowd.leave()
            await living
            return Outage(name, skipped=str(error))
        began = time.monotonic()
        try:
            await newcomer.begin()
            read = await crowd.people[0].stored(crowd.people[0].conversations[0])
            await asyncio.sleep(max(0.0, began + numbers.held - time.monotonic()))
        finally:
            await asyncio.to_thread(held.__exit__, None, None, None)
        ended = time.monotonic()
        outage = Outage(name, newcomer=_told(newcomer.begun), reading="there" if read is not None else "not to be had")
        outage.healthy = await _saved_again(others, source)
        await asyncio.sleep(max(0.0, ended + AFTER - time.monotonic()))
        crowd.leave()
        await living
    outage.before = [a for a in crowd.asked if a.at + (a.done or LONG) < began]
    outage.during = [a for a in crowd.asked if began <= a.at < ended]
    outage.after = [a for a in crowd.asked if a.at >= ended]
    return outage


def _told(begun: Counter[int]) -> str:
    return ", ".join(str(status) for status in begun)


async def _saved_again(probe: Crowd, source: Iterator[str]) -> float:
    """Seconds until an answer of the first of these people is stored."""
    began, person = time.monotonic(), probe.people[0]
    while time.monotonic() - began < LONG:
        asked = await person.ask(next(source))
        if asked.message:
            return time.monotonic() - began
        await asyncio.sleep(AGAIN)
    return NEVER


def _fared(outages: Sequence[Outage], title: str) -> tuple[Table, list[Goal]]:
    rows: list[tuple[object, ...]] = []
    goals = []
    for one in outages:
        if one.skipped:
            rows.append((one.name, f"skipped: {one.skipped}", *[""] * 8))
            continue
        for when, asked in (("before", one.before), ("meanwhile", one.during), ("after", one.after)):
            found = spread(asked)
            rows.append(
                (
                    f"{one.name}: {when}",
                    outcomes(asked),
                    sum(bool(a.message) for a in asked),
                    sum(a.unsaved for a in asked),
                    sum(a.unsaved and bool(a.notices) for a in asked),
                    percentile(found["first byte"], 0.95),
                    percentile(found["done"], 0.5),
                    percentile(found["done"], 0.95),
                    f"{one.newcomer}, {one.reading}" if when == "meanwhile" else "",
                    round(one.healthy, 1) if when == "after" else "",
                )
            )
        unsaid = sum(a.unsaved and not a.notices for a in (*one.before, *one.during, *one.after))
        goals += [
            Goal(f"{one.name}: not answered", sum(a.done is None for a in one.during), 0),
            Goal(f"{one.name}: not saved without a word", unsaid, 0),
            Goal(f"{one.name}: saved again after", round(one.healthy, 1), 5, "s"),
        ]
    columns = (
        "",
        "outcomes",
        "saved",
        "not saved",
        "of them said so",
        "first byte p95 ms",
        "done p50 ms",
        "done p95 ms",
        "a newcomer's status, a stored conversation",
        "s until saved again",
    )
    return Table(title, columns, tuple(rows)), goals


# the faults


@contextmanager
def _stopped(base: Postgres) -> Iterator[None]:
    base.stop()
    try:
        yield
    finally:
        base.start()


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Another process holds the one writer's place."""
    holder = subprocess.Popen(
        [sys.executable, "-c", LOCK, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        if holder.stdout is None or holder.stdout.readline().strip() != "locked":
            raise OSError("the file could not be locked")
        yield
    finally:
        holder.communicate("", timeout=10)


@contextmanager
def _read_only(file: Path) -> Iterator[None]:
    """As on a disk that the kernel made read-only: open descriptors cannot write either. Needs root and chattr."""
    files = [str(path) for path in _all(file)]
    if os.geteuid() != 0 or subprocess.run(["chattr", "+i", *files], capture_output=True).returncode:
        raise OSError("chattr +i is not possible here")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", *files], check=True)


@contextmanager
def _removed(file: Path) -> Iterator[None]:
    """Its files are elsewhere, then there again."""
    away = file.parent / "away"
    away.mkdir()
    files = _all(file)
    for path in files:
        shutil.move(path, away / path.name)
    try:
        yield
    finally:
        for path in reversed(files):
            if (away / path.name).exists():
                shutil.move(away / path.name, path)
        away.rmdir()


def _all(file: Path) -> list[Path]:
    """The file, its log and its shared memory, as far as they exist."""
    return [path for end in ("", "-wal", "-shm") if (path := Path(f"{file}{end}")).exists()]
