"""Load and faults of the web server: `make bench-web BENCH_ARGS="--parts users"`, or python evals/bench_web.py --help.

Starts real servers (`assistant serve`) over data folders of their own and the checkout's index, drives them with
many people, prints tables with figures beside their goals and writes reports/bench-web.json and .md.

users      people with 5-10 s of think time, with repeated and with ever new questions (SECURITY R-12)
overload   people without think time (R-13, T-28)
slow       ordinary people beside streams that nobody reads and halves of requests (R-11, T-31)
postgres   PostgreSQL restarted under load, then stopped for a while (R-10); needs Debian's package
worker     kill -9 of one of two workers (R-19)
sigterm    SIGTERM with streams under way (R-20)
switch     the operator closes the public surfaces (E13)
sqlite     the database locked, read-only and removed while people ask

The people share the machine with the server: read "processors busy" and "woke up late" beside the times.
A quick look: --users 5 --duration 5 --small. A soak: --parts users --users 200 --duration 1800.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, `evals` is not yet a package

from evals import bench, web_databases, web_faults, web_load, web_slow  # noqa: E402
from evals.benchmarks import figures, material  # noqa: E402
from evals.web_people import Numbers, Questions  # noqa: E402
from evals.web_server import Place  # noqa: E402

PARTS = {
    "users": web_load.users,
    "overload": web_load.overload,
    "slow": web_slow.slow,
    "postgres": web_databases.postgres,
    "worker": web_faults.worker,
    "sigterm": web_faults.sigterm,
    "switch": web_faults.switch,
    "sqlite": web_databases.sqlite,
}
LIBRARIES = ("uvicorn", "starlette", "fastapi", "sqlalchemy", "psycopg", "httpx")
SMALL = {"hammers": 40, "hammering": 4.0, "slow": 10, "halves": 20, "others": 4, "people": 6, "faults": 30.0}
SMALL_TOO = {"under_way": 10, "few": 4, "held": 6.0}
QUIET = 1.5  # load average above which figures say little on 2 cores


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen parts; 1 when a goal is missed and --strict is given."""
    options = _options(arguments)
    changes = {"users": options.users, "duration": options.duration, "faults": options.faults}
    if options.small:
        changes = {**SMALL, **SMALL_TOO, **changes, "faults": min(options.faults, SMALL["faults"])}
    numbers, questions = Numbers(**changes), Questions.read(options.questions)
    facts, sections = _facts(options), []
    folder = Path(tempfile.mkdtemp(prefix="bench-web-"))
    place = Place(folder, _settings(options))
    try:
        for name in options.parts:
            started = time.perf_counter()
            sections.append(_part(name, place, numbers, questions))
            material.say(f"{name}: {time.perf_counter() - started:.0f} s")
    finally:
        if options.keep:
            material.say(f"data and logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    facts["load at the end"] = _load()
    report = figures.markdown(facts, sections).replace("# Benchmark", "# The web server under load and faults", 1)
    _write(options.output, facts, sections, report)
    print(report)
    missed = [goal for section in sections for goal in section.goals if not goal.met]
    return 1 if missed and options.strict else 0


def _part(name: str, place: Place, numbers: Numbers, questions: Questions) -> figures.Section:
    """One part; what breaks it off is told in its place, so that the others are not lost."""
    try:
        return asyncio.run(PARTS[name](place, numbers, questions))
    except Exception as error:
        why = f"{type(error).__name__}: {error}"[-1000:].replace("\n", " ")
        table = figures.Table("Broken off", ("why",), ((why,),))
        return figures.Section(name, (table,), (figures.Goal(f"{name}: broken off", 1, 0),))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    def numbers(text: str) -> list[int]:
        return [int(part) for part in text.split(",")]

    parser = argparse.ArgumentParser(
        prog="bench_web", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", type=lambda text: text.split(","), default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--users", type=numbers, default=[50, 200], help="numbers of people of the part users")
    parser.add_argument("--duration", type=float, default=60.0, help="seconds of each run of the part users")
    parser.add_argument("--faults", type=float, default=60.0, help="seconds of restarts and of kills")
    parser.add_argument("--small", action="store_true", help="a tenth of the people in the other parts")
    parser.add_argument("--questions", type=Path, default=ROOT / "evals" / "sets", help="folder of question sets")
    parser.add_argument("--indexes", type=Path, help="index folder; default: the checkout's")
    parser.add_argument("--corpus", type=Path, help="corpus of that index; default: the checkout's")
    parser.add_argument("--output", type=Path, default=ROOT / "reports", help="folder of the report")
    parser.add_argument("--keep", action="store_true", help="keep the servers' data and logs, and say where")
    parser.add_argument("--strict", action="store_true", help="exit code 1 when a goal is missed")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"--parts {sorted(unknown)[0]}: one of {', '.join(PARTS)}")
    return options


def _settings(options: argparse.Namespace) -> dict[str, str]:
    given = {"ASSISTANT_INDEXES": options.indexes, "ASSISTANT_CORPUS": options.corpus}
    return {name: str(path.resolve()) for name, path in given.items() if path}


def _facts(options: argparse.Namespace) -> dict[str, Any]:
    """Where and on what it ran."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "commit": bench._commit(),
        "machine": f"{bench._processor()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        "settings": ", ".join(
            f"{name}={os.environ[name]}" for name in sorted(os.environ) if name.startswith("ASSISTANT_")
        )
        or "as delivered",
        "parts": ", ".join(options.parts) + (" (small)" if options.small else ""),
        "load at the start": _load(),
    }


def _load() -> str:
    busy = os.getloadavg()[0]
    return bench._load() + (f" (others were at work: above {QUIET})" if busy > QUIET else "")


def _write(folder: Path, facts: dict[str, Any], sections: Sequence[figures.Section], report: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    values = {"facts": facts, "sections": [asdict(section) for section in sections]}
    file = folder / "bench-web.json"
    file.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    file.with_suffix(".md").write_text(report, encoding="utf-8")
    material.say(str(file))


if __name__ == "__main__":
    sys.exit(main())
