"""Many people at the web server: with time to think, and without."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence

from evals.benchmarks.figures import Goal, Section, Table
from evals.web_people import (
    Asked,
    Crowd,
    Numbers,
    Person,
    Questions,
    lateness,
    outcomes,
    percentile,
    share,
    spread,
    times,
    warm_up,
)
from evals.web_server import NEVER, Meter, Place, Server, serving

# kind, whether they begin conversations, whether they wait for Retry-After
HAMMERS = (("programs", False, False), ("visitors", True, False), ("patient visitors", True, True))
SOAK = 600.0  # seconds from which memory is expected to have settled
ASKING = ("/api/v1/ask/stream", "-")  # "-": refused before a route was looked for
WARM = 30.0  # seconds of people before memory counts
NORMAL_FIRST, NORMAL_DONE = 0.5, 1.0  # seconds of an undisturbed answer


# people who think


async def users(place: Place, numbers: Numbers, questions: Questions) -> Section:
    """Each number of people, asking what others ask too, and asking what nobody asked before."""
    tables, goals = [], []
    for size in numbers.users:
        for kind, source in (("drawn", questions.drawn(size)), ("distinct", questions.distinct(size))):
            name = f"{size} people, {kind} questions"
            with serving(place, f"users-{size}-{kind}") as server:
                await warm_up(server.url, questions)
                async with Crowd(server.url, size) as crowd, lateness() as late, Meter(server) as meter:
                    await crowd.live(source, seconds=numbers.duration)
            made, held = _thinking(name, crowd.asked, late, meter, server)
            tables += made
            goals += held
    note = "drawn: by chance from the question sets, again and again; distinct: no wording twice."
    return Section("People with think time", (Table("How", ("what",), ((note,),)), *tables), tuple(goals))


def _thinking(
    name: str, asked: Sequence[Asked], late: Sequence[float], meter: Meter, server: Server
) -> tuple[list[Table], list[Goal]]:
    found = spread(asked)
    settled = meter.megabytes[min(int(WARM), len(meter.megabytes) - 1)]
    growth = share(meter.megabytes[-1] - settled, settled)
    facts = (
        ("questions", len(asked)),
        ("answers a second", round(len(found["done"]) / meter.seconds, 2)),
        ("outcomes", outcomes(asked)),
        ("not saved", sum(a.unsaved for a in asked)),
        ("MB of all server processes: start, after 30 s, most, end", _memory(meter, settled)),
        ("processors busy", meter.processors),
        ("errors in the server's log", len(server.faults())),
        ("the bench itself woke up late, p95 ms", percentile(late, 0.95)),
    )
    goals = [
        Goal(f"{name}: first byte p95", percentile(found["first byte"], 0.95), 500, "ms"),
        Goal(f"{name}: not answered", sum(a.done is None for a in asked), 0, ""),
        Goal(f"{name}: memory", max(meter.megabytes), 1024, "MB"),
    ]
    if meter.seconds >= SOAK:
        goals.append(Goal(f"{name}: memory growth after the first 30 s", growth, 5, "%"))
    return [times(name, found), Table(f"{name}: the rest", ("what", "figure"), facts)], goals


def _memory(meter: Meter, settled: float) -> str:
    return ", ".join(f"{m:.0f}" for m in (meter.megabytes[0], settled, max(meter.megabytes), meter.megabytes[-1]))


# people who do not


async def overload(place: Place, numbers: Numbers, questions: Questions) -> Section:
    """No pause between questions: programs without a visit, visitors who begin a conversation first, and visitors
    who come back when they were told to."""
    tables, goals = [], []
    for kind, visits, patient in HAMMERS:
        name = f"{numbers.hammers} {kind}"
        with serving(place, f"overload-{kind.replace(' ', '-')}") as server:
            await warm_up(server.url, questions)
            crowd = Crowd(server.url, numbers.hammers)
            async with crowd, lateness() as late, Meter(server) as meter:
                if visits:
                    await asyncio.gather(*(person.begin() for person in crowd.people))
                await _hammer(crowd, questions.drawn(), numbers.hammering, patient)
            normal = await _normal_again(server, questions.drawn(2))
            taken = [a for a in crowd.asked if a.status == 200]
            refused = [a for a in crowd.asked if a.polite]
            inside = [r["ms"] / 1000 for r in server.requests() if r["route"] in ASKING and r["status"] in (429, 503)]
            log = len(server.faults())
        found = spread(taken)
        found["refused, as the client saw it"] = [a.refused for a in refused if a.refused is not None]
        found["refused, as the server's log saw it"] = inside
        tables.append(times(f"{name} without think time, {numbers.hammering:.0f} s", found))
        tables.append(
            Table(
                f"{name}: the rest",
                ("what", "figure"),
                (
                    ("requests, answers a second", f"{len(crowd.asked)}, {len(found['done']) / meter.seconds:.1f}"),
                    ("outcomes", outcomes(crowd.asked)),
                    ("Retry-After said", _waits(refused)),
                    ("seconds until normal again", round(normal, 1)),
                    ("MB: start, most, end", _memory(meter, meter.megabytes[0])),
                    ("processors busy", meter.processors),
                    ("errors in the server's log", log),
                    ("the bench itself woke up late, p50 and p95 ms", _late(late)),
                ),
            )
        )
        goals += [
            Goal(f"{name}: accepted, first byte p95", percentile(found["first byte"], 0.95), 2000, "ms"),
            Goal(f"{name}: accepted, done p95", percentile(found["done"], 0.95), 2000, "ms"),
            Goal(f"{name}: refused p95, client", percentile(found["refused, as the client saw it"], 0.95), 100, "ms"),
            Goal(f"{name}: refused p95, server", percentile(inside, 0.95), 100, "ms"),
            Goal(f"{name}: refused without Retry-After", sum(not a.retry_after for a in refused), 0),
            Goal(f"{name}: other failures", sum(a.done is None and not a.polite for a in crowd.asked), 0),
            Goal(f"{name}: seconds until normal again", round(normal, 1), 10, "s"),
        ]
    return Section("Overload", tuple(tables), tuple(goals))


async def _hammer(crowd: Crowd, source: Iterator[str], seconds: float, patient: bool) -> None:
    ends = time.monotonic() + seconds

    async def strike(person: Person) -> None:
        while time.monotonic() < ends:
            asked = await person.ask(next(source))
            pause = float(asked.retry_after or 0) if patient else 0.0
            if asked.status == 0:
                pause = 0.1  # nobody there: no reason to spin
            await asyncio.sleep(max(0.0, min(pause, ends - time.monotonic())))

    await asyncio.gather(*(strike(person) for person in crowd.people))


async def _normal_again(server: Server, source: Iterator[str], patience: float = 60.0) -> float:
    """Seconds until a newcomer gets three undisturbed answers in a row; the start of the first of them counts."""
    began, good = time.monotonic(), list[float]()
    async with Crowd(server.url, 1, first_number=100_000) as crowd:
        (person,) = crowd.people
        while time.monotonic() - began < patience:
            at = time.monotonic() - began
            asked = await person.ask(next(source))
            quick = asked.done is not None and (asked.first or 0) <= NORMAL_FIRST and asked.done <= NORMAL_DONE
            good = [*good, at] if quick else []
            if len(good) == 3:
                return good[0]
            await asyncio.sleep(0.25)
    return NEVER


def _waits(refused: Sequence[Asked]) -> str:
    said = [int(a.retry_after) for a in refused if a.retry_after.isdigit()]
    return f"{min(said)} to {max(said)} s, on {len(said)} of {len(refused)}" if said else f"on 0 of {len(refused)}"


def _late(late: Sequence[float]) -> str:
    return f"{percentile(late, 0.5)}, {percentile(late, 0.95)}"
