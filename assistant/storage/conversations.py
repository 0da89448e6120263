"""Conversations of anonymous visits. Every query names the owner: what is another's is not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, select, update

from ..config import WebSettings
from ..domain.answers import Answer
from ..domain.conversations import Conversation, Message, Visit
from ..errors import NotThere
from . import erasure, records, tokens
from .database import Database
from .tables import citations, conversations, messages
from .visits import asked, ending


@dataclass(frozen=True)
class Conversations:
    """What visits asked and read. `mask` takes personal identifiers out of a question, should one still be there."""

    database: Database
    settings: WebSettings
    clock: Callable[[], datetime]
    mask: Callable[[str], str] = str

    def create(self, visit: Visit, lang: str) -> Conversation:
        """An empty conversation. VisitMissing when the visit is gone."""
        identity, now = tokens.new(), self.clock()
        row = {"id": identity, "visit_id": visit.id, "lang": lang, "created_at": now}
        order = self.database.insert(conversations).values(row).on_conflict_do_nothing(index_elements=["id"])

        def work(connection: Connection) -> None:
            asked(connection, visit, now)
            connection.execute(order)

        self.database.write(work)
        return Conversation(identity, now, ending(visit.created_at, now, self.settings), lang)

    def read(self, visit: Visit, identity: str) -> Conversation:
        """A conversation with its messages; it can be read until the visit ends. NotThere."""
        with self.database.read() as connection:
            row = connection.execute(select(conversations).where(_owned(visit, identity))).one_or_none()
            if row is None:
                raise NotThere()
            found = records.load(connection, messages.c.conversation_id == identity)
        return Conversation(identity, row.created_at, visit.expires_at, row.lang, tuple(found))

    def add(self, visit: Visit, identity: str, answer: Answer) -> Message:
        """Keep an answer as the conversation's next message. NotThere."""
        asked_at = self.clock()
        message = Message(tokens.new(), asked_at, replace(answer, question=self.mask(answer.question)))
        once = self.database.insert(messages).on_conflict_do_nothing(index_elements=["id"]).returning(messages.c.id)
        cited = records.citation_rows(message)

        def work(connection: Connection) -> None:
            held = select(conversations.c.id).where(_owned(visit, identity)).with_for_update(read=True, key_share=True)
            if connection.execute(held).one_or_none() is None:
                raise NotThere()
            new = connection.execute(once, records.message_row(message, identity)).one_or_none()
            if new and cited:
                connection.execute(citations.insert(), cited)
            asked(connection, visit, asked_at)

        self.database.write(work)
        return message

    def stopped(self, visit: Visit, message_id: str) -> None:
        """Note that the person saw only a part of a message. NotThere."""
        order = update(messages).where(messages.c.id == message_id, of_visit(visit)).values(interrupted=True)
        if not self.database.write(lambda connection: connection.execute(order).rowcount):
            raise NotThere()

    def erase(self, visit: Visit, identity: str) -> None:
        """Remove a conversation with all that belongs to it, from the files too. NotThere."""
        with self.database.read() as connection:
            if connection.execute(select(conversations.c.id).where(_owned(visit, identity))).one_or_none() is None:
                raise NotThere()
        erasure.erase(self.database, [identity])

    def earlier(self, visit: Visit, identity: str, n: int) -> list[str]:
        """The last `n` questions, oldest first. NotThere."""
        joined = conversations.outerjoin(messages, messages.c.conversation_id == conversations.c.id)
        latest = select(messages.c.question).select_from(joined).where(_owned(visit, identity))
        with self.database.read() as connection:
            rows = connection.execute(latest.order_by(messages.c.number.desc()).limit(max(n, 1))).scalars().all()
        if not rows:
            raise NotThere()
        return [question for question in reversed(rows[:n]) if question is not None]


def _owned(visit: Visit, identity: str) -> ColumnElement[bool]:
    return and_(conversations.c.id == identity, conversations.c.visit_id == visit.id)


def of_visit(visit: Visit) -> ColumnElement[bool]:
    """That a message belongs to a visit."""
    own = select(conversations.c.id).where(conversations.c.visit_id == visit.id)
    return messages.c.conversation_id.in_(own)
