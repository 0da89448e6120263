"""Figures that gate changes are themselves tested: layouts, formulas, and that a failure counts as wrong."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.answers import FoundBy, Passage, Retrieval
from assistant.domain.documents import Chunk, Metadata
from assistant.errors import DatasetError, EmbedderUnavailable
from assistant.evaluation import datasets, fitting, metrics, refit, runner, variants
from assistant.retrieval.ranking import WEIGHTS_FILE


def passage(path: str, rank: int, **signals: float) -> Passage:
    chunk = Chunk(path, path, 0, 1, "x", (1, 1), (), 1, ())
    return Passage(chunk, rank, Metadata(path, "pl"), path, -rank, rank, FoundBy.BOTH, signals)


def found(*paths: str) -> Retrieval:
    return Retrieval("q", "q", (), tuple(passage(path, rank) for rank, path in enumerate(paths, 1)), "g")


DATA = datasets.Beir(
    {"a": ("T", "x"), "b": ("T", "y")}, {"q1": "pytanie", "q2": "drugie"}, {"q1": {"a": 1}, "q2": {"b": 1}}
)


def test_retrieval_figures_of_a_perfect_and_a_failing_search() -> None:
    def retrieve(question: str, without: object) -> Retrieval:
        if question == "drugie":
            raise EmbedderUnavailable(setting="x", reason="y")
        return found("a", "b")

    report = runner.beir(DATA, retrieve, "original", 10, lambda n: None)
    assert (report["nDCG@10"], report["R@1"], report["failed"]) == (0.5, 0.5, 1)


def test_a_document_ranks_by_its_best_passage() -> None:
    report = runner.beir(DATA, lambda q, w: found("b", "b", "a"), "original", 10, lambda n: None)
    assert report["R@1"] == 0.5
    assert report["R@5"] == 1.0


@pytest.mark.parametrize(
    ("positive", "negative", "area"),
    [([1, 2], [0], 1.0), ([0], [1, 2], 0.0), ([1], [1], 0.5), ([], [1], 0.5), ([3, 1], [2], 0.5)],
)
def test_auroc(positive: list[float], negative: list[float], area: float) -> None:
    assert metrics.auroc(positive, negative) == area


@given(st.lists(st.integers(0, 9), min_size=1), st.lists(st.integers(0, 9), min_size=1))
def test_auroc_is_the_share_of_pairs_in_order(positive: list[int], negative: list[int]) -> None:
    pairs = [(p > n) + 0.5 * (p == n) for p in positive for n in negative]
    assert metrics.auroc(positive, negative) == pytest.approx(sum(pairs) / len(pairs))


@pytest.mark.parametrize(
    ("fact", "text", "recall"),
    [
        ("cena najwyżej 60%", "Cena waży najwyżej 60 procent.", 1.0),
        ("cena najwyżej 60%", "Cena waży najwyżej 40 procent.", 0.0),
        ("170 000 zł", "Próg to 170 000 zł.", 1.0),
        ("170 000 zł", "Próg to 130 000 zł.", 0.0),
        ("170 000 zł | PLN 170,000", "The threshold is PLN 170,000.", 1.0),
        ("31 229", "PLN 31,229 for one job", 1.0),
    ],
)
def test_a_fact_with_another_number_is_not_held(fact: str, text: str, recall: float) -> None:
    assert metrics.fact_recall([fact], text, lambda t: [w.strip(".,%").lower() for w in t.split()]) == recall


def test_gold_words_are_found_whatever_their_punctuation() -> None:
    assert metrics.says("pracę dla osób;", "- Pracę dla osób. [1]")
    assert not metrics.says("praca", "pracach")
    assert not metrics.says("", "cokolwiek")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("corpus.jsonl", '{"_id": 1}\n', "line 1: text"),
        ("corpus.jsonl", '{"_id": 1, "text": "x"}\n{', "line 2"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1 a 1\n", "line 2"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, name: str, content: str, reason: str) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text('{"_id": "a", "text": "x\u2028y"}\n', encoding="utf-8")
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "x"}\n')
    (tmp_path / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\ta\t1\n")
    assert datasets.read_beir(tmp_path).corpus == {"a": ("", "x\u2028y")}
    (tmp_path / name).write_text(content)
    with pytest.raises(DatasetError, match=reason):
        datasets.read_beir(tmp_path)


def test_variants_keep_the_question_readable() -> None:
    assert variants.stripped("Źródło łąki, Łódź") == "Zrodlo laki, Lodz"
    slipped = variants.with_typo("Kto prowadzi księgowość?", "7")
    assert slipped != "Kto prowadzi księgowość?"
    assert slipped == variants.with_typo("Kto prowadzi księgowość?", "7")
    assert variants.with_typo("a b c", "7") == "a b c"


def test_the_ranker_is_fitted_towards_the_signal_that_tells() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is in the extra 'fit'")
    zeros = dict.fromkeys(fitting.RANKER_SIGNALS, 0.0)
    rows = [({**zeros, "bm25": 1.0}, False), ({**zeros, "sentence": 1.0}, True)]
    model = fitting.fit_order([([rows], 1.0), ([], 0.2)], fitting.RANKER_SIGNALS)
    weights = dict(zip(model["signals"], model["weights"], strict=True))
    assert weights["sentence"] > 0 > weights["bm25"]
    assert all(scale > 0 for scale in model["scale"])


class Corpus:
    """A build that finds "a" for q1 and "b" for q2, and is sure of what it holds. Only `units` cannot be asked."""

    def retrieve(self, query: str, k: int | None = None, without: Sequence[str] = ()) -> Retrieval:
        right = {"pytanie": "a", "drugie": "b"}.get(query, "a")
        signals = dict.fromkeys(fitting.RANKER_SIGNALS, 0.0)
        rows = [(path, {**signals, "sentence": float(path == right)}) for path in ("a", "b") if path not in without]
        passages = [passage(path, rank, **given) for rank, (path, given) in enumerate(rows, 1)]
        return Retrieval(query, query, (), tuple(passages), "g")

    def certainty(
        self, question: str, without: Sequence[str] = (), earlier: Sequence[str] = ()
    ) -> tuple[dict[str, float], float]:
        return {**dict.fromkeys(fitting.ANSWERABILITY_SIGNALS, 0.0), "score": float(not without)}, 0.5

    def units(self, question: str) -> list[tuple[str, dict[str, float]]]:
        raise AssertionError("no case has gold words")

    def documents(self) -> list[tuple[str, str]]:
        return [("a", "a"), ("b", "b")]

    def reweighted(self, file: Path) -> "Corpus":
        return self


@pytest.mark.parametrize(("corpus", "kept"), [(Corpus(), ["ranker", "units"]), (None, ["units"])])
def test_cases_without_gold_words_fit_the_bars_and_leave_the_order_alone(
    tmp_path: Path, corpus: Corpus | None, kept: list[str]
) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is in the extra 'fit'")
    file = tmp_path / "weights.json"
    file.write_bytes(WEIGHTS_FILE.read_bytes())
    before = json.loads(file.read_text(encoding="utf-8"))
    cases = [datasets.Case("1", "pl", "pytanie", "answered"), datasets.Case("2", "pl", "inne", "not_found")]
    figures = refit.refit(file, "x", DATA, Corpus(), corpus, cases, lambda name, total: lambda n: None)
    after = json.loads(file.read_text(encoding="utf-8"))
    assert [name for name in ("ranker", "units") if after[name] == before[name]] == kept
    assert after["answerability"] != before["answerability"]
    assert figures["questions_over_corpus"] == 2


def test_bars_let_few_unanswerable_questions_pass() -> None:
    missing = [n / 100 for n in range(100)]
    bars = fitting.bars([0.5, 0.99, 0.995], missing)
    assert sum(value >= bars["answered"] for value in missing) <= 8
    assert bars["partial"] <= bars["answered"]


def test_the_weights_in_the_package_say_where_they_come_from() -> None:
    table = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    assert {"data", "questions", "date"} <= set(table["provenance"])
    assert table["bars"]["partial"] <= table["bars"]["answered"]
