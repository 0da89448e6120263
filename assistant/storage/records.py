"""Answers as rows, exact both ways: what staff count by in columns, each citation a row, the rest as JSON."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from ..domain.answers import Answer, Citation, Sentence, SentenceKind, Status, Suggestion, Support
from ..domain.conversations import Message, Rating
from . import tokens
from .tables import citations, feedback, messages


def message_row(message: Message, conversation: str) -> dict[str, Any]:
    """The row of `messages`; its number comes from the database."""
    answer = message.answer
    return {
        "id": message.id,
        "conversation_id": conversation,
        "asked_at": message.asked_at,
        "interrupted": message.interrupted,
        "question": answer.question,
        "lang": answer.lang,
        "status": answer.status.value,
        "engine": answer.engine,
        "generation": answer.generation,
        "seconds": answer.seconds,
        "body": {
            "text": answer.text,
            "sentences": [asdict(sentence) for sentence in answer.sentences],
            "suggestions": [asdict(suggestion) for suggestion in answer.suggestions],
            "notices": answer.notices,
        },
    }


def citation_rows(message: Message) -> list[dict[str, Any]]:
    """The rows of `citations`: as shown, with the seal of the quoted words."""
    return [
        {
            "message_id": message.id,
            "place": place,
            "n": item.n,
            "document_id": item.document_id,
            "title": item.title,
            "path": item.path,
            "edition": item.edition,
            "state_of_law": item.state_of_law,
            "language": item.language,
            "first_page": item.pages[0],
            "last_page": item.pages[1],
            "headings": item.headings,
            "quote": item.quote,
            "quote_sha256": tokens.digest(item.quote),
            "span_start": item.span[0],
            "span_end": item.span[1],
        }
        for place, item in enumerate(message.answer.citations)
    ]


def load(connection: Connection, which: ColumnElement[bool]) -> list[Message]:
    """The messages of a condition on `messages`, in the order in which they came."""
    chosen = select(messages.c.id).where(which)
    cited: dict[str, list[Citation]] = defaultdict(list)
    quoted = select(citations).where(citations.c.message_id.in_(chosen)).order_by(citations.c.place)
    for row in connection.execute(quoted):
        cited[row.message_id].append(_citation(row))
    joined = messages.outerjoin(feedback, feedback.c.message_id == messages.c.id)
    rows = connection.execute(
        select(messages, feedback.c.rating).select_from(joined).where(which).order_by(messages.c.number)
    )
    return [_message(row, tuple(cited[row.id])) for row in rows]


def _message(row: Row[Any], cited: tuple[Citation, ...]) -> Message:
    asked_at: datetime = row.asked_at
    rating = Rating(row.rating) if row.rating else None
    return Message(row.id, asked_at, _answer(row, cited), bool(row.interrupted), rating)


def _answer(row: Row[Any], cited: tuple[Citation, ...]) -> Answer:
    body = row.body
    return Answer(
        question=row.question,
        lang=row.lang,
        status=Status(row.status),
        text=body["text"],
        sentences=tuple(_sentence(item) for item in body["sentences"]),
        citations=cited,
        suggestions=tuple(_suggestion(item) for item in body["suggestions"]),
        engine=row.engine,
        generation=row.generation,
        seconds=row.seconds,
        notices=tuple(body["notices"]),
    )


def _sentence(item: dict[str, Any]) -> Sentence:
    read = {"kind": SentenceKind(item["kind"]), "support": Support(item["support"])}
    return Sentence(**{**item, **read, "citations": tuple(item["citations"])})


def _suggestion(item: dict[str, Any]) -> Suggestion:
    pairs = {name: item[name] and (item[name][0], item[name][1]) for name in ("pages", "span")}
    return Suggestion(**{**item, **pairs, "headings": tuple(item["headings"])})


def _citation(row: Row[Any]) -> Citation:
    return Citation(
        n=row.n,
        document_id=row.document_id,
        title=row.title,
        path=row.path,
        edition=row.edition,
        pages=(row.first_page, row.last_page),
        headings=tuple(row.headings),
        quote=row.quote,
        span=(row.span_start, row.span_end),
        language=row.language,
        state_of_law=row.state_of_law,
    )
