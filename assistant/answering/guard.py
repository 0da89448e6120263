"""Before anything is looked up: personal identifiers, empty and endless questions, attacks, scope.

The only home of python-stdnum. Numbers count as identifiers when their checksum holds; amounts,
journal numbers and years do not. What is masked never leaves this module in clear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

GROUPED = r"(?:[ \u00a0.-]?\d)"
IBAN = re.compile(rf"\b(?:[A-Z]{{2}}[ \u00a0]?)?\d{{2}}{GROUPED}{{20,28}}\b", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
DIGITS = re.compile(rf"(?<![\w/.,])(?:PL)?\+?\d{GROUPED}{{6,14}}(?!\w)")
PHONE = re.compile(r"(?:\+?48|0048)?[ -]?(?:\d{3}[ -]?\d{3}[ -]?\d{3}|\d{2}[ -]?\d{3}[ -]?\d{2}[ -]?\d{2})")
MONEY_AFTER = re.compile(r"\s?(?:zł|zl|pln|eur|euro|€|%|tys|mln|mld)", re.IGNORECASE)
PHONE_BEFORE = re.compile(
    r"(?:tel|telefon\w*|kom|kom[oó]rk\w*|numer\w*|nr|zadzwo\w*|phone|call|mobile)\W{0,3}$", re.IGNORECASE
)
# what a terminal or a page would obey and nobody asks about: escape sequences and HTML tags, pasted along
PASTED = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,300}(?:\x07|\x1b\\)|[@-_])"
    r"|</?(?:a|b|body|br|div|em|form|h[1-6]|html|i|iframe|img|input|li|ol|p|script|span|strong|style|svg|table|td|tr|u|ul)"
    r"\b[^<>]{0,300}>",
    re.IGNORECASE,
)
UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn"}  # control, format, private, surrogate, unassigned


@dataclass(frozen=True)
class Masked:
    """A question that may be stored: identifiers replaced by "[KIND]"; `kinds` in order of appearance."""

    text: str
    kinds: tuple[str, ...]


def mask(text: str) -> Masked:
    """Replace PESEL, NIP, REGON, IBAN (checksums), e-mail and phone numbers by their kind in brackets."""
    found = sorted(_found(text))
    kept, kinds, place = [], [], 0
    for start, end, kind in found:
        if start < place:
            continue
        kept += [text[place:start], f"[{kind}]"]
        kinds.append(kind)
        place = end
    return Masked("".join([*kept, text[place:]]), tuple(dict.fromkeys(kinds)))


def tidy(text: str) -> str:
    """The question as one line: letters composed, tags, control, zero-width and direction marks gone."""
    composed = unicodedata.normalize("NFC", PASTED.sub(" ", text))
    visible = (c for c in composed if c.isspace() or unicodedata.category(c) not in UNSEEN)
    return " ".join("".join(visible).split())


def has_words(text: str) -> bool:
    """Whether anything can be looked up: at least two letters or digits in a row."""
    return re.search(r"[^\W_]{2}", text) is not None


def is_latin(text: str) -> bool:
    """Whether at least half of the letters are Latin: Polish and English are read, other scripts are not."""
    letters = [char for char in text if char.isalpha()]
    return 2 * sum("LATIN" in unicodedata.name(char, "") for char in letters) >= len(letters)


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    from stdnum import iban

    for match in EMAIL.finditer(text):
        yield match.start(), match.end(), "E-MAIL"
    for match in IBAN.finditer(text):
        number = re.sub(r"\W", "", match.group())
        if iban.is_valid(number if number[:2].isalpha() else "PL" + number):
            yield match.start(), match.end(), "IBAN"
    for match in DIGITS.finditer(text):
        if not MONEY_AFTER.match(text, match.end()) and (kind := _kind(match.group(), text[: match.start()])):
            yield match.start(), match.end(), kind


def _kind(number: str, before: str) -> str | None:
    digits = re.sub(r"\D", "", number)
    for kind, valid in _checks():
        if valid(digits):
            return kind
    return "TELEFON" if PHONE.fullmatch(number.strip()) and _written_as_phone(number, before) else None


def _written_as_phone(number: str, before: str) -> bool:
    return len(number) == 9 or re.search(r"[+ -]", number) is not None or PHONE_BEFORE.search(before) is not None


def _checks() -> tuple[tuple[str, Callable[[str], bool]], ...]:
    from stdnum.pl import nip, pesel, regon

    return (
        ("PESEL", lambda d: len(d) == 11 and pesel.is_valid(d)),
        ("NIP", lambda d: len(d) == 10 and nip.is_valid(d)),
        ("REGON", lambda d: len(d) in (9, 14) and regon.is_valid(d)),
    )
