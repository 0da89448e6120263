"""All stores of one database, made together. Nothing connects, and no library is loaded, before the first use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Settings

if TYPE_CHECKING:
    from .accounts import Accounts
    from .addresses import Addresses
    from .audit import Audit
    from .conversations import Conversations
    from .counts import Counts
    from .database import Database
    from .erasure import Erased, Searched
    from .feedback import FeedbackBox
    from .gaps import Gaps
    from .runs import Runs
    from .switch import Switch
    from .visits import Visits
    from .workshops import Workshops


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Stores:
    """What is kept; `database.upgrade()` once before, `database.close()` at the end."""

    settings: Settings
    clock: Callable[[], datetime]
    mask: Callable[[str], str]

    @cached_property
    def database(self) -> Database:
        """The database itself: upgrade, check, close."""
        from .database import Database

        return Database(self.settings.database_url)

    @cached_property
    def visits(self) -> Visits:
        """Anonymous visits."""
        from .visits import Visits

        return Visits(self.database, self.settings.web, self.clock)

    @cached_property
    def conversations(self) -> Conversations:
        """Their conversations."""
        from .conversations import Conversations

        return Conversations(self.database, self.settings.web, self.clock, self.mask)

    @cached_property
    def feedback(self) -> FeedbackBox:
        """What they say about answers."""
        from .feedback import FeedbackBox

        return FeedbackBox(self.database, self.clock, self.mask)

    @cached_property
    def gaps(self) -> Gaps:
        """What they asked and was not found."""
        from .gaps import Gaps

        return Gaps(self.database)

    @cached_property
    def accounts(self) -> Accounts:
        """The staff."""
        from .accounts import Accounts

        return Accounts(self.database, self.settings.staff, self.clock)

    @cached_property
    def addresses(self) -> Addresses:
        """Hashes of addresses."""
        from .addresses import Addresses

        return Addresses(self.database, self.clock)

    @cached_property
    def audit(self) -> Audit:
        """What the staff did."""
        from .audit import Audit

        return Audit(self.database, self.clock)

    @cached_property
    def switch(self) -> Switch:
        """Whether the public surfaces answer."""
        from .switch import Switch

        return Switch(self.database, self.clock)

    @cached_property
    def counts(self) -> Counts:
        """Numbers without content."""
        from .counts import Counts

        return Counts(self.database)

    @cached_property
    def runs(self) -> Runs:
        """Runs of guided modes."""
        from .runs import Runs

        return Runs(self.database, self.settings.retention, self.clock, self.mask)

    @cached_property
    def workshops(self) -> Workshops:
        """Workshops of guided modes."""
        from .workshops import Workshops

        return Workshops(self.database, self.settings.retention, self.clock, self.mask)

    def erase(self, conversations: Iterable[str], actor: str) -> Erased:
        """Remove conversations, whosever they are; the audit log keeps how many. See erasure.erase."""
        from . import erasure

        erased = erasure.erase(self.database, conversations)
        self.audit.note(actor, "conversations_erased", conversations=erased.conversations, messages=erased.messages)
        erasure.clean(self.database)
        return erased

    def prove(self, paths: Iterable[Path], texts: Iterable[str]) -> Searched:
        """Search everything kept below `paths` and in the database for texts; see erasure.prove."""
        from . import erasure

        return erasure.prove(paths, texts, self.database)

    def retain(self) -> dict[str, int]:
        """Remove what was kept long enough; see retention.run."""
        from . import retention

        return retention.run(self.database, self.settings.retention, self.clock)


def open_stores(
    settings: Settings, clock: Callable[[], datetime] = utc_now, mask: Callable[[str], str] = str
) -> Stores:
    """The stores for these settings. `mask` takes personal identifiers out of what people write (the guard's)."""
    return Stores(settings, clock, mask)
