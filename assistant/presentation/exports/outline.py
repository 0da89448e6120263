"""A conversation laid out for paper: what is a paragraph, a list, a table, and which note stands where.

Markdown and Word are written from this, so both say the same under the same numbers. All words in it
are clean (domain.text): one line, no invisible, control or direction characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ...domain.answers import Answer, Citation, SentenceKind, Status, Suggestion
from ...domain.conversations import Conversation, Message
from ...domain.text import clean
from ...prompts import Words
from .blocks import Block, blocks, plain

SIGN = "◆"  # after a sentence that a model wrote; the words of [export] explain it
NAMES = {"pl": "rozmowa", "en": "conversation"}
SUGGESTIONS = {Status.BLOCKED: "cli.try", Status.NOT_FOUND: "answers.nearest"}
ZONE = "Europe/Warsaw"
LONG_QUESTION = 160  # characters; a longer question is headed by its first words and given below
LONG_QUOTE = 600  # characters; a longer quote (a list or table, which the answer shows whole) is cut in its note
LONG_LAW = 40  # characters; a longer state of law is told in a document's first note only
MARKDOWN = (".md", ".markdown")
SLIDES = (".pptx",)
PAGED = (".pdf", *SLIDES)

_RULER = frozenset(" \t|:-")  # the line under a Markdown table's header has no other characters
_BULLET = re.compile(r"\A[-*+•]\s+")


@dataclass(frozen=True, slots=True)
class Note:
    """A source: where it stands, in words, and its quote in the quote's language."""

    n: int
    title: str
    where: str
    quote: str
    lang: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One question with its answer. `question` is "" when the heading says it all."""

    heading: str
    question: str
    lang: str
    status: str
    remarks: tuple[str, ...]
    opening: tuple[str, ...]
    blocks: tuple[Block, ...]
    notices: tuple[str, ...]
    suggestions_title: str
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The whole document; `empty` is what it says when nothing was asked."""

    title: str
    date: str
    statement: str
    empty: str
    entries: tuple[Entry, ...]
    notes: tuple[Note, ...]


def outline(conversation: Conversation, words: Words) -> Outline:
    """Lay a conversation out; fixed words come from `words`, notes are numbered from 1 in order of first use."""
    wrote = models(conversation.messages)
    statement = words.text("export.made_model", models=", ".join(wrote)) if wrote else words.text("export.made")
    entries: list[Entry] = []
    notes: list[Note] = []
    laws: dict[tuple[str, str, str], int] = {}
    for message in conversation.messages:
        numbers = _numbers(message.answer, len(notes))
        cited = {citation.n: citation for citation in message.answer.citations}
        notes += [note(cited[n], number, laws, words) for n, number in numbers.items()]
        entries.append(_entry(message, numbers, words))
    return Outline(
        title=words.text("export.title"),
        date=day(conversation.created_at, words),
        statement=statement,
        empty="" if entries else words.text("export.empty"),
        entries=tuple(entries),
        notes=tuple(notes),
    )


def models(messages: Iterable[Message]) -> list[str]:
    """The language models that wrote a sentence of these answers."""
    wrote = (
        plain(message.answer.engine)
        for message in messages
        if any(sentence.kind is SentenceKind.GENERATED for sentence in message.answer.sentences)
    )
    return list(dict.fromkeys(wrote))


def made_by(wrote: Sequence[str]) -> dict[str, str]:
    """The machine-readable mark (AI Act, art. 50(2)) of what these models wrote; without one all is quoted."""
    return {"by": "model", "model": ", ".join(wrote)} if wrote else {"by": "extractive"}


def moment(at: datetime) -> datetime:
    """A time as people in Poland know it; UTC on a system without time zones."""
    zone: tzinfo = UTC
    with suppress(ZoneInfoNotFoundError):
        zone = ZoneInfo(ZONE)
    return at.astimezone(zone)


def day(at: datetime, words: Words) -> str:
    """The date in the reader's way of writing."""
    local = moment(at)
    return words.text("export.date", day=local.day, month=local.month, year=local.year)


