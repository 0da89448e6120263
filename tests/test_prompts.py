"""Words in two languages say the same things under the same keys."""

from pathlib import Path

import pytest

from assistant.config import ROOT
from assistant.errors import ConfigError
from assistant.prompts import load_words, read_table
from tests.test_errors import asked_for

WORDS = load_words(ROOT / "prompts")


def leaves(table: dict, path: str = "") -> dict[str, str]:
    found = {}
    for key, value in table.items():
        found |= leaves(value, f"{path}{key}.") if isinstance(value, dict) else {path + key: value}
    return found


def test_both_languages_have_the_same_keys() -> None:
    assert set(leaves(WORDS["pl"].table)) == set(leaves(WORDS["en"].table))


def test_both_languages_ask_for_the_same_details() -> None:
    polish, english = leaves(WORDS["pl"].table), leaves(WORDS["en"].table)
    assert {key: asked_for(text) for key, text in polish.items()} == {k: asked_for(t) for k, t in english.items()}


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "pl.toml").write_text("x = [", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"pl\.toml"):
        read_table(tmp_path / "pl.toml")
