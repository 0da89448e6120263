"""The index is built in a process of its own, which tells how far it is and how it ended."""

import time
from pathlib import Path

from assistant import config, service
from assistant.errors import CorpusMissing
from assistant.presentation.web.preparing import Preparation


def test_a_build_tells_how_far_it_is_and_leaves_an_index(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.md").write_text("# Klaster\n\nKlaster to sieć spółdzielni.\n", encoding="utf-8")
    settings = config.load({}, tmp_path, corpus=tmp_path / "corpus", indexes=tmp_path / "indexes")
    preparation = Preparation(settings)
    assert preparation.start()
    assert preparation.start() is False  # one at a time
    assert preparation.running
    seen = set()
    while preparation.running:
        seen.add(preparation.progress[0])
        time.sleep(0.01)
    assert len(seen) > 1
    assert preparation.failed is None
    assert preparation.report is not None
    assert preparation.report.counts.documents == 1
    assert service.build(settings).generation == preparation.report.generation


def test_a_build_that_cannot_be_done_says_why(tmp_path: Path) -> None:
    preparation = Preparation(config.load({}, tmp_path, corpus=tmp_path / "none", indexes=tmp_path / "indexes"))
    preparation.start()
    preparation.join(30)
    assert isinstance(preparation.failed, CorpusMissing)
    assert not preparation.running


def test_a_build_ends_when_the_server_does(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    for n in range(200):
        (tmp_path / "corpus" / f"{n}.md").write_text(
            f"# Klaster {n}\n\n" + "Sieć spółdzielni. " * 200, encoding="utf-8"
        )
    settings = config.load({}, tmp_path, corpus=tmp_path / "corpus", indexes=tmp_path / "indexes")
    preparation = Preparation(settings)
    preparation.start()
    while preparation.progress[1] == 0 and preparation.running:
        time.sleep(0.01)
    started = time.monotonic()
    preparation.stop()
    assert time.monotonic() - started < 5
    assert not preparation.running
    assert preparation.start() is False
