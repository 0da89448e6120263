"""Break the building and the files of an index on purpose, many times, and count what is lost.

    python -m evals.faults --kills 200 --races 50 --damage 50 --disk 20 --switches 20 --points

A small corpus goes from version A to version B (files changed, removed, added) with the fake
embedder. kills: kill -9 at a random moment. points: kill, and a full disk, at every named step.
races: two or three writers at once, some killed. damage: a file flipped, cut or removed. disk: a
small tmpfs that fills up at a random moment (needs root). After each: the index answers as A or as
B and nothing between, strict verification passes, and the next build ends at B and stays there.
switches: three readers ask without pause while generations are switched.

Every step runs in a forked child of this process, which itself opens no index: so a crash, a hang
or a kill is seen from outside, and libraries are imported once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, IndexBusy, IndexMissing, IndexStorage
from assistant.indexing import faults, pointer
from assistant.indexing.building import build
from assistant.indexing.generations import CurrentGeneration, Generation, open_generation
from assistant.indexing.verification import verify
from tests.fakes import FakeAnalyzer, FakeEmbedder, ToyReader, entries, recipe, toy_corpus, toy_text

LIMIT = 60.0  # seconds until a child counts as hung
QUESTIONS = (
    "spółdzielnia socjalna statut",
    "klauzula społeczna zamówienie",
    "dotacja termin wniosek",
    "klaster zarząd",
)


@dataclass
class Tally:
    """What came out of one kind of trial; `lost` must stay empty."""

    kind: str
    trials: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    slowest_open: float = 0.0
    seconds: float = 0.0
    skipped: str = ""

    def expect(self, held: bool, what: str) -> None:
        if not held:
            self.lost.append(f"{self.kind} {self.trials}: {what}")


class Bench:
    """The two corpora and pristine indexes of each."""

    def __init__(self, work: Path, files: int, paragraphs: int) -> None:
        self.work = work
        self.a = toy_corpus(work / "a", files, paragraphs)
        (self.a / "refused.txt").write_text("!")
        self.b = work / "b"
        shutil.copytree(self.a, self.b)
        (self.b / "doc00.txt").write_text(toy_text(1000, paragraphs + 1), encoding="utf-8")
        (self.b / "doc01.txt").write_text(toy_text(1, max(1, paragraphs - 2)), encoding="utf-8")
        (self.b / "doc02.txt").unlink()
        (self.b / "new.txt").write_text(toy_text(1001, paragraphs), encoding="utf-8")
        self.index_a, self.index_b = work / "index_a", work / "index_b"
        self.typical = 0.0
        for corpus, indexes in ((self.a, self.index_a), (self.b, self.index_b)):
            started = time.monotonic()
            assert child(lambda c=corpus, i=indexes: run_build(c, i))["result"] == "built"
            self.typical = time.monotonic() - started
        self.states = {"A": self.state(self.index_a), "B": self.state(self.index_b)}
        self.answers = child(lambda: answers(open_generation(self.index_b, recipe())))

    def state(self, indexes: Path) -> str:
        return examine(indexes)["documents"]

    def fresh(self, name: str, source: Path | None) -> Path:
        target = self.work / name
        shutil.rmtree(target, ignore_errors=True)
        if source is not None:
            shutil.copytree(source, target)
        return target


# -- what a child does ---------------------------------------------------------------------------------


def run_build(corpus: Path, indexes: Path, pace: float = 0.0) -> dict[str, Any]:
    """`pace` seconds of pause a file stretch a build, so that kills and races meet it."""
    reader = ToyReader(corpus)

    def prepare(entry: Any) -> Any:
        time.sleep(pace)
        return reader(entry)

    started = time.monotonic()
    try:
        report = build(indexes, entries(corpus), prepare, FakeEmbedder(), FakeAnalyzer(), recipe())
    except IndexBusy as error:
        return {"result": "busy", "pid": error.details["pid"], "seconds": time.monotonic() - started}
    except IndexStorage as error:
        return {"result": "storage", "reason": error.details["reason"]}
    except AssistantError as error:
        return {"result": error.code, "reason": str(error)}
    return {"result": "up_to_date" if report.up_to_date else "built", "generation": report.generation}


def examine(indexes: Path) -> dict[str, Any]:
    """Open and prove an index, in a child."""
    return child(lambda: _examine(indexes))


def _examine(indexes: Path) -> dict[str, Any]:
    started = time.monotonic()
    try:
        generation = open_generation(indexes, recipe())
    except IndexMissing:
        return {"documents": "missing", "verified": True, "open": 0.0, "notice": "", "failed": []}
    opened = time.monotonic() - started
    documents = json.dumps([(path, identity, chunks) for identity, path, _, chunks, _ in generation.documents()])
    notice, damage = generation.notice, list(generation.damage)
    generation.close()
    report = verify(indexes, recipe(), strict=True)
    failed = [check.name for check in report.checks if not check.ok]
    return {
        "documents": documents,
        "verified": report.ok and not notice and not damage,
        "open": opened,
        "notice": notice,
        "failed": failed,
        "leftovers": pointer.leftovers(indexes),
    }


def answers(generation: Generation) -> dict[str, Any]:
    """What both legs and the library say to a few questions."""
    embedder, analyzer = FakeEmbedder(), FakeAnalyzer()
    said: dict[str, Any] = {"lexical": [], "dense": [], "texts": []}
    for question in QUESTIONS:
        scores = generation.lexical_scores(analyzer.terms(question))
        said["lexical"].append(None if scores is None else [round(float(score), 4) for score in scores])
        found = generation.nearest(embedder.embed_query(question), 5)
        said["dense"].append(
            None if found is None else [[int(row) for row in found[0]], [round(float(c), 4) for c in found[1]]]
        )
    for row in range(generation.size):
        chunk = generation.chunk(row)
        units = generation.unit_vectors(row).astype(float).round(2).sum()
        said["texts"].append([chunk.id, chunk.text, [unit.text for unit in chunk.units], round(float(units), 1)])
    return said


def look_at_damage(indexes: Path, right: dict[str, Any]) -> dict[str, Any]:
    started = time.monotonic()
    try:
        generation = open_generation(indexes, recipe())
    except AssistantError as error:
        return {"outcome": "refused", "open": time.monotonic() - started, "code": error.code}
    opened = time.monotonic() - started
    said = answers(generation)
    wrong = [
        leg
        for leg in ("lexical", "dense")
        for got, wanted in zip(said[leg], right[leg], strict=True)
        if got is not None and got != wanted
    ]
    silent_none = not generation.notice and any(got is None for leg in ("lexical", "dense") for got in said[leg])
    texts = [row[:3] for row in said["texts"]] == [row[:3] for row in right["texts"]]
    vectors = generation.notice or said["texts"] == right["texts"]
    if wrong or silent_none or not texts or not vectors:
        outcome = "WRONG"
    elif generation.notice:
        outcome = f"degraded:{generation.notice}"
    else:
        outcome = "mended in memory" if generation.damage else "harmless"
    return {"outcome": outcome, "open": opened, "damage": list(generation.damage)}


# -- children -----------------------------------------------------------------------------------------


def child(task: Callable[[], Any], environment: dict[str, str] | None = None) -> Any:
    """The task's value, from a child; {"result": "killed" | "hung" | "error"} when it has none."""
    return Child(task, environment).value()


