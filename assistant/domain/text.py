"""Raw text to readable text with a way back, and readable text to sentences.

`clean` never loses the way to the raw characters, so what a reader sees can always be pointed at in
the file. `sentences` knows Polish and English abbreviations. Apart from everything else because
parsing, chunking, answering and highlighting must all mean the same thing by "the words".
Every pass is linear in the length of the text, also on hostile input.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

Known = Callable[[str], bool]
Edit = tuple[int, int, str]  # characters [start, end) become the words


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Readable `text` and where it comes from.

    `offsets[i]` is the raw index at which `text[i]` begins, `ends[i]` the one at which it ends;
    both never decrease. `offsets` has one entry more: where the last character ends (0 for "").
    """

    text: str
    offsets: Sequence[int]
    ends: Sequence[int]

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Raw characters behind `text[start:end]`, marks around them left out."""
        if start >= end:
            return self.offsets[start], self.offsets[start]
        return self.offsets[start], self.ends[end - 1]


def clean(raw: str, markup: bool = False, known: Known | None = None) -> Cleaned:
    """What a person reads in `raw`.

    Letters composed (NFC), odd spaces plain, invisible and control characters gone, ligatures
    U+FB00-FB06 spelled out, words broken at a line's end joined, white space single and stripped.
    With `markup` Markdown's inline marks go too; the words of links and images stay.
    `known` says whether a lower-case word is in the dictionary: with it "biało-czerwony" broken at
    its hyphen keeps it; without it a break between two lower-case letters is always joined.
    """
    state = Cleaned(raw, range(len(raw)), range(1, len(raw) + 1))
    if markup and _MARKUP.search(raw):
        state = _edited(state, _marks(raw))
    if _ODD.search(state.text):
        state = _edited(state, _tidied(state.text))
        state = _edited(state, _composed(state.text))
        state = _edited(state, _rejoined(state.text, known))
    state = _edited(state, ((m.start(), m.end(), " ") for m in _SPACES.finditer(state.text)))
    return _stripped(state)


def sentences(text: str) -> list[tuple[int, int]]:
    """Sentences of clean text as [start, end), in order, without the spaces between them.

    Splits after . ! ? … before something that can begin a sentence; never after an abbreviation
    that needs what follows ("art. 94", "dr Nowak", "m.in."), never inside short brackets or quotes,
    never at a semicolon. An abbreviation that may close a sentence ("itd.", "2022 r.") does so
    before a capital letter.
    """
    found: list[tuple[int, int]] = []
    start = len(text) - len(text.lstrip())
    shields = iter(_shields(text))
    shield, until = next(shields, None), -1
    for stop in _STOP.finditer(text, start):
        end = stop.end()
        while shield is not None and shield[0] < end:
            until = max(until, shield[1])
            shield = next(shields, None)
        if end <= until or not _ends_here(text, start, stop):
            continue
        found.append((start, end))
        start = _after_space(text, end)
    end = len(text.rstrip())
    if start < end:
        found.append((start, end))
    return found


# ---- edits -------------------------------------------------------------------------------------


def _edited(state: Cleaned, edits: Iterable[Edit]) -> Cleaned:
    """Apply ordered, disjoint edits; replaced characters all point at what they replace."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end, words in edits:
        pieces += (state.text[done:start], words)
        starts.extend(state.offsets[done:start])
        ends.extend(state.ends[done:start])
        starts.extend([state.offsets[start]] * len(words))
        ends.extend([state.ends[end - 1]] * len(words))
        done = end
    if not pieces:
        return state
    pieces.append(state.text[done:])
    starts.extend(state.offsets[done : len(state.text)])
    ends.extend(state.ends[done:])
    return Cleaned("".join(pieces), starts, ends)


def _stripped(state: Cleaned) -> Cleaned:
    text = state.text.strip(" ")
    first = len(state.text) - len(state.text.lstrip(" ")) if text else 0
    last = first + len(text)
    ends = state.ends[first:last]
    offsets = state.offsets[first:last]
    final = ends[-1] if text else 0
    if isinstance(offsets, range) and offsets.stop == final:
        return Cleaned(text, range(offsets.start, final + 1), ends)
    return Cleaned(text, [*offsets, final], ends)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# ---- characters --------------------------------------------------------------------------------

