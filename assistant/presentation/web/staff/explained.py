"""Every setting with its value and where it came from: the program, the file, the environment, the command line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....config import FILE_NAME, PREFIX, Section, Settings
from ....prompts import read_table

HIDDEN = re.compile(r"(?<=:)[^:@/]+(?=@)")  # the password in an address


@dataclass(frozen=True)
class Row:
    """One setting. `value` is None for a secret that is not set, "…" for one that is; `origin` a code."""

    name: str
    value: str | None
    description: str
    origin: str
    secret: bool = False


def rows(settings: Settings, environ: Mapping[str, str] | None = None, directory: Path | None = None) -> list[Row]:
    """All settings in the order of the table. Origins: default, file, environment, given (the command line)."""
    environ = os.environ if environ is None else environ
    file = Path(environ.get(PREFIX + "CONFIG", (directory or Path.cwd()) / FILE_NAME))
    return list(_rows(settings, type(settings)(), "", _table(file), environ))


def descriptions(prompts: Path, lang: str) -> dict[str, str]:
    """What each setting means, by its `general` name; nothing for English, which stands beside the settings."""
    return dict(_leaves(read_table(prompts / "settings.toml"), "")) if lang == "pl" else {}


def general(name: str) -> str:
    """A setting's name without the key of a widget: those of all widgets are described once."""
    parts = name.split(".")
    return ".".join([*parts[:2], *parts[3:]]) if parts[:2] == ["web", "widgets"] else name


def _leaves(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}.")
        else:
            yield path.removesuffix(".itself"), value


def _rows(
    section: Section, default: Section | None, prefix: str, table: Mapping[str, Any], environ: Mapping[str, str]
) -> Iterator[Row]:
    for name, field in type(section).model_fields.items():
        value, usual = getattr(section, name), getattr(default, name, None)
        path, given = f"{prefix}{name}", table.get(name)
        if isinstance(value, Section):
            inner = usual if isinstance(usual, Section) else None
            yield from _rows(value, inner, f"{path}.", given if isinstance(given, dict) else {}, environ)
        elif isinstance(value, dict):
            for key, part in value.items():
                below = given.get(key, {}) if isinstance(given, dict) else {}
                yield from _rows(part, None, f"{path}.{key}.", below, environ)
        else:
            origin = _origin(path, name in table, value == usual, environ)
            yield _row(path, value, field.description or "", origin)


def _origin(path: str, in_file: bool, usual: bool, environ: Mapping[str, str]) -> str:
    if PREFIX + path.upper().replace(".", "__") in environ:
        return "environment"
    if in_file:
        return "file"
    return "default" if usual else "given"


def _row(path: str, value: Any, description: str, origin: str) -> Row:
    secret = path.endswith(("_key", "_secret"))
    if secret:
        return Row(path, "…" if value is not None else None, description, origin, True)
    if isinstance(value, tuple):
        shown = ", ".join(str(part) for part in value)
    else:
        shown = "" if value is None else HIDDEN.sub("…", str(value))
    return Row(path, shown, description, origin)


def _table(file: Path) -> dict[str, Any]:
    """The file's table; nothing when it is gone since the start."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