def note(citation: Citation, number: int, laws: dict[tuple[str, str, str], int], words: Words) -> Note:
    """A citation as a note; `laws` remembers, from note to note, where each state of law was first told."""
    law = plain(citation.state_of_law)
    told = laws.setdefault((citation.document_id, citation.edition, law), number)
    parts = [words.text("cli.edition", edition=plain(citation.edition))] if citation.edition else []
    parts += _pages(citation.path, citation.pages, words)
    path = _path(citation.title, citation.headings)
    parts += [words.text("export.section", path=path)] if path else []
    if law:
        again = told != number and len(law) > LONG_LAW
        parts.append(words.text("export.law_again", n=told) if again else words.text("cli.state_of_law", date=law))
    title = plain(citation.title) or plain(PurePosixPath(citation.path).name) or plain(citation.document_id)
    return Note(number, title, "; ".join(parts), _quote(citation), citation.language or words.lang)


def _entry(message: Message, numbers: Mapping[int, int], words: Words) -> Entry:
    answer = message.answer
    question = plain(answer.question)
    short = question if len(question) <= LONG_QUESTION else cut(question, LONG_QUESTION // 2, "…")
    opening = [line for line in map(plain, answer.opening.split("\n")) if line]
    suggestions = tuple(filter(None, (_suggestion(item, words) for item in answer.suggestions)))
    titled = bool(suggestions) and not (opening and opening[-1].endswith(":") and not answer.sentences)
    local = moment(message.asked_at)
    clock = words.text("export.time", hour=local.hour, minute=local.minute)
    return Entry(
        heading=short or words.text("export.no_question"),
        question=question if short != question else "",
        lang=answer.lang,
        status=words.text("export.status", status=words.text(f"status.{answer.status.value}"), time=clock),
        remarks=(words.text("export.interrupted"),) if message.interrupted else (),
        opening=tuple(opening),
        blocks=tuple(blocks(answer, numbers)),
        notices=tuple(filter(None, map(plain, answer.notices))),
        suggestions_title=words.text(SUGGESTIONS.get(answer.status, "export.see_also")) if titled else "",
        suggestions=suggestions,
    )


# ---- numbers -----------------------------------------------------------------------------------


def _numbers(answer: Answer, used: int) -> dict[int, int]:
    """The answer's citation number -> the document's; only what a sentence cites and the answer has."""
    known = {citation.n for citation in answer.citations}
    cited = dict.fromkeys(n for sentence in answer.sentences for n in sentence.citations if n in known)
    return {n: used + place for place, n in enumerate(cited, start=1)}


def _pages(path: str, pages: tuple[int, int] | None, words: Words) -> list[str]:
    """A file without pages of its own counts as one page, which says nothing."""
    suffix = PurePosixPath(path).suffix.lower()
    if pages is None or (suffix not in PAGED and pages[1] <= 1):
        return []
    said = str(pages[0]) if pages[0] == pages[1] else f"{pages[0]}–{pages[1]}"
    return [words.text("export.slides" if suffix in SLIDES else "cli.pages", pages=said)]


def _path(title: str, headings: Sequence[str]) -> str:
    return " › ".join(plain(heading) for heading in headings if heading != title and plain(heading))


def _quote(citation: Citation) -> str:
    """The quote on one line: marks of Markdown gone, bullets kept, a table's rows apart."""
    lines = [line for line in citation.quote.splitlines() if not _RULER.issuperset(line)]
    tabular = any(" | " in line for line in lines)
    markup = citation.path.lower().endswith(MARKDOWN)
    shown = [_BULLET.sub("• ", line.strip().strip("|").strip()) for line in lines]
    text = clean((" / " if tabular else "\n").join(shown), markup=markup).text
    return cut(text, LONG_QUOTE, "[…]")


def cut(text: str, length: int, sign: str) -> str:
    """No longer than `length`, if need be ended at a space, with a sign that there was more."""
    if len(text) <= length:
        return text
    return f"{text[: length + 1].rpartition(' ')[0] or text[:length]} {sign}"


def _suggestion(value: Suggestion, words: Words) -> str:
    if not value.title:
        return plain(value.text)
    headings = _path(value.title, value.headings)
    return ", ".join([plain(value.title), *_pages(value.path, value.pages, words), *([headings] if headings else [])])
