"""What people leave behind: visits, conversations, their feedback, and what the staff see of them.

Times are aware and in UTC. Ids are random (256 bits, base64url, 43 characters) and say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .answers import Answer


class Rating(StrEnum):
    """What a person says about an answer."""

    HELPFUL = "helpful"
    WRONG_CITATION = "wrong_citation"
    MISSING = "missing"
    OTHER = "other"


class Role(StrEnum):
    """What a member of staff may do: an editor everything but accounts, settings and the switch; an admin all."""

    EDITOR = "editor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Visit:
    """One anonymous person on one surface; owns conversations. `site` is a widget's key, "" on our own page."""

    id: str
    site: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """A question and its answer as it was shown; `interrupted` when the person saw only a part."""

    id: str
    asked_at: datetime
    answer: Answer
    interrupted: bool = False
    rating: Rating | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages in the order they were asked. The visit that owns it is not told to surfaces."""

    id: str
    created_at: datetime
    expires_at: datetime
    lang: str
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Feedback:
    """One person's word on one message."""

    id: str
    message_id: str
    rating: Rating
    comment: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class FeedbackEntry:
    """Feedback as the staff read it: with the answer it is about."""

    feedback: Feedback
    answer: Answer


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Questions about one thing that the documents did not answer.

    `words` are the lemmas they share, `examples` a few of the questions, `people` the distinct visits,
    `statuses` the number of questions by status.
    """

    words: tuple[str, ...]
    examples: tuple[str, ...]
    questions: int
    people: int
    first: datetime
    last: datetime
    statuses: dict[str, int]


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff."""

    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what and when; never what a visitor wrote."""

    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, str]


@dataclass(frozen=True, slots=True)
class SwitchState:
    """Whether the public surfaces answer; `reason` is what visitors read when they do not."""

    open: bool
    reason: str = ""
    actor: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What a search for erased words found: files and bytes read, and (file, offset) of each hit."""

    files: int
    bytes: int
    hits: tuple[tuple[str, int], ...]
