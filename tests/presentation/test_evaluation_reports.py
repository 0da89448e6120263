"""Reports are read by people: every failing case is there, nothing of a document runs, nothing is loaded."""

import json
import re
from pathlib import Path

import pytest

from assistant.config import ROOT
from assistant.evaluation import compare, summary
from assistant.presentation import evaluation, render
from assistant.prompts import load_words
from tests.evaluation.test_judging import GOOD, REFUSED, report

WORDS = load_words(ROOT / "prompts")


@pytest.mark.parametrize("lang", ["pl", "en"])
def test_a_report_is_written_as_json_markdown_and_one_page(tmp_path: Path, lang: str) -> None:
    made = report(a=REFUSED)
    evaluation.write(made, tmp_path / "new", WORDS[lang])
    assert compare.read_report(tmp_path / "new" / "report.json")["figures"] == made["figures"]
    note = (tmp_path / "new" / "report.md").read_text(encoding="utf-8")
    page = (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    for case in summary.failing(made):
        assert case["id"] in note
        assert f"<b>{case['id']}</b>" in page
    assert not re.search(r"<script|src=|href=|url\(|@import", page)
    assert f'lang="{lang}"' in page


def test_a_question_cannot_become_markup() -> None:
    made = report(a=REFUSED)
    made["rows"][0]["question"] = "<img src=x onerror=alert(1)> | a\x1b[2J"
    page = evaluation.page(made, WORDS["pl"])
    assert "<img" not in page
    assert "\x1b" not in page
    assert "onerror=alert(1)> \\| a" in evaluation.markdown(made, WORDS["pl"])


def test_the_worst_case_comes_first_and_good_ones_do_not_come() -> None:
    made = report(n=GOOD, a=RuntimeError("boom"))
    first, *_ = summary.failing(made)
    assert first["status"] == "error"
    assert summary.failing(report()) == []


def test_a_baseline_is_enough_for_a_comparison_and_holds_no_texts(tmp_path: Path) -> None:
    file = tmp_path / "base.json"
    file.write_text(evaluation.baseline(report()), encoding="utf-8")
    kept = compare.read_report(file)
    assert GOOD.text not in file.read_text(encoding="utf-8")
    assert {d.verdict for d in compare.compare(kept, report())} == {"same"}
    assert "seconds" not in kept["rows"][0]["figures"]


@pytest.mark.parametrize("lang", ["pl", "en"])
def test_every_kind_of_failure_has_its_sentence(lang: str) -> None:
    kinds = [compare.Failure("key_facts", 0.5, 0.85, kind, "tu") for kind in ("bar", "slice", "gap", "baseline")]
    console = render.console()
    with console.capture() as captured:
        console.print(evaluation.failures(kinds, WORDS[lang]))
        console.print(evaluation.failures([], WORDS[lang]))
        console.print(evaluation.summary(report(), WORDS[lang]))
        console.print(evaluation.differences(compare.compare(report(), report(a=REFUSED)), ["a1"], [], WORDS[lang]))
    assert captured.get().count("0.850") == 4
    assert "a1" in captured.get()


def test_every_metric_has_a_name_in_both_languages() -> None:
    for name in report()["figures"]:
        if not name.startswith(("nDCG", "R@", "RR")):
            assert all(words.has(f"report.metric.{name}") for words in WORDS.values()), name


def test_an_unreadable_report_is_named(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps({"figures": {}}))
    with pytest.raises(compare.DatasetError, match=r"report\.json"):
        compare.read_report(file)