class Child:
    """A forked child that computes one value."""

    def __init__(self, task: Callable[[], Any], environment: dict[str, str] | None = None) -> None:
        self._read, write = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._read)
            os.environ.update(environment or {})
            try:
                value = task()
            except BaseException as error:
                value = {"result": "error", "reason": f"{type(error).__name__}: {error}"}
            with os.fdopen(write, "wb") as pipe:
                pipe.write(json.dumps(value).encode())
            os._exit(0)
        os.close(write)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def value(self) -> Any:
        parts, deadline = [], time.monotonic() + LIMIT
        while True:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                self.kill()
                os.waitpid(self.pid, 0)
                os.close(self._read)
                return {"result": "hung"}
            part = os.read(self._read, 1 << 16)
            if not part:
                break
            parts.append(part)
        os.close(self._read)
        _, status = os.waitpid(self.pid, 0)
        data = b"".join(parts)
        if os.WIFSIGNALED(status):
            return {"result": "killed", "signal": os.WTERMSIG(status)}
        return json.loads(data)


# -- trials -------------------------------------------------------------------------------------------


def kills(bench: Bench, trials: int, seed: int) -> Tally:
    tally, rng = Tally("kill"), random.Random(seed)
    for number in range(trials):
        tally.trials += 1
        source = bench.index_a if number % 4 else None
        indexes = bench.fresh("kill", source)
        builder = Child(lambda i=indexes: run_build(bench.b, i))
        time.sleep(rng.uniform(0, bench.typical * 1.1))
        builder.kill()
        tally.outcomes[builder.value()["result"]] += 1
        _after(bench, tally, indexes, {"A", "B"} if source else {"missing", "B"})
    return tally


