"""What a person reads on a terminal: quotes in their context, sources named once, nothing that steers."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from assistant.config import ROOT
from assistant.domain.answers import Answer, Citation, Retrieval, Sentence, SentenceKind, Status, Suggestion, Support
from assistant.domain.documents import UnitKind
from assistant.presentation import render
from assistant.prompts import load_words
from tests.fakes import FakeLibrary, FakeRetriever

WORDS = load_words(ROOT / "prompts")["pl"]
ALONE = render.Context("", "", False)
EVIL = "zły\x1b[2J\x9b31m\u202e\x07\r\x00tekst [red]znak[/red] [link=http://x]y[/link] :smile:"


def printed(value: RenderableType, width: int = 100, terminal: bool = False) -> str:
    console = Console(
        file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False, force_terminal=terminal
    )
    console.print(value)
    return console.file.getvalue()  # type: ignore[attr-defined]


def flat(value: RenderableType, width: int = 100) -> str:
    """Without borders and line breaks."""
    return " ".join(printed(value, width).replace("│", " ").split())


def cited(n: int = 1, **given: object) -> Citation:
    values: dict[str, object] = {
        "n": n,
        "document_id": "d1",
        "title": "Podręcznik",
        "path": "a.md",
        "edition": "2026-11",
        "pages": (3, 4),
        "headings": ("Podręcznik", "Opłaty", "Składka"),
        "quote": "Składka wynosi 120 zł.",
        "span": (0, 22),
    }
    return Citation(**{**values, **given})  # type: ignore[arg-type]


def said(text: str = "Składka wynosi 120 zł.", n: int = 1, form: str = "sentence") -> Sentence:
    return Sentence(text, SentenceKind.QUOTED, (n,), Support.SUPPORTED, form)


def answered(*sentences: Sentence, citations: tuple[Citation, ...] = (cited(),), **given: object) -> Answer:
    values: dict[str, object] = {"question": "Ile?", "lang": "pl", "status": Status.ANSWERED, "text": "…"}
    values |= {"sentences": sentences, "citations": citations, "suggestions": (), "engine": "e", "generation": "g"}
    return Answer(**{**values, "seconds": 0.0, **given})  # type: ignore[arg-type]


def test_an_answer_shows_its_sentences_with_numbers_and_its_sources() -> None:
    page = flat(render.answer(answered(said()), [replace(ALONE, paged=True)], WORDS))
    assert "Składka wynosi 120 zł. [1]" in page
    assert WORDS.text("cli.sources") in page
    assert "Podręcznik, wydanie 2026-11" in page
    assert "[1] s. 3–4 › Opłaty › Składka" in page


def test_a_source_without_pages_names_none() -> None:
    assert "s. 3" not in flat(render.answer(answered(said()), [ALONE], WORDS))


def test_a_document_is_named_once_over_its_citations() -> None:
    value = answered(said(n=1), said("Inne.", 2), citations=(cited(1), cited(2, quote="Inne.")))
    assert flat(render.answer(value, [ALONE, ALONE], WORDS)).count("wydanie 2026-11") == 1


def test_items_have_bullets_and_numbered_items_keep_their_numbers() -> None:
    value = answered(said("odpis", form=UnitKind.ITEM), said("1. Wpisz kwotę", form=UnitKind.ITEM))
    page = flat(render.answer(value, [ALONE], WORDS))
    assert "• odpis [1]" in page
    assert "• 1." not in page


@pytest.mark.parametrize("status", [s for s in Status if s not in (Status.ANSWERED, Status.PARTIAL)])
def test_a_fixed_answer_shows_its_words_and_no_sources(status: Status) -> None:
    page = flat(render.answer(answered(citations=(), status=status, text="Stałe zdanie."), [], WORDS))
    assert "Stałe zdanie." in page
    assert WORDS.text(f"status.{status.value}") in page
    assert WORDS.text("cli.sources") not in page


def test_a_partial_answer_says_so_first() -> None:
    page = flat(render.answer(answered(said(), status=Status.PARTIAL), [ALONE], WORDS))
    assert page.index(WORDS.text("answers.partial")) < page.index("Składka wynosi")


def test_notices_and_suggestions_are_shown() -> None:
    near = Suggestion("Opłaty", "d2", "Inny podręcznik", "b.md", (1, 1), ("Inny podręcznik", "Opłaty"))
    page = flat(render.answer(answered(said(), suggestions=(near,), notices=("Uwaga!",)), [ALONE], WORDS))
    assert "Uwaga!" in page
    assert "Inny podręcznik › Opłaty" in page


def test_a_masked_question_is_offered_to_be_asked_again() -> None:
    value = answered(citations=(), status=Status.BLOCKED, suggestions=(Suggestion("ile wynosi składka?"),))
    assert f"{WORDS.text('cli.try')} → ile wynosi składka?" in flat(render.answer(value, [], WORDS))


# ---- the quote in its context --------------------------------------------------------------------

CONTEXTS = [  # before, after, what is shown
    ("Zdanie przed nią. ", " Zdanie po niej.", "… Zdanie przed nią. Składka wynosi 120 zł. Zdanie po niej. …"),
    ("# Opłaty\n\n", "\n\n## Dalej\n\nInne", "Składka wynosi 120 zł."),
    ("inny akapit\n\n**Ważne:** ", " Zob. [cennik](http://x).", "… Ważne: Składka wynosi 120 zł. Zob. cennik. …"),
    (
        "x" * 50 + " długie zdanie " + "y" * 55 + " i tak. ",
        "",
        "… długie zdanie " + "y" * 55 + " i tak. Składka wynosi 120 zł.",
    ),
    ("", "", "Składka wynosi 120 zł."),
]


@pytest.mark.parametrize(("before", "after", "shown"), CONTEXTS)
def test_a_quote_is_shown_inside_its_own_paragraph_in_whole_words(before: str, after: str, shown: str) -> None:
    page = flat(render.answer(answered(said()), [render.Context(before, after, False)], WORDS), 300)
    assert page.endswith(f"[1] Opłaty › Składka {shown}")


def test_the_quote_stands_out_from_its_context() -> None:
    value = render.answer(answered(said()), [render.Context("Przed. ", " Po.", False)], WORDS)
    assert "\x1b[7mSkładka wynosi 120 zł." in printed(value, terminal=True)


def test_a_long_quote_is_shown_by_its_first_words() -> None:
    quote = "bardzo długie zdanie " * 60
    page = flat(render.answer(answered(said(), citations=(cited(quote=quote),)), [ALONE], WORDS))
    assert page.endswith("…")
    assert len(page) < 800


def test_a_quoted_table_is_shown_without_its_ruler() -> None:
    quote = "Rok | Kwota |\n| --- | :---: |\n| 2021 | 120 zł"
    page = flat(render.answer(answered(said(), citations=(cited(quote=quote),)), [ALONE], WORDS))
    assert "---" not in page
    assert "Rok | Kwota | | 2021 | 120 zł" in page


# ---- nothing steers ------------------------------------------------------------------------------


def steers(page: str) -> list[str]:
    return [c for c in page if c != "\n" and unicodedata.category(c)[0] == "C"]


def test_hostile_words_of_documents_and_people_are_shown_and_not_obeyed() -> None:
    near = Suggestion(EVIL, "d2", EVIL, EVIL, (1, 1), (EVIL,))
    citation = cited(title=EVIL, edition=EVIL, headings=(EVIL, EVIL), quote=EVIL, state_of_law=EVIL, path=EVIL)
    value = answered(said(EVIL), citations=(citation,), suggestions=(near,), notices=(EVIL,), text=EVIL)
    page = printed(render.answer(value, [render.Context(EVIL, EVIL, True)], WORDS))
    assert steers(page) == []
    assert "[red]znak[/red]" in " ".join(page.replace("│", " ").split())
    assert ":smile:" in page


def test_hostile_passages_verdicts_and_checks_are_shown_and_not_obeyed() -> None:
    shelf = FakeLibrary()
    shelf.write(f"{EVIL}.md", (EVIL, [EVIL]))
    found: Retrieval = FakeRetriever(shelf).retrieve(EVIL, 3)
    row = {"path": EVIL, "outcome": "refused", "warnings": [{"message": EVIL}], "message": EVIL, "hint": EVIL}
    check = {"name": EVIL, "ok": False, "details": {EVIL: EVIL}, "message": EVIL, "hint": EVIL}
    assert found.passages
    for value in (render.passages(found, WORDS), render.verdicts([row], WORDS), render.checks([check])):
        assert steers(printed(value)) == []


def test_a_name_of_several_lines_stays_on_its_row() -> None:
    row = {"path": "a\nb.txt", "outcome": "indexed", "warnings": [], "message": "", "hint": ""}
    assert "a⏎b.txt" in printed(render.verdicts([row], WORDS))


@given(st.text(st.characters(), max_size=60))
def test_safe_text_never_steers_and_keeps_its_length(text: str) -> None:
    assert steers(render.safe(text).replace("\t", "")) == []
    assert len(render.safe(text)) == len(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.integers(20, 120))
def test_any_answer_can_be_shown_at_any_width(text: str, width: int) -> None:
    value = answered(said(text), citations=(cited(quote=text, title=text),), notices=(text,))
    assert steers(printed(render.answer(value, [render.Context(text, text, True)], WORDS), width)) == []
