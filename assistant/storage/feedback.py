"""What people say about answers: one word each, the last one counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from ..domain.conversations import Feedback, FeedbackEntry, Rating, Visit
from ..errors import NotThere
from . import records, tokens
from .conversations import of_visit
from .database import Database
from .tables import feedback, messages


@dataclass(frozen=True)
class FeedbackBox:
    """Takes feedback in and shows it to the staff. `mask` takes personal identifiers out of comments."""

    database: Database
    clock: Callable[[], datetime]
    mask: Callable[[str], str] = str

    def give(self, visit: Visit, message_id: str, rating: Rating, comment: str) -> Feedback:
        """Keep a person's word on a message of theirs, instead of an earlier one. NotThere."""
        masked, now = self.mask(comment), self.clock()
        said = {"rating": rating.value, "comment": masked, "given_at": now}
        order = self.database.insert(feedback).values(id=tokens.new(), message_id=message_id, **said)
        replacing = order.on_conflict_do_update(index_elements=["message_id"], set_=said).returning(feedback.c.id)

        def work(connection: Connection) -> str:
            own = select(messages.c.id).where(messages.c.id == message_id, of_visit(visit))
            if connection.execute(own.with_for_update(read=True, key_share=True)).one_or_none() is None:
                raise NotThere()
            return str(connection.execute(replacing).scalar_one())

        identity = self.database.write(work)
        return Feedback(identity, message_id, rating, masked, now)

    def entries(
        self, since: datetime, rating: Rating | None = None, limit: int = 50, offset: int = 0
    ) -> list[FeedbackEntry]:
        """Feedback given from `since` on with the answers it is about, newest first."""
        wanted = select(feedback).where(feedback.c.given_at >= since)
        if rating is not None:
            wanted = wanted.where(feedback.c.rating == rating.value)
        with self.database.read() as connection:
            newest = wanted.order_by(feedback.c.given_at.desc(), feedback.c.id)
            rows = connection.execute(newest.limit(limit).offset(offset)).all()
            about = records.load(connection, messages.c.id.in_([row.message_id for row in rows]))
        answers = {message.id: message.answer for message in about}
        return [
            FeedbackEntry(
                Feedback(row.id, row.message_id, Rating(row.rating), row.comment, row.given_at), answers[row.message_id]
            )
            for row in rows
        ]

    def counts(self, since: datetime) -> dict[Rating, int]:
        """How often each was said from `since` on; all of them, also those never said."""
        said = select(feedback.c.rating, func.count().label("times")).where(feedback.c.given_at >= since)
        with self.database.read() as connection:
            counted = {row.rating: row.times for row in connection.execute(said.group_by(feedback.c.rating))}
        return {rating: counted.get(rating.value, 0) for rating in Rating}
