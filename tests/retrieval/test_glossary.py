"""A glossary term is found in any inflected form and lends its other names."""

from pathlib import Path

import pytest

from assistant.errors import ConfigError
from assistant.indexing.language import Analyzer
from assistant.retrieval.glossary import Glossary, Term, load

ANALYZER = Analyzer()
OWES = Term("ośrodek wsparcia ekonomii społecznej", "social economy support centre", ("OWES",))
COOP = Term("spółdzielnia socjalna", "social cooperative")
GLOSSARY = Glossary((OWES, COOP), ANALYZER.families)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Co robi OWES?", OWES),
        ("pomoc ośrodków wsparcia ekonomii społecznej", OWES),
        ("jak zalozyc spoldzielnie socjalna", COOP),
        ("społeczność lokalna", None),
        ("dwie spółdzielnie socjalne", COOP),
        ("How to start a social cooperative?", COOP),
    ],
)
def test_terms_are_found_inflected(text: str, term: Term | None) -> None:
    assert GLOSSARY.find(text) == ([term] if term else [])


def test_other_names_are_lent_and_acronyms_spelled_out() -> None:
    assert "ośrodek wsparcia ekonomii społecznej" in GLOSSARY.expansions("Co to OWES?")
    assert GLOSSARY.spelled_out("Co to OWES?") == ["ośrodek wsparcia ekonomii społecznej"]
    assert GLOSSARY.spelled_out("spółdzielnia socjalna") == []


def test_a_missing_file_is_an_empty_glossary_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml", ANALYZER.families).terms == ()
    (tmp_path / "g.toml").write_text('[[term]]\npl = "a"\nsynonim = ["b"]\n')
    with pytest.raises(ConfigError, match="synonim"):
        load(tmp_path / "g.toml", ANALYZER.families)


def test_a_foreign_question_is_searched_in_the_words_of_the_polish_terms() -> None:
    words = GLOSSARY.in_polish("How does a social cooperative work with OWES?")
    assert [lemma for lemma, _ in words][:2] == [lemma for lemma, _ in ANALYZER.families("spółdzielnia socjalna")]
    assert set(ANALYZER.families("ośrodek wsparcia")) <= set(words)
