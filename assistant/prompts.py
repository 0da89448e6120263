"""Words from `prompts/`: screen texts by language. The only reader of that folder's TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ConfigError

LANGUAGES = ("pl", "en")


@dataclass(frozen=True)
class Words:
    """The texts of one language; keys are dotted paths into `prompts/ui/<lang>.toml`."""

    lang: str
    table: dict[str, Any]

    def text(self, key: str, **details: object) -> str:
        """The sentence under `key`, filled with `details`. KeyError when there is none."""
        value = self._find(key)
        if not isinstance(value, str):
            raise KeyError(key)
        return value.format(**details) if details else value

    def has(self, key: str) -> bool:
        """Whether there is a text under `key`."""
        try:
            return isinstance(self._find(key), str)
        except KeyError:
            return False

    def _find(self, key: str) -> Any:
        place: Any = self.table
        for part in key.split("."):
            place = place[part]
        return place


def load_words(folder: Path) -> dict[str, Words]:
    """Every language's words. ConfigError when a file is missing or broken."""
    return {lang: Words(lang, read_table(folder / "ui" / f"{lang}.toml")) for lang in LANGUAGES}


def read_table(file: Path) -> dict[str, Any]:
    """A TOML file of words or cues. ConfigError names the file and line."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(setting=str(file), reason=str(error)) from None
