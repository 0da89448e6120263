"""What is printed on every page and belongs to none: running heads, feet, page numbers, programme logos.

Separate because it is decided over the whole document, before paragraphs are made, so that a
sentence that runs over a page break becomes whole again. Recognised by place and repetition; by
wording only for page numbers and the logos of funding programmes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .geometry import Line

ZONE = 0.15  # share of the page's height at top and bottom where furniture lies
NARROW = 0.12  # the same where less is known: page numbers, documents of two or three pages
SHORT = 3  # documents of so many pages need the line on each of them

_NUMBERED = re.compile(
    r"(?ix) [\s\-–—|•·\[(]* (?: (?P<word>strona|stronica|str\.?|page|pg\.?|p\.|s\.|slajd|slide|seite) \s* )?"
    r"(?P<number>\d{1,4}|[ivxl]{1,7})"
    r"(?P<total> \s*(?:/|z|of|ze|von)\s* \d{1,4} )? (?P<after> \s*\|?\s* (?:s\s*t\s*r\s*o\s*n\s*a|p\s*a\s*g\s*e) )?"
    r"[\s\-–—|•·\]).]*"
)
_PROGRAMME = re.compile(
    r"(?i)\binterreg\b|co-?\s?(?:funded|financed)\s+by\s+the\s+european|funded\s+by\s+the\s+european\s+union"
    r"|(?:współ|do)finansowan\w+\s+(?:przez|ze\s+środków)\s+(?:unię|unii)\s+europejsk|fundusze\s+europejskie"
    r"|europejski\s+fundusz\s+(?:społeczny|rozwoju)|kapitał\s+ludzki|unia\s+europejska|european\s+union$"
    r"|rzeczpospolita\s+polska"
)


@dataclass(slots=True)
class Sheet:
    """A page's lines with the height that tells top and bottom."""

    number: int
    height: float
    lines: list[Line]


@dataclass(slots=True)
class _Place:
    """One line in a margin. `outer` when nothing but furniture can lie further out."""

    sheet: Sheet
    line: Line
    zone: str
    depth: float  # distance of the line's outer edge from the page's edge, as a share of its height
    outer: bool
    apart: bool


def without_furniture(sheets: Sequence[Sheet], body: float) -> list[list[Line]]:
    """Each page's lines that say something. `body` is the type size of running text."""
    places = [place for sheet in sheets for place in _margins(sheet)]
    texts = [sheet for sheet in sheets if sheet.lines]
    gone: set[int] = set()
    gone |= _repeated(places, [sheet.number for sheet in texts], body)
    gone |= {id(place.line) for place in places if _is_programme(place)}
    gone |= _page_numbers(places, gone, len(texts))
    gone |= _numbered_heads(places, len(texts))
    return [[line for line in sheet.lines if id(line) not in gone] for sheet in sheets]


def is_noise(text: str) -> bool:
    """Whether a line read from a picture is specks: mostly signs, or single letters."""
    tokens = text.split()
    signs = sum(len(token) for token in tokens)
    good = sum(char.isalnum() for char in text)
    if good < 0.5 * signs:
        return True
    if len(tokens) >= 3:
        single = sum(len(re.sub(r"\W", "", token)) <= 1 and not token[0].isdigit() for token in tokens)
        return single > 0.6 * len(tokens)
    return good <= 2 and not any(char.isdigit() for char in text)


def _margins(sheet: Sheet) -> Iterable[_Place]:
    lines = sorted(sheet.lines, key=lambda line: line.base)
    for zone, ordered in (("top", lines), ("bottom", lines[::-1])):
        for n, line in enumerate(ordered[:7]):
            edge = line.bottom if zone == "top" else sheet.height - line.top
            depth = edge / max(sheet.height, 1.0)
            if depth > ZONE:
                break
            following = next((one for one in ordered[n + 1 :] if abs(one.base - line.base) > 0.3 * line.size), None)
            apart = following is None or abs(following.base - line.base) > 1.8 * max(line.size, following.size)
            yield _Place(sheet, line, zone, depth, n == 0, apart)


def _repeated(places: Sequence[_Place], pages: Sequence[int], body: float) -> set[int]:
    groups: dict[tuple[str, str], list[_Place]] = defaultdict(list)
    for place in places:
        groups[place.zone, _key(place.line.text)].append(place)
    gone: set[int] = set()
    alike_first = sorted(groups.items(), key=lambda group: len({place.line.text for place in group[1]}) > 1)
    for (_, key), members in alike_first:
        if not any(char.isalpha() for char in key) or not _numbers_agree(members):
            continue
        if len({place.line.text for place in members}) > 1 and not _outermost(members, places, gone):
            continue
        if _on_most_pages(members, pages) or _on_a_run_of_pages(members, pages, body):
            # The cover or the first slide may carry in large type what the others repeat.
            large = members[0].line.size > 1.2 * body and len({place.line.size for place in members}) > 1
            gone |= {id(place.line) for place in members[1 if large else 0 :]}
    return gone


