"""Where one block ends and the next begins: what two neighbouring lines tell of it.

Separate because headings, paragraphs and lists all ask the same questions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .geometry import Line

_END = re.compile(r"[.?!:;…][\"”»’')\]]*$")
_GLYPHS = "•◦▪‣●○■□➢➤✓✔→·⁃∙♦◆►▶❖✦★☐☑\u25aa\u2043"
_DASHES = ("–", "—", "-", "*", "−")
_GLUED = re.compile(r"\(?(\d{1,3})([.)])(?=[^\W\d_]{2})")
_NUMBER = re.compile(r"\(?(\d{1,3})([.)])")
_MULTI = re.compile(r"\d{1,2}(?:\.\d{1,2})+[.)]?")
_LETTER = re.compile(r"\(?([a-z])([.)])")
_ROMAN = re.compile(r"\(?([ivx]{1,5})([.)])", re.I)


@dataclass(frozen=True, slots=True)
class Mark:
    """A list mark at the head of a line. `style` is the same for the marks of one list; `value` counts from 1.

    `length` is how many characters of the line's text the mark takes, with the space after it;
    `text_x` is where the item's text begins.
    """

    style: str
    value: int
    length: int
    text_x: float

    @property
    def bullet(self) -> bool:
        """Whether the mark says nothing but "an item"."""
        return self.style.startswith("bullet")


def ended(text: str) -> bool:
    """Whether the line's last characters end a sentence or clause."""
    return bool(_END.search(text))


def broken_word(text: str) -> bool:
    """Whether a hyphen parts the last word from its rest on the next line."""
    return len(text) > 1 and text[-1] in "-\u00ad" and text[-2].isalpha()


def same_type(a: Line, b: Line) -> bool:
    """Whether two lines are set alike, by size."""
    return abs(a.size - b.size) <= max(0.8, 0.08 * max(a.size, b.size))


def room_after(before: Line, line: Line) -> float:
    """Points that were free behind `before` after the next line's first word would have been put there.

    Polish typesetting carries "w", "z", "i" over to the next line with the word after them.
    """
    first = line.words[0]
    glued = len(first.text) <= 2 and len(line.words) > 1
    end = line.words[1].x1 if glued else first.x1
    return before.right - before.x1 - (end - first.x0) - 0.25 * line.size


def starts_block(before: Line | None, line: Line) -> bool:
    """Whether `line` does not go on with what `before` says."""
    if before is None:
        return True
    if before.page != line.page or before.region != line.region:
        return not carries_on(before, line)
    if line.base - before.base > 1.3 * max(line.pitch, line.size) or not same_type(before, line):
        return True
    if len(before.text) > 1 and before.text[-1] in "-\u00ad" and before.text[-2].isalnum():
        return False
    short = room_after(before, line) > 0.6 * line.size
    if before.bold != line.bold and (short or ended(before.text)):
        return True
    if ended(before.text):
        return short or line.x0 > before.x0 + 0.8 * line.size
    return room_after(before, line) > 2 * line.size and not line.text[0].islower()


def carries_on(before: Line, line: Line) -> bool:
    """Whether a sentence runs on over a page break, a column break or a figure."""
    if not same_type(before, line) or before.bold != line.bold:
        return False
    lower = line.text[0].islower()
    if broken_word(before.text):
        return lower
    if mark_of(line) is not None:
        return False
    full = before.right - before.x1 < 3 * before.size and before.right - before.left > 12 * before.size
    if ended(before.text):
        return lower and full  # "służy:", "art."
    if before.page != line.page:
        indented = line.x0 > line.left + 0.8 * line.size
        return lower or before.text.endswith(",") or (full and not indented)
    return lower and full


def mark_of(line: Line) -> Mark | None:
    """The list mark that opens the line, if any; whether it opens an item is for `blocks` to say."""
    words = line.words
    token = words[0].text
    if token[0] in _GLYPHS:
        if len(token) > 1:
            return Mark("bullet" + token[0], 1, 1, words[0].x0 + 0.8 * line.size) if token[1].isalpha() else None
        return _mark("bullet" + token, 1, line)
    if match := _GLUED.match(token):
        text_x = words[0].x0 + (words[0].x1 - words[0].x0) * len(match[0]) / len(token)
        return Mark("number" + _shape(match[0]), int(match[1]), len(match[0]), text_x)
    if len(words) < 2:
        return None
    if token in _DASHES:
        return _mark("bullet-", 1, line)
    gap = words[1].x0 - words[0].x1
    if token == "o" and gap > 0.8 * line.size:  # Word's second-level bullet is a letter o of Courier
        return _mark("bulleto", 1, line)
    if match := _NUMBER.fullmatch(token):
        return _mark("number" + _shape(token), int(match[1]), line)
    if _MULTI.fullmatch(token):
        return _mark("multi" + str(token.rstrip(".)").count(".")), int(token.rstrip(".)").rsplit(".", 1)[1]), line)
    if match := _LETTER.fullmatch(token):
        return _mark("letter" + _shape(token), ord(match[1]) - ord("a") + 1, line)
    if match := _ROMAN.fullmatch(token):
        return _mark("roman" + _shape(token), _roman(match[1].lower()), line)
    return None


def as_roman(mark: Mark, line: Line) -> Mark | None:
    """The other reading of "i)", "v." and "x)"."""
    match = _ROMAN.fullmatch(line.words[0].text)
    if not mark.style.startswith("letter") or match is None:
        return None
    return Mark("roman" + mark.style.removeprefix("letter"), _roman(match[1].lower()), mark.length, mark.text_x)


def _mark(style: str, value: int, line: Line) -> Mark:
    after = line.words[1].x0 if len(line.words) > 1 else line.words[0].x1 + 0.5 * line.size
    return Mark(style, value, min(len(line.words[0].text) + 1, len(line.text)), after)


def _shape(token: str) -> str:
    return ("(" if token.startswith("(") else "") + token[-1]


def _roman(text: str) -> int:
    digits = [{"i": 1, "v": 5, "x": 10}[letter] for letter in text]
    return sum(-a if a < b else a for a, b in zip(digits, [*digits[1:], 0], strict=True))