def points(bench: Bench) -> Tally:
    tally = Tally("point")
    for name in faults.POINTS:
        for action in ("kill", "full"):
            tally.trials += 1
            indexes = bench.fresh("point", bench.index_a)
            ended = child(lambda i=indexes: run_build(bench.b, i), {faults.VARIABLE: f"{name}:{action}"})
            tally.outcomes[f"{action}: {ended['result']}"] += 1
            wanted = "killed" if action == "kill" else "storage"
            tally.expect(ended["result"] == wanted, f"{name}:{action} ended {ended}")
            late = name in ("switched", "swept")
            if action == "full":
                tally.expect(not pointer.leftovers(indexes), f"{name}: left {pointer.leftovers(indexes)}")
            _after(bench, tally, indexes, {"B"} if late else {"A"}, f"{name}:{action}")
    return tally


def races(bench: Bench, trials: int, seed: int) -> Tally:
    tally, rng = Tally("race"), random.Random(seed)
    for number in range(trials):
        tally.trials += 1
        indexes = bench.fresh("race", bench.index_a)
        writers = [Child(lambda i=indexes: run_build(bench.b, i, pace=0.02)) for _ in range(2 + number % 2)]
        killed = None
        if number % 2:
            time.sleep(rng.uniform(0, bench.typical))
            killed = rng.choice(writers)
            killed.kill()
        ended = [writer.value() for writer in writers]
        for value in ended:
            tally.outcomes[value["result"]] += 1
            tally.expect(value["result"] in ("built", "up_to_date", "busy", "killed"), f"ended {value}")
            if value["result"] == "busy":
                tally.expect(value["seconds"] <= 1.0, f"busy only after {value['seconds']:.2f} s")
        if killed is None:
            tally.expect(any(value["result"] == "built" for value in ended), f"nobody built: {ended}")
        _after(bench, tally, indexes, {"A", "B"} if killed else {"B"})
    return tally


