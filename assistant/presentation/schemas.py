"""The JSON shapes of DESIGN §10: one place for CLI, API and tests."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..dialogues.checking import Problem
from ..dialogues.wording import said
from ..domain.answers import Answer, Citation, Passage, Retrieval, Sentence, SourceView, Suggestion
from ..domain.conversations import Conversation, Message
from ..domain.dialogues import Dialogue
from ..domain.documents import Metadata, Verdict
from ..errors import AssistantError, DialogueError, ReplyError
from ..indexing.records import Check
from ..prompts import Words

# What JSON leaves as it is but a terminal obeys or cannot print: DEL and C1 controls, direction and
# zero-width marks, line separators, the byte order mark, halves of surrogate pairs
STEERING = re.compile(r"[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]")


def line(value: dict[str, Any], ascii_only: bool = False) -> str:
    """One line of JSON that is safe to print: characters that steer a terminal are written as escapes."""
    text = json.dumps(value, ensure_ascii=ascii_only, default=str)
    return STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def answer(value: Answer) -> dict[str, Any]:
    """`ask --json`."""
    return {
        "question": value.question,
        "lang": value.lang,
        "status": value.status.value,
        "opening": value.opening,
        "text": value.text,
        "sentences": [sentence(item) for item in value.sentences],
        "citations": [citation(item) for item in value.citations],
        "suggestions": [suggestion(item) for item in value.suggestions],
        "notices": list(value.notices),
        "engine": value.engine,
        "generation": value.generation,
        "seconds": value.seconds,
    }


def sentence(value: Sentence) -> dict[str, Any]:
    """One sentence with the numbers of its citations."""
    return {
        "text": value.text,
        "kind": value.kind.value,
        "citations": list(value.citations),
        "support": value.support.value,
        "form": value.form,
    }


def citation(value: Citation) -> dict[str, Any]:
    """One citation, with the words as they stand in the source."""
    return {
        "n": value.n,
        "document_id": value.document_id,
        "title": value.title,
        "path": value.path,
        "edition": value.edition,
        "state_of_law": value.state_of_law,
        "language": value.language,
        "pages": list(value.pages),
        "headings": list(value.headings),
        "quote": value.quote,
        "span": list(value.span),
    }


def suggestion(value: Suggestion) -> dict[str, Any]:
    """A section or a wording to go on with."""
    return {
        "text": value.text,
        "document_id": value.document_id,
        "title": value.title,
        "path": value.path,
        "pages": list(value.pages) if value.pages else None,
        "headings": list(value.headings),
        "span": list(value.span) if value.span else None,
    }


def search(value: Retrieval, seconds: float) -> dict[str, Any]:
    """`search --json`."""
    return {
        "query": value.question,
        "searched_as": value.searched_as,
        "passages": [passage(item) for item in value.passages],
        "notice": value.notice,
        "generation": value.generation,
        "seconds": round(seconds, 4),
    }


def passage(value: Passage) -> dict[str, Any]:
    """One passage with what ranked it."""
    chunk = value.chunk
    return {
        "rank": value.rank,
        "score": round(value.score, 4),
        "found_by": value.found_by.value,
        "document_id": chunk.document_id,
        "title": value.metadata.title,
        "path": value.path,
        "edition": value.metadata.edition,
        "pages": list(chunk.pages),
        "headings": list(chunk.headings),
        "text": chunk.text,
        "span": [chunk.start, chunk.end],
        "signals": {name: round(signal, 4) for name, signal in value.signals.items()},
    }


def message(value: Message) -> dict[str, Any]:
    """A stored answer."""
    return {
        "id": value.id,
        "asked_at": value.asked_at.isoformat(),
        "interrupted": value.interrupted,
        "rating": value.rating.value if value.rating else None,
        "answer": {"message": value.id, **answer(value.answer)},
    }


def conversation(value: Conversation) -> dict[str, Any]:
    """A conversation as its owner reads it."""
    return {
        "id": value.id,
        "created_at": value.created_at.isoformat(),
        "expires_at": value.expires_at.isoformat(),
        "lang": value.lang,
        "messages": [message(item) for item in value.messages],
    }


def document(
    identity: str, path: str, metadata: Metadata, chunks: int, pages: int, file: dict[str, Any] | None
) -> dict[str, Any]:
    """One indexed document; `file` tells where its original is."""
    return {"id": identity, "path": path, **asdict(metadata), "pages": pages, "chunks": chunks, "file": file}


def source(value: SourceView, shown: dict[str, Any] | None) -> dict[str, Any]:
    """A citation opened; `shown` is its document."""
    return {
        "found": value.found.value,
        "document": shown,
        "pages": list(value.pages) if value.pages else None,
        "headings": list(value.headings),
        "segments": [
            {"block": item.block, "kind": item.kind.value, "text": item.text, "mark": item.mark}
            for item in value.segments
        ],
    }


def error(value: AssistantError, words: Words) -> dict[str, Any]:
    """The one error shape: `{code, message, hint}`."""
    details = {name: str(detail) for name, detail in value.details.items()}
    group = "reply_problems" if isinstance(value, ReplyError) else "reasons"
    return {
        "code": value.code,
        "message": words.text(f"errors.{value.code}.message", **_reasoned(details, words, group)),
        "hint": words.text(f"errors.{value.code}.hint", **details),
    }


def check(value: Check, words: Words) -> dict[str, Any]:
    """One thing that `doctor` or `verify` looked at; what failed says what to do."""
    code = str(value.details.get("error", ""))
    details = {name: str(detail) for name, detail in value.details.items()}
    known = not value.ok and words.has(f"errors.{code}.message")
    return {
        "name": value.name,
        "ok": value.ok,
        "details": value.details,
        "message": words.text(f"errors.{code}.message", **_reasoned(details, words)) if known else "",
        "hint": words.text(f"errors.{code}.hint", **details) if known else "",
    }


def mode(value: Dialogue, lang: str) -> dict[str, Any]:
    """A guided mode as a list shows it."""
    texts = {name: said(getattr(value, name), lang) for name in ("title", "summary", "result")}
    sections = [{"id": section.id, "title": said(section.title, lang)} for section in value.sections]
    numbers = {"minutes": value.minutes, "steps": len(value.steps), "version": value.version}
    return {"id": value.id, **texts, **numbers, "edition": value.edition, "workshop": value.workshop} | {
        "sections": sections
    }


def lint(broken: Sequence[DialogueError], problems: Sequence[Problem], words: Words) -> dict[str, Any]:
    """What the linter of guided modes found."""
    return {
        "broken": [error(one, words) for one in broken],
        "problems": [
            {**asdict(one), "message": words.text(f"dialogue_problems.{one.code}", detail=one.detail)}
            for one in problems
        ],
    }


def verdict(value: Verdict, words: Words) -> dict[str, Any]:
    """One file's end, with its sentences in the reader's language."""
    details = {name: str(detail) for name, detail in value.details.items()} | {"path": value.path}
    reason = words.text(f"errors.{value.error}.message", **_reasoned(details, words)) if value.error else ""
    hint = words.text(f"errors.{value.error}.hint", **details) if value.error else ""
    return {
        "path": value.path,
        "outcome": value.outcome.value,
        "document_id": value.document_id,
        "warnings": [
            {"code": warning.code, "message": _warning(warning.code, warning.details, words)}
            for warning in value.warnings
        ],
        "error": value.error,
        "reason": str(value.details.get("reason", "")),
        "message": reason,
        "hint": hint,
    }


def _warning(code: str, details: dict[str, Any], words: Words) -> str:
    key = f"warnings.{code}"
    return words.text(key, **{name: str(detail) for name, detail in details.items()}) if words.has(key) else code


def _reasoned(details: dict[str, str], words: Words, group: str = "reasons") -> dict[str, str]:
    """Reasons are codes where the cause is ours to name; other reasons are the system's own words."""
    key = f"{group}.{details.get('reason', '')}"
    return details | {"reason": words.text(key, **details)} if "reason" in details and words.has(key) else details
