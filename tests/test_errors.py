"""Every error has its sentences in both languages, and the sentences ask only for what the error promises."""

import string

import pytest

from assistant.config import ROOT
from assistant.errors import AssistantError, IndexBusy, tree
from assistant.prompts import LANGUAGES, load_words

WORDS = load_words(ROOT / "prompts")


def asked_for(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("kind", tree())
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_error_says_what_happened_and_what_to_do(kind: type[AssistantError], lang: str) -> None:
    for part in ("message", "hint"):
        sentence = WORDS[lang].text(f"errors.{kind.code}.{part}")
        assert sentence
        assert asked_for(sentence) <= set(kind.fields)


def test_an_error_without_its_details_is_a_bug() -> None:
    with pytest.raises(TypeError, match="since"):
        IndexBusy(pid=1)


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in tree()]
    assert len(codes) == len(set(codes))


def test_errors_survive_a_process_boundary() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(IndexBusy(pid=7, since="dziś")))
    assert (error.code, error.details) == ("index_busy", {"pid": 7, "since": "dziś"})