_INVISIBLE = (
    "\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\uffff\U000e0000-\U000e01ef"
)
_CONTROLS = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff"
_LINE_END = r"(?:\r\n?|[\n\x0b\x0c\x85\u2028\u2029])"
# anything outside the characters that can be taken as they are
_ODD = re.compile(r"[^ -~¡-¬®-ʰ‒-—‘-„†-•…‰‹›€™−→]")
_DROPPED = re.compile(rf"[{_INVISIBLE}{_CONTROLS}]+|\u00ad(?![ \t]*+{_LINE_END})|[\ufb00-\ufb06]|[\u2010\u2011]")
_COMPOSABLE = re.compile(
    "[^\u0300-\u1fff]?[\u0300-\u1fff\u20d0-\u20ff\u2126\u212a\u212b\u2329\u232a\u2adc"
    "\u2e80-\ufaff\ufb1d-\ufb4e\ufe20-\ufe2f\U00010000-\U0010ffff]+"
)
_BROKEN = re.compile(rf"(?<=[^\W_])[-\u00ad\ufffe][ \t]*+{_LINE_END}\s*+(?=\w)|[\u00ad\ufffe]")
_SPACES = re.compile(r" ?[^\S ]\s*+| \s++")
# Unicode's stream-safe limit: keeps normalisation linear under thousands of accents on one letter
_MARKS_IN_A_ROW = 30
_WORD = 40


def _tidied(text: str) -> Iterator[Edit]:
    for found in _DROPPED.finditer(text):
        first = found[0][0]
        if "\ufb00" <= first <= "\ufb06":
            yield found.start(), found.end(), unicodedata.normalize("NFKC", first)
        else:
            yield found.start(), found.end(), "-" if first in "\u2010\u2011" else ""


def _composed(text: str) -> Iterator[Edit]:
    for found in _COMPOSABLE.finditer(text):
        start, stop = found.span()
        while start < stop:
            end = start + 1
            while end < stop and end - start < _MARKS_IN_A_ROW and _continues(text[end]):
                end += 1
            words = unicodedata.normalize("NFC", text[start:end])
            if words != text[start:end]:
                yield start, end, words
            start = end


def _continues(char: str) -> bool:
    """Whether a character may melt into the one before it."""
    return unicodedata.category(char)[0] == "M" or "\u1161" <= char <= "\u1175" or "\u11a8" <= char <= "\u11c2"


def _rejoined(text: str, known: Known | None) -> Iterator[Edit]:
    for found in _BROKEN.finditer(text):
        start, end = found.span()
        left, right = _letters_before(text, start), _letters_after(text, end)
        if text[start] == "\u00ad" or (end - start == 1 and not (left and right)):
            yield start, end, ""
        else:
            yield start, end, "" if _one_word(left, right, known) else "-"


def _one_word(left: str, right: str, known: Known | None) -> bool:
    if not left or not right:
        return False
    if not (left[-1].islower() and right[0].islower()):
        return known is not None and (left + right).isupper() and known((left + right).lower())
    if known is None or known((left + right).lower()):
        return True
    # "społeczno-\ngospodarczy": the first half of a Polish compound adjective ends in -o
    return not (known(right.lower()) and (left.endswith("o") or known(left.lower())))


def _letters_before(text: str, end: int) -> str:
    start = end
    while start > 0 and end - start < _WORD and text[start - 1].isalpha():
        start -= 1
    return text[start:end]


def _letters_after(text: str, start: int) -> str:
    end = start
    while end < len(text) and end - start < _WORD and text[end].isalpha():
        end += 1
    return text[start:end]


# ---- Markdown's inline marks (CommonMark 0.31, without reference links) ------------------------

