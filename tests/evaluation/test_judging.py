"""Cases are judged as a reader would: wrong status, missing facts, another document, a crash."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.domain.answers import (
    Answer,
    Citation,
    FoundBy,
    Passage,
    Retrieval,
    Sentence,
    SentenceKind,
    Status,
    Support,
)
from assistant.domain.documents import Chunk, Metadata
from assistant.errors import DatasetError, EmbedderUnavailable
from assistant.evaluation import compare, datasets, judging, metrics, summary

TEXT = "Klaster prowadzi operator. Składka wynosi 100 zł."


class Library:
    def document_text(self, document_id: str) -> str:
        return TEXT


class Build:
    """Answers every question alike, or as `answers` says."""

    def __init__(self, **answers: Answer | Exception) -> None:
        self.answers = answers
        self.earlier: list[Sequence[str]] = []

    def ask(self, question: str, lang: str | None = None, earlier: Sequence[str] = ()) -> Answer:
        self.earlier.append(earlier)
        found = self.answers.get(question, GOOD)
        if isinstance(found, Exception):
            raise found
        return found

    def search(self, query: str, k: int | None = None) -> Retrieval:
        chunks = [Chunk(path, path, 0, 1, "x", (1, 1), (heading,), 1, ()) for path, heading in PLACES]
        passages = [
            Passage(c, n, Metadata(c.document_id, "pl"), c.document_id, -n, n, FoundBy.BOTH)
            for n, c in enumerate(chunks, 1)
        ]
        return Retrieval(query, query, (), tuple(passages), "g")

    def library(self, generation: str) -> Library:
        return Library()

    def lemmas(self, text: str) -> list[str]:
        return [word.strip(".,").lower() for word in text.split()]


PLACES = [("inny.md", "Inne"), ("klaster.md", "Kto prowadzi klaster?")]
CITED = Citation(1, "d", "Klaster", "klaster.md", "", (1, 1), ("Kto?",), "Klaster prowadzi operator.", (0, 26))
SAID = Sentence("Klaster prowadzi operator.", SentenceKind.QUOTED, (1,), Support.SUPPORTED)
GOOD = Answer("?", "pl", Status.ANSWERED, SAID.text, (SAID,), (CITED,), (), "extractive", "g", 0.1)
REFUSED = Answer("?", "pl", Status.NOT_FOUND, "Nie ma.", (), (), (), "extractive", "g", 0.1)
CASE = datasets.Case("1", "pl", "kto", "answered", ("operator",), documents=("klaster.md",))


def judged(case: datasets.Case = CASE, **answers: Answer | Exception) -> judging.Row:
    return judging.judge([case], Build(**answers), lambda n: None)[0]


def test_a_good_answer_has_full_marks() -> None:
    row = judged(replace(CASE, headings=("kto prowadzi klaster?",)))
    wanted = ("key_facts", "status_exact", "citation_verbatim", "citation_documents", "citation_coverage")
    assert {row.figures[name] for name in wanted} == {1.0}
    assert (row.rank, row.figures["R@1"], row.figures["R@5"], row.figures["RR"]) == (2, 0.0, 1.0, 0.5)


@pytest.mark.parametrize("error", [EmbedderUnavailable(setting="x", reason="y"), RuntimeError("boom")])
def test_a_crashed_case_counts_as_wrong_in_everything(error: Exception) -> None:
    row = judged(kto=error)
    assert row.status == "error"
    lost = ("status_accuracy", "key_facts", "answerable_shown", "citation_documents", "citation_verbatim", "nDCG@10")
    assert {row.figures[name] for name in lost} == {0.0}
    assert row.figures["crashed"] == 1.0
    assert row.error


def test_a_crash_on_an_unanswerable_question_is_no_refusal() -> None:
    row = judged(replace(CASE, expected="not_found"), kto=RuntimeError("boom"))
    assert row.figures["unanswerable_answered"] == 1.0
    assert "refusal_precision" not in row.figures
    assert row.figures["refusal_recall"] == 0.0


@pytest.mark.parametrize(
    ("expected", "given", "accuracy", "exact"),
    [
        ("answered", Status.PARTIAL, 1.0, 0.0),
        ("answered", Status.NOT_FOUND, 0.0, 0.0),
        ("not_found", Status.PARTIAL, 1.0, 0.0),
        ("not_found", Status.ANSWERED, 0.0, 0.0),
        ("refer", Status.PARTIAL, 0.0, 0.0),
        ("blocked", Status.BLOCKED, 1.0, 1.0),
    ],
)
def test_the_nearest_thing_is_accepted_either_way_and_nothing_else_is(
    expected: str, given: Status, accuracy: float, exact: float
) -> None:
    row = judged(replace(CASE, expected=expected), kto=replace(GOOD, status=given))
    assert (row.figures["status_accuracy"], row.figures["status_exact"]) == (accuracy, exact)


def test_a_quote_that_is_not_at_its_span_is_seen() -> None:
    moved = replace(GOOD, citations=(replace(CITED, span=(3, 29)),))
    assert judged(kto=moved).figures["citation_verbatim"] == 0.0


def test_a_sentence_that_cites_nothing_is_seen() -> None:
    bare = replace(GOOD, sentences=(SAID, replace(SAID, citations=())))
    assert judged(kto=bare).figures["citation_coverage"] == 0.5


def test_repeated_sentences_are_redundant() -> None:
    lemmas = Build().lemmas
    assert metrics.redundancy(["a b", "a b", "c d"], lemmas) == 0.5
    assert metrics.redundancy(["a b"], lemmas) == 0.0


def test_turns_of_a_conversation_lean_on_the_ones_before(tmp_path: Path) -> None:
    file = tmp_path / "v.jsonl"
    turns = [{"question": "Czym jest klaster?"}, {"question": "A kto go prowadzi?", "expected_status": "not_found"}]
    file.write_text(json.dumps({"id": "V1", "lang": "pl", "turns": turns}) + "\n", encoding="utf-8")
    cases = datasets.read_cases(file)
    assert [(case.id, case.conversation, case.expected, case.earlier) for case in cases] == [
        ("V1.1", "V1", "answered", ()),
        ("V1.2", "V1", "not_found", ("Czym jest klaster?",)),
    ]
    build = Build()
    judging.judge(cases, build, lambda n: None)
    assert build.earlier == [(), ("Czym jest klaster?",)]


def test_a_question_of_its_own_is_no_turn_whatever_its_id(tmp_path: Path) -> None:
    file = tmp_path / "v.jsonl"
    file.write_text('{"id": "art.94", "question": "Kto?"}\n')
    (case,) = datasets.read_cases(file)
    assert (case.id, case.conversation) == ("art.94", "")


def test_a_turn_without_a_question_is_named(tmp_path: Path) -> None:
    file = tmp_path / "v.jsonl"
    file.write_text('{"id": "V1", "turns": [{"question": "a"}, {}]}\n')
    with pytest.raises(DatasetError, match=r"V1\.2"):
        datasets.read_cases(file)


def test_variants_keep_what_is_expected() -> None:
    english = replace(CASE, id="2", lang="en")
    stripped = judging.varied([replace(CASE, question="Składka?", traits={"style": "standard"}), english], "stripped")
    assert [(case.id, case.question, case.traits["style"]) for case in stripped] == [
        ("1~stripped", "Skladka?", "standard~stripped")
    ]


# reports and the gate


def test_the_worst_case_comes_first_and_says_what_it_lacks() -> None:
    facts = replace(GOOD, text="Nic.", sentences=(replace(SAID, text="Nic."),))
    made = report(cases=4, a=facts, n=RuntimeError("boom"))
    assert [row["id"] for row in summary.failing(made)] == ["n0", "n1", "a0", "a1"]
    assert summary.lacking(summary.failing(made)[-1]) == {"key_facts": 0.0}
    assert summary.failing(report()) == []


def test_an_accepted_run_keeps_what_is_compared_and_no_words() -> None:
    kept = compare.accepted(report())
    assert {name for row in kept["rows"] for name in row} == {"id", "right", "figures"}
    assert not any("seconds" in row["figures"] for row in kept["rows"])
    assert {d.verdict for d in compare.compare(kept, report())} == {"same"}


def report(cases: int = 40, **answers: Answer | Exception) -> dict:
    """Half answerable, half not; questions are "a" and "n"."""
    rows = [replace(CASE, id=f"a{n}", question="a") for n in range(cases // 2)]
    rows += [datasets.Case(f"n{n}", "pl", "n", "not_found") for n in range(cases // 2)]
    build = Build(**{"a": GOOD, "n": REFUSED, **answers})
    return summary.report(judging.judge(rows, build, lambda n: None), {"sets": ["x"]})


BARS = {
    "bars": {
        "key_facts": 0.85,
        "status_accuracy": 0.92,
        "unanswerable_answered": 0.08,
        "citation_verbatim": 1.0,
        "nDCG@10": 0.5,
    },
    "baseline": {"allowed": 0.01},
}


def test_a_good_build_passes() -> None:
    assert compare.failures(report(), BARS, report()) == []


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({"n": GOOD}, "unanswerable_answered"),
        ({"a": REFUSED}, "key_facts"),
        ({"a": replace(GOOD, citations=(replace(CITED, span=(3, 29)),))}, "citation_verbatim"),
        ({"a": RuntimeError("boom")}, "status_accuracy"),
    ],
)
def test_a_broken_build_fails_by_name(broken: dict, named: str) -> None:
    found = {failure.metric for failure in compare.failures(report(**broken), BARS, None)}
    assert named in found


def test_a_bar_for_what_was_not_measured_fails() -> None:
    nothing = summary.report([], {})
    assert {f.metric for f in compare.failures(nothing, BARS, None)} == set(BARS["bars"])


def test_worse_than_the_accepted_build_fails_though_the_bars_are_reached() -> None:
    worse = compare.failures(report(a=replace(GOOD, status=Status.PARTIAL)), {"baseline": {"allowed": 0.01}}, report())
    assert {failure.metric for failure in worse} == {"status_exact", "answerable_answered"}
    assert {failure.kind for failure in worse} == {"baseline"}


def test_a_gap_between_two_slices_may_not_be_wide() -> None:
    rows = report()
    rows["slices"]["style"] = {"x": {"key_facts": {"value": 0.9}}, "x~stripped": {"key_facts": {"value": 0.8}}}
    gap = {"slice": "style", "from": "x", "to": "x~stripped", "metric": "key_facts", "max": 0.03}
    (failure,) = compare.failures(rows, {"gaps": [gap]}, None)
    assert (failure.metric, failure.kind, failure.value) == ("key_facts", "gap", 0.1)


@pytest.mark.parametrize(
    "content",
    ["[bars]\nkey_fact = 0.8\n", "[slices.lang.pl]\nkey_fact = 0.8\n", '[[gaps]]\nmetric = "key_fact"\n'],
)
def test_a_threshold_of_an_unknown_metric_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "thresholds.toml"
    file.write_text(content)
    with pytest.raises(DatasetError, match="key_fact"):
        compare.read_thresholds(file)


def test_differences_carry_their_interval_and_name_the_cases() -> None:
    before, after = report(), report(a=replace(GOOD, status=Status.NOT_FOUND, sentences=(), citations=(), text=""))
    verdicts = {difference.metric: difference.verdict for difference in compare.compare(before, after)}
    assert verdicts["answerable_shown"] == "worse"
    assert verdicts["R@5"] == "same"
    lost, won = compare.flips(before, after)
    assert (len(lost), won) == (20, [])
    assert {d.verdict for d in compare.compare(after, before) if d.metric == "key_facts"} == {"better"}


def test_intervals_hold_the_mean_and_shrink_with_more_cases() -> None:
    few, many = metrics.interval([0.0, 1.0] * 10), metrics.interval([0.0, 1.0] * 500)
    assert few[0] < 0.5 < few[1]
    assert many[1] - many[0] < few[1] - few[0]
    assert metrics.interval([]) == (0.0, 0.0)
