"""The benchmark on a tiny corpus with a fake embedder: every section runs, and its figures are figures."""

import json

import numpy as np
import pytest

from assistant.config import Settings
from assistant.indexing.language import Analyzer
from evals import bench
from evals.benchmarks import figures, indexing, latency, material, peer
from evals.benchmarks.stopwatch import Stopwatch
from tests.fakes import FakeEmbedder

TITLES = ("Klauzule", "Klaster", "Metoda")
TEXTS = (
    "Klauzula społeczna to zapis w zamówieniu publicznym, który daje efekt społeczny. Gmina pisze klauzulę do umowy.",
    "Klaster łączy podmioty ekonomii społecznej, które razem sprzedają usługi. Klaster ma zespół koordynujący.",
    "Metoda koordynacji opisuje pakiet interwencyjny i pakiet koordynacyjny powiatu. Doradca prowadzi grupę do celu.",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Handbooks, a BEIR dataset and a question set about the same three texts."""
    folder = tmp_path_factory.mktemp("bench")
    (folder / "corpus").mkdir()
    (folder / "sets").mkdir()
    (folder / "beir" / "qrels").mkdir(parents=True)
    for title, text in zip(TITLES, TEXTS, strict=True):
        (folder / "corpus" / f"{title}.md").write_text(f"---\ntitle: {title}\n---\n\n# {title}\n\n{text} {text}\n")
    questions = [f"Co to jest {title}?" for title in TITLES]
    cases = [{"id": f"c{n}", "question": q, "gold": [TEXTS[n]]} for n, q in enumerate(questions)]
    (folder / "sets" / "a.jsonl").write_text(_lines(cases))
    texts = [{"_id": f"p{n}", "title": TITLES[n], "text": text} for n, text in enumerate(TEXTS)]
    (folder / "beir" / "corpus.jsonl").write_text(_lines(texts))
    (folder / "beir" / "queries.jsonl").write_text(
        _lines([{"_id": f"q{n}", "text": q} for n, q in enumerate(questions)])
    )
    (folder / "beir" / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n" + "".join(f"q{n}\tp{n}\t1\n" for n in range(3))
    )
    return folder


@pytest.fixture(scope="module")
def data(folder):
    return material.dataset(folder / "beir", None)


@pytest.fixture
def place(folder, tmp_path):
    settings = Settings(corpus=folder / "corpus", indexes=tmp_path / "indexes")
    return material.Place(settings, tmp_path / "bench", {"embedder": FakeEmbedder(), "analyzer": Analyzer()})


def test_a_limit_keeps_only_questions_that_the_kept_passages_answer(folder):
    data = material.dataset(folder / "beir", 2)
    assert (list(data.corpus), list(data.queries), list(data.qrels)) == (["p0", "p1"], ["q0", "q1"], ["q0", "q1"])


def test_handbook_sections_are_judged_by_the_gold_words_they_hold(folder):
    data = material.handbooks(folder / "corpus", folder / "sets", None)
    assert [title for title, _ in data.corpus.values()] == sorted(TITLES)
    assert {name: [data.corpus[key][0] for key in keys] for name, keys in data.qrels.items()} == {
        "c0": ["Klauzule"],
        "c1": ["Klaster"],
        "c2": ["Metoda"],
    }


def test_filler_is_as_large_as_asked_and_always_the_same(data):
    made = material.filler(data.corpus, 45)
    assert [len(text.split("\n\n")) for _, text in made.values()] == [20, 20, 5]
    assert made == material.filler(data.corpus, 45)
    assert made != material.filler(data.corpus, 45, seed=2)


def test_only_filler_gets_mixed_vectors():
    real = FakeEmbedder()
    vectors = material.Blended(real, TEXTS).embed_passages(["Klaster.", f"{material.FILLED} Klaster."])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[0], real.embed_query("Klaster."))
    assert f"{material.FILLED} Klaster." not in real.embedded


def test_a_stage_is_timed_without_the_stages_inside_it():
    class Nested:
        def outer(self):
            return self.inner() + 1

        def inner(self):
            return sum(range(20_000))

    watch, before = Stopwatch(), Nested.outer
    with watch.watching([(Nested, "outer", "outside"), (Nested, "inner", "inside")]):
        assert Nested().outer() == sum(range(20_000)) + 1
    lap = watch.lap()
    assert lap["inside"] > lap["outside"] > 0
    assert (watch.lap(), Nested.outer) == ({}, before)


def test_the_indexing_section_compares_with_the_embedder_alone(place, data):
    section = indexing.run(place, data, reindexed=20)
    again = {row[0]: row for row in section.tables[1].rows}
    assert again["nothing changed"][2] == 0
    assert 0 < again["one sentence more in one document"][2] < again["one document of 10 passages replaced"][2]
    assert all(goal.value > 0 for goal in section.goals)


def test_every_stage_of_a_question_is_found_and_timed(place, data):
    over = latency.built(place, data, 30)
    found = latency.measure(over, latency.questions(data))
    for name, own in (("ask", set(latency.ORDER)), ("search", set(latency.ORDER) - {"answering"})):
        assert {stage for stage in latency.ORDER if found[name][stage][1] > 0} >= own - {"embed", "lexical", "other"}
    assert found["recall"]["recall"] == [1.0, 1.0]
    assert abs(found["chunks"] - 30) <= 5
    assert found["disk"]["Chroma"] > 0


def test_both_pipelines_are_judged_on_the_same_questions(place, data):
    section = peer.run(place, data)
    rows = section.tables[0].rows
    assert [row[:2] for row in rows[:3]] == [
        ("original", "ours"),
        ("original", "LangChain + Chroma"),
        ("original", "ours / peer"),
    ]
    assert len(rows) == 9
    assert all(0 <= row[2] <= 1 for row in rows if row[1] != "ours / peer")


def test_the_report_names_goals_that_are_missed(tmp_path):
    goals = (figures.Goal("quick", 1.0, 2.0, "s"), figures.Goal("slow", 3.0, 2.0, "s"))
    section = figures.Section("Some", (figures.Table("Table", ("a", "b"), ((1, 2),), "Note."),), goals)
    report = figures.markdown({"date": "today"}, [section])
    assert [line.split()[-2] for line in report.splitlines() if line.startswith(("| quick", "| slow"))] == [
        "yes",
        "**no**",
    ]
    assert "| 1 | 2 |" in report


def test_an_unknown_section_is_refused(capsys):
    with pytest.raises(SystemExit):
        bench.main(["--sections", "speed"])
    assert "indexing, latency, start, peer" in capsys.readouterr().err


def _lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