_MARKUP = re.compile(r"[\\`*_~\[\]<>&]")
_TOKEN = re.compile(
    r"(?P<escape>\\(?:[!-/:-@\[-`{-~]|(?=[\r\n])))"
    r"|(?P<code>`+)"
    r"|(?P<comment><!--)"
    r"|(?P<address><(?:[a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^\s<>]*+|[^\s<>@]{1,64}@[^\s<>@]{1,255})>)"
    r"|(?P<tag></?(?P<name>[a-zA-Z][a-zA-Z0-9]{0,15})(?:[\s/][^<>]*+)?>)"
    r"|(?P<footnote>\[\^[^\]\s]{1,40}\])"
    r"|(?P<open>!?\[)"
    r"|(?P<close>\](?P<target>\([ \t]*+(?:<[^<>\n]*+>|(?:[^()\s\\]|\\.|\([^()\s]*+\))*+)"
    r"(?:\s++(?:\"[^\"]*+\"|'[^']*+'))?\s*+\))?)"
    r"|(?P<mark>\*+|_+|~~+)"
    r"|(?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});)"
    r"|(?P<quote>(?:\r\n?|\n)[ \t]*+(?:>[ \t]?)++)"
)
_INLINE_TAGS = _set(
    """a abbr b bdi bdo cite code data del dfn em font i ins kbd label mark q s samp small span strike strong sub sup
    time tt u var wbr"""
)
_BLOCK_TAGS = _set(
    """address article aside blockquote body br button caption center col colgroup dd details div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html iframe img input legend li link main meta nav
    ol option p picture pre section select source summary svg table tbody td textarea tfoot th thead title tr ul
    video"""
)


@dataclass(slots=True)
class _Mark:
    start: int
    end: int


def _marks(text: str) -> list[Edit]:
    """Every mark to drop. One pass; open brackets and emphasis wait on stacks for their partners."""
    edits: list[Edit] = []
    brackets: list[tuple[int, int]] = []
    waiting: dict[str, list[_Mark]] = {"*": [], "_": [], "~": []}
    ticks = _runs_of_ticks(text) if "`" in text else {}
    last_comment = text.rfind("-->")
    place = 0
    while (found := _TOKEN.search(text, place)) is not None:
        start, place = found.span()
        kind = found.lastgroup if found.lastgroup not in ("name", "target") else ("tag" if found["tag"] else "close")
        if kind == "escape":
            edits.append((start, start + 1, ""))
        elif kind == "code":
            partner = _partner(ticks[place - start], place)
            if partner is not None:
                edits += ((start, place, ""), (partner, partner + place - start, ""))
                place = partner + place - start
        elif kind == "comment":
            if last_comment >= place:
                place = text.index("-->", place) + 3
                edits.append((start, place, ""))
        elif kind == "address":
            edits += ((start, start + 1, ""), (place - 1, place, ""))
        elif kind == "tag":
            name = found["name"].lower()
            if name in _INLINE_TAGS or name in _BLOCK_TAGS:
                edits.append((start, place, "" if name in _INLINE_TAGS else " "))
        elif kind == "footnote":
            edits.append((start, place, ""))
        elif kind == "open":
            brackets.append((start, place))
        elif kind == "close":
            if brackets:
                opening = brackets.pop()
                if found["target"]:
                    edits += ((*opening, ""), (start, place, ""))
        elif kind == "mark":
            edits += _emphasis(text, start, place, waiting[text[start]])
        elif kind == "entity":
            edits += _entity(found)
        else:
            edits.append((start, place, "\n"))
    return sorted(edits)


def _runs_of_ticks(text: str) -> dict[int, list[int]]:
    runs: dict[int, list[int]] = {}
    for found in re.finditer("`+", text):
        runs.setdefault(found.end() - found.start(), []).append(found.start())
    return runs


def _partner(starts: list[int] | None, place: int) -> int | None:
    at = bisect_left(starts or (), place)
    return starts[at] if starts and at < len(starts) else None


def _entity(found: re.Match[str]) -> list[Edit]:
    words = html.unescape(found[0])
    return [(found.start(), found.end(), words)] if words != found[0] else []


def _emphasis(text: str, start: int, end: int, waiting: list[_Mark]) -> list[Edit]:
    """CommonMark's delimiter runs; the rule of three is left out, it only matters for `*a**b*`."""
    before, after = text[start - 1 : start] or " ", text[end : end + 1] or " "
    left = not after.isspace() and (not _is_punctuation(after) or before.isspace() or _is_punctuation(before))
    right = not before.isspace() and (not _is_punctuation(before) or after.isspace() or _is_punctuation(after))
    if text[start] == "_":
        left, right = left and (not right or _is_punctuation(before)), right and (not left or _is_punctuation(after))
    edits: list[Edit] = []
    while right and waiting and start < end:
        opening = waiting[-1]
        size = min(opening.end - opening.start, end - start)
        edits += ((opening.end - size, opening.end, ""), (start, start + size, ""))
        opening.end -= size
        start += size
        if opening.start == opening.end:
            waiting.pop()
    if left and start < end:
        waiting.append(_Mark(start, end))
    return edits


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] in "PS"