def damages(bench: Bench, trials: int, seed: int) -> Tally:
    tally, rng = Tally("damage"), random.Random(seed)
    for number in range(trials):
        tally.trials += 1
        indexes = bench.fresh("damage", bench.index_b)
        live = indexes / (indexes / pointer.POINTER).read_text().strip()
        files = [indexes / pointer.POINTER, *sorted(path for path in live.rglob("*") if path.is_file())]
        victim = files[number % len(files)]
        kind = ("flip", "cut", "remove")[(number // len(files)) % 3] if trials >= 3 * len(files) else rng.choice(KINDS)
        what = f"{kind} {victim.relative_to(indexes).as_posix().partition('/')[2] or victim.name}"
        _damage(victim, kind, rng)
        seen = child(lambda i=indexes: look_at_damage(i, bench.answers))
        outcome = seen.get("outcome", seen.get("result"))
        tally.outcomes[outcome] += 1
        tally.slowest_open = max(tally.slowest_open, seen.get("open", 0.0))
        tally.expect(outcome not in ("WRONG", "hung", "killed", "error"), f"{what}: {seen}")
        proof = child(lambda i=indexes: {"ok": verify(i, recipe(), strict=True).ok if _pointed(i) else False})
        if outcome != "harmless":
            tally.expect(not proof.get("ok"), f"{what}: verify saw nothing")
        _after(bench, tally, indexes, None, what)
    return tally


def disks(bench: Bench, trials: int, seed: int) -> Tally:
    tally, rng = Tally("disk"), random.Random(seed)
    mount = bench.work / "mount"
    mount.mkdir(exist_ok=True)
    for number in range(trials):
        size = 24 << 20
        options = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(mount)]
        if os.geteuid() != 0 or subprocess.run(options, capture_output=True).returncode:
            tally.skipped = "a tmpfs cannot be mounted here (needs root)"
            return tally
        try:
            tally.trials += 1
            indexes = mount / "indexes"
            shutil.copytree(bench.index_a, indexes)
            early = number % 5 == 0
            if early:
                _fill(mount / "ballast")
            writer = Child(lambda i=indexes: run_build(bench.b, i, pace=0.01))
            if not early:
                time.sleep(rng.uniform(0, bench.typical))
                _fill(mount / "ballast")
            ended = writer.value()
            tally.outcomes[ended["result"]] += 1
            tally.expect(ended["result"] in ("storage", "built"), f"ended {ended}")
            tally.expect(not pointer.leftovers(indexes), f"left {pointer.leftovers(indexes)}")
            found = examine_readonly(bench, indexes)
            tally.expect(found in (("A",) if ended["result"] == "storage" else ("B",)), f"{ended}: answers as {found}")
            (mount / "ballast").unlink(missing_ok=True)
            _after(bench, tally, indexes, {"A"} if ended["result"] == "storage" else {"B"})
        finally:
            subprocess.run(["umount", str(mount)], check=True)
    return tally


def switches(bench: Bench, trials: int, seed: int) -> Tally:
    """Readers ask without pause while a writer switches: no answer may mix versions or miss a leg."""
    tally = Tally("switch")
    corpus = toy_corpus(bench.fresh("serve", None) / "corpus", 4, 2)
    indexes = bench.work / "serve" / "indexes"
    _mark_version(corpus, 0)
    child(lambda: run_build(corpus, indexes))
    readers = [Child(lambda: _serve(indexes)) for _ in range(3)]
    for number in range(1, trials + 1):
        tally.trials += 1
        _mark_version(corpus, number)
        ended = child(lambda: run_build(corpus, indexes))
        tally.expect(ended["result"] == "built", f"ended {ended}")
    (indexes / "stop").touch()
    for reader in readers:
        seen = reader.value()
        tally.expect(seen.get("wrong") == [], f"reader {seen}")
        tally.outcomes["answers"] += seen.get("answers", 0)
        tally.outcomes["generations seen"] += seen.get("generations", 0)
        tally.slowest_open = max(tally.slowest_open, seen.get("slowest", 0.0))
    return tally


def _mark_version(corpus: Path, number: int) -> None:
    for file, path in enumerate(sorted(corpus.iterdir())):
        paragraphs = toy_text(number + file, 1 + number % 3).split("\n\n")
        path.write_text("\n\n".join(f"{text} wersja{number}" for text in paragraphs), encoding="utf-8")


def _serve(indexes: Path) -> dict[str, Any]:
    current, vector = CurrentGeneration(indexes, recipe(), interval=0.1), FakeEmbedder().embed_query("klaster")
    wrong: list[str] = []
    generations: set[str] = set()
    told, slowest = 0, 0.0
    while not (indexes / "stop").exists():
        started = time.monotonic()
        generation = current.get()
        slowest = max(slowest, time.monotonic() - started)
        words = (word for row in range(generation.size) for word in generation.chunk(row).text.split())
        versions = {word for word in words if word.startswith("wersja")}
        scores, near = generation.lexical_scores(["l:klaste"]), generation.nearest(vector, 5)
        if len(versions) != 1 or generation.notice or scores is None or near is None or len(scores) != generation.size:
            wrong.append(f"{generation.id} {versions} {generation.notice} {generation.damage}")
        generations.add(generation.id)
        told += 1
    return {"wrong": wrong[:5], "answers": told, "generations": len(generations), "slowest": slowest}


KINDS = ("flip", "cut", "remove")


def examine_readonly(bench: Bench, indexes: Path) -> str:
    """Which version an index answers as while the disk is full (Chroma may be out of use then)."""

    def look() -> str:
        generation = open_generation(indexes, recipe())
        assert generation.lexical_scores(["l:klaster"]) is not None
        return json.dumps([(path, identity, chunks) for identity, path, _, chunks, _ in generation.documents()])

    return _name(bench, child(look))


def _after(bench: Bench, tally: Tally, indexes: Path, allowed: set[str] | None, what: str = "") -> None:
    """The index is one of the allowed versions and proven; the next build ends at B, a third has nothing to do."""
    if allowed is not None:
        seen = examine(indexes)
        tally.slowest_open = max(tally.slowest_open, seen.get("open", 0.0))
        name = _name(bench, seen.get("documents"))
        tally.outcomes[f"then {name}"] += 1
        tally.expect(name in allowed, f"{what} answers as {name}: {seen}")
        tally.expect(bool(seen.get("verified")), f"{what} not proven: {seen}")
    again = child(lambda: run_build(bench.b, indexes))
    tally.expect(again["result"] in ("built", "up_to_date"), f"{what} next build {again}")
    seen = examine(indexes)
    tally.expect(_name(bench, seen.get("documents")) == "B" and seen.get("verified", False), f"{what} finally {seen}")
    tally.expect(not seen.get("leftovers"), f"{what} left {seen.get('leftovers')}")
    third = child(lambda: run_build(bench.b, indexes))
    tally.expect(third["result"] == "up_to_date", f"{what} third build {third}")


def _name(bench: Bench, documents: Any) -> str:
    for name, state in bench.states.items():
        if documents == state:
            return name
    return "missing" if documents == "missing" else f"neither ({str(documents)[:200]})"


def _pointed(indexes: Path) -> bool:
    return (indexes / pointer.POINTER).is_file()


def _damage(path: Path, kind: str, rng: random.Random) -> None:
    size = path.stat().st_size
    if kind == "remove":
        path.unlink()
    elif kind == "cut":
        os.truncate(path, rng.randrange(size) if size else 0)
    elif size:
        with open(path, "r+b") as file:
            for _ in range(rng.choice((1, 1, 8))):
                place = rng.randrange(size)
                file.seek(place)
                byte = file.read(1)[0]
                file.seek(place)
                file.write(bytes([byte ^ (1 << rng.randrange(8))]))


def _fill(path: Path) -> None:
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue


def campaign(arguments: argparse.Namespace) -> list[Tally]:
    """All the trials asked for, on one pair of corpora."""
    import bm25s  # noqa: F401 - imported once, before any fork
    import chromadb  # noqa: F401

    with tempfile.TemporaryDirectory(prefix="faults-") as work:
        bench = Bench(Path(work), arguments.files, arguments.paragraphs)
        steps: list[Callable[[], Tally]] = []
        if arguments.points:
            steps.append(lambda: points(bench))
        for count, trial in (
            (arguments.kills, kills),
            (arguments.races, races),
            (arguments.damage, damages),
            (arguments.disk, disks),
            (arguments.switches, switches),
        ):
            if count:
                steps.append(lambda count=count, trial=trial: trial(bench, count, arguments.seed))
        tallies = []
        for step in steps:
            started = time.monotonic()
            tallies.append(step())
            tallies[-1].seconds = time.monotonic() - started
        return tallies


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=0, help="builds killed at a random moment")
    parser.add_argument("--races", type=int, default=0, help="races of two or three writers")
    parser.add_argument("--damage", type=int, default=0, help="damaged files")
    parser.add_argument("--disk", type=int, default=0, help="disks that fill up during a build (root)")
    parser.add_argument("--switches", type=int, default=0, help="generations built under three busy readers")
    parser.add_argument("--points", action="store_true", help="kill and full disk at every named step")
    parser.add_argument("--files", type=int, default=8, help="documents of the corpus")
    parser.add_argument("--paragraphs", type=int, default=5, help="chunks a document")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    tallies = campaign(parser.parse_args())
    if parser.parse_args().json:
        print(json.dumps([vars(tally) for tally in tallies], ensure_ascii=False))
    else:
        for tally in tallies:
            outcomes = ", ".join(f"{name} {count}" for name, count in sorted(tally.outcomes.items()))
            print(
                f"{tally.kind:7} {tally.trials:4} trials  {len(tally.lost):3} lost  "
                f"open at most {tally.slowest_open:.2f} s  {tally.seconds:6.1f} s  {tally.skipped or outcomes}"
            )
            for lost in tally.lost:
                print("   ", lost)
    return 1 if any(tally.lost for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