def _outermost(members: Sequence[_Place], places: Sequence[_Place], gone: set[int]) -> bool:
    """Whether nothing of the page's own stands further out: "Do czego służy arkusz 3?" under a title does not count."""
    further: dict[tuple[int, str], list[_Place]] = {(id(place.sheet), place.zone): [] for place in members}
    for place in places:
        if (id(place.sheet), place.zone) in further and id(place.line) not in gone:
            further[id(place.sheet), place.zone].append(place)
    inside = sum(
        any(other.depth < place.depth - 0.002 for other in further[id(place.sheet), place.zone]) for place in members
    )
    return inside <= 0.2 * len(members)


def _key(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\d+", "#", text)).strip().casefold()


def _numbers_agree(members: Sequence[_Place]) -> bool:
    """Same words with other numbers are furniture only when a number is the page's: "Moduł 1", "Moduł 2" are not."""
    if len({place.line.text for place in members}) == 1:
        return True
    counted = [([int(n[:9]) for n in re.findall(r"\d+", p.line.text)], p.sheet.number) for p in members]
    for column in range(len(counted[0][0])):
        same = {numbers[column] for numbers, _ in counted}
        offsets = [numbers[column] - page for numbers, page in counted]
        if len(same) > 1 and max(map(offsets.count, set(offsets))) < 0.8 * len(offsets):
            return False
    sizes = {round(place.line.size) for place in members}
    return len(sizes) == 1


def _on_most_pages(members: Sequence[_Place], pages: Sequence[int]) -> bool:
    on = {place.sheet.number for place in members}
    if len(pages) <= SHORT:
        depths = [place.depth for place in members]
        return len(pages) > 1 and on >= set(pages) and max(depths) <= NARROW and max(depths) - min(depths) < 0.01
    for parity in (0, 1):
        side = [page for page in pages if page % 2 == parity]
        mine = [page for page in side if page in on]
        if len(side) >= 3 and len(mine) >= 3 and len(mine) > len(side) / 2:
            return True
    return len(on) > len(pages) / 2 and len(on) >= 3


def _on_a_run_of_pages(members: Sequence[_Place], pages: Sequence[int], body: float) -> bool:
    """A chapter's running head: same words, same height, on most pages (or every second) of a stretch."""
    on = sorted({place.sheet.number for place in members})
    if len(pages) < 6 or len(on) < 3:
        return False
    depths = [place.depth for place in members]
    between = [page for page in pages if on[0] <= page <= on[-1]]
    steady = max(depths) - min(depths) < 0.005
    small = all(place.line.size <= 1.05 * body for place in members)
    return steady and small and len(on) >= 0.5 * len(between) and all(place.apart for place in members)


def _is_programme(place: _Place) -> bool:
    text = place.line.text
    return (
        place.depth <= NARROW
        and place.apart
        and len(text.split()) <= 14
        and not text.endswith((".", ";", ","))
        and bool(_PROGRAMME.search(text))
    )


def _page_numbers(places: Sequence[_Place], gone: set[int], pages: int) -> set[int]:
    """Lines that are nothing but a page's number, outermost once other furniture is gone."""
    certain: set[int] = set()
    bare: dict[int, list[_Place]] = defaultdict(list)
    seen: set[tuple[str, int]] = set()
    for place in places:
        if id(place.line) in gone or place.depth > NARROW or (place.zone, place.sheet.number) in seen:
            continue
        seen.add((place.zone, place.sheet.number))
        match = _NUMBERED.fullmatch(place.line.text) if len(place.line.text) <= 40 else None
        if not match:
            continue
        if match["word"] or match["total"] or match["after"] or not match["number"].isdigit():
            certain.add(id(place.line))
        else:
            bare[int(match["number"]) - place.sheet.number].append(place)
    for offset, members in bare.items():
        if len(members) >= 2 or (offset == 0 and pages <= 2):
            certain |= {id(place.line) for place in members}
    return certain


def _numbered_heads(places: Sequence[_Place], pages: int) -> set[int]:
    """ "Rozdział 2. Zadania klastra   17": outermost lines that begin or end with the page's number.

    Their words may change with every chapter; that the number keeps step with the page tells them.
    """
    steps: dict[int, list[_Place]] = defaultdict(list)
    for place in places:
        match = re.match(r"(\d{1,4})\s+\D", place.line.text) or re.search(r"\D\s+(\d{1,4})$", place.line.text)
        if place.outer and match:
            steps[int(match[1]) - place.sheet.number].append(place)
    return {
        id(place.line)
        for members in steps.values()
        if len(members) >= 4 and len({place.sheet.number for place in members}) >= 0.4 * pages
        for place in members
    }