# ---- sentences ---------------------------------------------------------------------------------

# need what follows: never end a sentence
_LEANING = _set(
    """abp al ang art bp bł bryg cf ch ck cz dh doc dot dr dyr dz dz.u e.g ed eds ew ewent fig fr gen gł gm hab hr i.e
    il im inż kard kat kl kpt ks l.dz lek lic lit ls łac maks max mec mgr mjr m.in m.st mr mrs ms n nb niem np nr nt ob
    odp ok op oprac pag par pl płk por poz pow pp ppłk prof proj prok przyp ps pt p red ref reż roz rozdz rtm rys s sekr
    sł sp ss st str śp św t t.j tab tel tj tłum tow tzn tzw ul ust v viz vol vs wg wł woj ww wyd z zał zam zob zwł"""
)
# a measure when a number stands before them, else leaning; money and thousands may close anyway
_MEASURES = _set("cm egz gr godz kg km m min mln mld mies mm os pkt sek szt tyg tys w zł")
_MONEY = _set("gr mld mln tys zł")
# may end a sentence
_CLOSING = _set(
    "a.m bm bieżr br cd cdn co corp etc ha i.in in inc itd itp jw ltd n.e nast o.o p.m p.n.e proc r rb rr s.a ub"
)
_ENUMERATION = _set("cdn etc in itd itp jw")
_LAWS = ("Prawo", "Kodeks", "Ordynacja", "Przepisy", "Karta", "Konstytucja", "Ustawa", "Nr", "Dz", "L", "C")
_LETTERED = re.compile(
    r"(?:wariant|punk|grup|typ|kategori|witamin|opcj|liter|klas|częś|etap|moduł|załącznik|poziom|plan|option|type|"
    r"group|part|category|variant|class|level)\w*",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"[^\w§]{0,3}(?:(?:art|ust|pkt|rozdz|rozdział|część|cz|§|tabela|tab|rysunek|rys|wykres|schemat|etap|krok|zasada|"
    r"załącznik|zał|nr|moduł|lekcja|dzień|pytanie|cel|zadanie|table|figure|fig|chapter|section|step|part|article|"
    r"question|day|module)\.? ?(?:\d{1,4}[a-z]?(?:\.\d{1,3}){0,4}|(?-i:[IVXLC]{1,6}|[A-Z]))\.? ?)?"
    r"(?:\d{1,3}[a-z]?(?:\.\d{1,3}){0,4}|(?-i:[IVXLC]{1,6})|[a-z])?",
    re.IGNORECASE,
)
_ORDINAL_AFTER = _set("w na do po od dla za o z ze we przed przy u oraz i podczas of the in on at")
_NUMBER = re.compile(r"[\d.,:/–-]*\d[a-z]?%?")
_INNER_DOTS = re.compile(r"(?:[^\W\d_]{1,4}\.)+[^\W\d_]{1,4}")
_ROMAN = re.compile(r"[IVXLCDM]{1,8}")
_STOP = re.compile(r"[.!?…]++(?P<tail>[)\]}\"”“»«’']*+)(?P<note>\d{1,2}|\[\d{1,3}\])?(?=\s)")
_OPENERS = "„“”\"«»‚‘'([{–—-•"
_SHIELD = 300
_PAIRS = (
    {"(": "(", ")": "(", "[": "[", "]": "[", "{": "{", "}": "{"} | dict.fromkeys('„”“"', "„") | dict.fromkeys("«»", "«")
)
_PAIRED = re.compile(r"[()\[\]{}„”“\"«»]")


def _shields(text: str) -> list[tuple[int, int]]:
    """Short brackets and quotes as (opening, closing), ordered by opening."""
    found: list[tuple[int, int]] = []
    stack: list[tuple[str, int]] = []
    for match in _PAIRED.finditer(text):
        char, place = match[0], match.start()
        family = _PAIRS[char]
        if char in "([{„" or (
            char in '”“"«»' and (place == 0 or text[place - 1].isspace() or text[place - 1] in "([{")
        ):
            stack.append((family, place))
            continue
        for depth in range(1, min(4, len(stack)) + 1):
            if stack[-depth][0] == family:
                if place - stack[-depth][1] <= _SHIELD:
                    found.append((stack[-depth][1], place))
                del stack[-depth:]
                break
    return sorted(found)


