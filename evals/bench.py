"""The benchmark: `make bench BENCH_ARGS="--dataset FOLDER"`, or python evals/bench.py --help.

Writes reports/bench-DATE.json and .md and prints the latter. Sections: indexing against the embedder
alone; latency by stage; start of a process; the plain LangChain + Chroma pipeline as the peer.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, `evals` is not yet a package

from assistant import config  # noqa: E402
from evals.benchmarks import figures, indexing, latency, material, peer, start  # noqa: E402

SECTIONS = ("indexing", "latency", "start", "peer")
LIBRARIES = ("chromadb", "bm25s", "onnxruntime", "numpy", "langchain-chroma", "langchain-text-splitters")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen sections; 1 when a goal is missed and --strict is given."""
    options = _options(arguments)
    settings = config.load()
    place = material.Place(settings, options.indexes or settings.indexes / "bench")
    if options.dataset:
        data = material.dataset(options.dataset, options.limit)
    else:
        data = material.handbooks(settings.corpus, ROOT / "evals" / "sets", options.limit)
    facts = _facts(options, place)
    sections = [_run(name, place, data, options.sizes) for name in SECTIONS if name in options.sections]
    facts["load at the end"] = _load()
    report = figures.markdown(facts, sections)
    _write(options.output, facts, sections, report)
    print(report)
    missed = [goal for section in sections for goal in section.goals if not goal.met]
    return 1 if missed and options.strict else 0


def _run(name: str, place: material.Place, data: Any, sizes: Sequence[int]) -> figures.Section:
    started = time.perf_counter()
    section = {
        "indexing": lambda: indexing.run(place, data),
        "latency": lambda: latency.run(place, data, sizes),
        "start": lambda: start.run(place, data, sizes),
        "peer": lambda: peer.run(place, data),
    }[name]()
    material.say(f"{name}: {time.perf_counter() - started:.0f} s")
    return section


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dataset", type=Path, help="folder in BEIR layout; default: the handbooks and evals/sets")
    parser.add_argument("--limit", type=int, help="first so many passages, and at most so many questions")
    parser.add_argument(
        "--sections", type=lambda text: text.split(","), default=list(SECTIONS), help=", ".join(SECTIONS)
    )
    parser.add_argument(
        "--sizes", type=lambda text: [int(size) for size in text.split(",")], help="chunks; default 1000,10000"
    )
    parser.add_argument("--full", action="store_true", help="100,000 chunks too (minutes more, 2 GB of disk)")
    parser.add_argument("--indexes", type=Path, help="folder to build in; default: bench/ in the index folder")
    parser.add_argument("--output", type=Path, default=ROOT / "reports", help="folder of the report")
    parser.add_argument("--strict", action="store_true", help="exit code 1 when a goal is missed")
    options = parser.parse_args(arguments)
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"--sections {sorted(unknown)[0]}: one of {', '.join(SECTIONS)}")
    options.sizes = options.sizes or [1000, 10_000, *([100_000] if options.full else [])]
    return options


def _facts(options: argparse.Namespace, place: material.Place) -> dict[str, Any]:
    """Where and on what it ran."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "commit": _commit(),
        "data": f"{options.dataset or 'handbooks'}, limit {options.limit or 'none'}",
        "machine": f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        "embedder": place.service("facts").embedder.identity,
        "load at the start": _load(),
    }


def _write(folder: Path, facts: dict[str, Any], sections: Sequence[figures.Section], report: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"bench-{time.strftime('%Y-%m-%d')}.json"
    values = {"facts": facts, "sections": [asdict(section) for section in sections]}
    file.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    file.with_suffix(".md").write_text(report, encoding="utf-8")
    material.say(f"{file.with_suffix('.md')}")


def _commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def _load() -> str:
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    sys.exit(main())