def _after_space(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _ends_here(text: str, start: int, stop: re.Match[str]) -> bool:
    """Whether the marks found close the sentence that began at `start`."""
    after = _after_space(text, stop.end())
    opened = False
    for _ in range(4):
        if after < len(text) and text[after] in _OPENERS:
            opened = True
            after = _after_space(text, after + 1)
    if after >= len(text):
        return False
    first = text[after]
    marks = text[stop.start() : stop.start("tail")]
    if first.islower():
        return False
    if "!" in marks or "?" in marks:
        return True
    if marks != ".":
        return first.isupper() or opened
    word, before = _words_before(text, start, stop.start())
    if stop["note"]:
        return len(word) > 3 and word.isalpha() and first.isupper() and not _abbreviates(word.lower())
    return _period_ends(text, start, stop.start(), word, before, after, opened)


def _abbreviates(word: str) -> bool:
    return word in _LEANING or word in _MEASURES or word in _CLOSING


def _words_before(text: str, start: int, end: int) -> tuple[str, str]:
    """The word that ends at `end` and the one before it, each at most 40 characters."""
    words = text[max(start, end - 2 * _WORD) : end].rsplit(maxsplit=2)
    word = words[-1].lstrip(_OPENERS)[-_WORD:] if words and not text[end - 1].isspace() else ""
    return word, words[-2].lstrip(_OPENERS) if len(words) > 1 else ""


def _period_ends(text: str, start: int, stop: int, word: str, before: str, after: int, opened: bool) -> bool:
    first, lower = text[after], word.lower()
    numbered = bool(_NUMBER.fullmatch(before))
    if stop - start <= 40 and _LABEL.fullmatch(text, start, stop):
        return False  # "1. Cel", "Art. 94. Zamawiający", "Krok 2. Zapisz"
    if lower == "in" and before.lower() == "m.":
        return False
    if lower in _MEASURES and (numbered or (lower == "w" and _ROMAN.fullmatch(before))):
        capital = first.isupper() and not text[after + 1 : after + 2].isupper()
        counts = lower in ("w", "tys", "mln", "mld")  # what is counted may be a name: "5 mln Polaków"
        return capital and not opened and not (counts and _only_begun(text, start, stop))
    if lower == "no":
        return not first.isdigit()
    if lower in _LEANING or (lower in _MEASURES and lower not in _MONEY):
        return False
    if lower in _CLOSING or lower in _MONEY:
        return _closing_ends(text, start, stop, lower, after, opened)
    if len(word) == 1 and word.isalpha():
        return bool(_LETTERED.fullmatch(before)) if word.isupper() else first.isupper()
    if _INNER_DOTS.fullmatch(word):
        return first.isupper() and not opened and not word.isupper()
    if _NUMBER.fullmatch(word):
        return _number_ends(word, before.lower(), first)
    return True


def _only_begun(text: str, start: int, stop: int) -> bool:
    """Three words cannot be a sentence that ends in a date or measure: "W 2022 r. Sejm uchwalił"."""
    return stop - start <= 3 * _WORD and len(text[start:stop].split()) <= 3


def _closing_ends(text: str, start: int, stop: int, word: str, after: int, opened: bool) -> bool:
    if word in _ENUMERATION:
        return True
    if opened or not text[after].isupper() or _only_begun(text, start, stop):
        return False
    # "ustawa z dnia 11 września 2019 r. Prawo zamówień publicznych" is one name
    law = word == "r" and text.startswith(_LAWS, after) and _letters_after(text, after) in _LAWS
    return not (law and re.search(r"z dnia|ustaw|rozporządz|kodeks", text[max(0, stop - 90) : stop].lower()))


def _number_ends(word: str, before: str, first: str) -> bool:
    if len(word) <= 2:  # may be an ordinal: "podczas 13. Kongresu", "5. 08. 2022"
        return not first.isdigit() and before not in _ORDINAL_AFTER
    return True
