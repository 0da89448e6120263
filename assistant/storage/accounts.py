"""Accounts of the staff: passwords (Argon2id), sign-in with a lock after wrong tries, and sessions.

Nobody learns from an answer or from its time whether a name exists. There is no account until one is made.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from ..config import StaffSettings
from ..domain.conversations import Account, Role
from ..errors import DatabaseUnavailable, NotThere, SignInRefused, TooManyTries, UsageError
from . import tokens
from .addresses import Addresses
from .database import Database
from .tables import accounts, staff_sessions, tries

NAME = re.compile(r"[\w.@+-]{1,100}")
PASSWORD_CHARS = 1000  # longer ones are refused unread
DIFFERENT = 5  # characters a password must have
SEEN = timedelta(minutes=1)  # a session's last use is noted as often as this
MEMORY_KB, ROUNDS, LANES = 19 * 1024, 2, 1  # OWASP's advice for Argon2id; 25 ms here
AT_ONCE = 2  # passwords checked at the same time: more would take memory and time from answers

_checking = threading.Semaphore(AT_ONCE)


@dataclass(frozen=True)
class Accounts:
    """Who may enter the workspace. Tries are counted by hashes of names and addresses, of one day each."""

    database: Database
    settings: StaffSettings
    clock: Callable[[], datetime]

    # accounts

    def create(self, name: str, password: str, role: Role) -> Account:
        """A new account. UsageError for a bad name or password, or a name that is taken."""
        known = _known(name)
        if not NAME.fullmatch(known):
            raise UsageError(reason="account_name")
        now = self.clock()
        row = {"name": known, "role": role.value, "password_hash": self._hashed(known, password), "created_at": now}
        order = self.database.insert(accounts).values(row).on_conflict_do_nothing(index_elements=["name"])
        with self.database.begin() as connection:
            if connection.execute(order.returning(accounts.c.name)).one_or_none() is None:
                raise UsageError(reason="account_taken")
        return Account(known, role, now)

    def set_password(self, name: str, password: str) -> None:
        """Another password; ends the account's sessions and its lock. NotThere, UsageError."""
        known = _known(name)
        hashed = self._hashed(known, password)
        with self.database.begin() as connection:
            order = update(accounts).where(accounts.c.name == known).values(password_hash=hashed)
            if not connection.execute(order).rowcount:
                raise NotThere()
            connection.execute(delete(staff_sessions).where(staff_sessions.c.name == known))
            connection.execute(delete(tries).where(tries.c.subject == self._by_name(known)))

    def remove(self, name: str) -> None:
        """Remove an account and end its sessions. NotThere."""
        with self.database.begin() as connection:
            if not connection.execute(delete(accounts).where(accounts.c.name == _known(name))).rowcount:
                raise NotThere()

    def list(self) -> list[Account]:
        """All accounts by name."""
        with self.database.read() as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.name)).all()
        return [Account(row.name, Role(row.role), row.created_at) for row in rows]

    # signing in

    def sign_in(self, name: str, password: str, address: str) -> str:
        """A session's token. SignInRefused, or TooManyTries(seconds) for a name or an address that failed too often.

        `address` is the machine's, or a hash of it; kept only as a hash of the day. A try counts before the password
        is looked at, so that many at once are no more than one after another.
        """
        known = _known(name)
        subjects = (self._by_name(known), f"address {self._addresses.hash(address)}")
        self._count(subjects)
        with self.database.read() as connection:
            row = connection.execute(select(accounts).where(accounts.c.name == known)).one_or_none()
        if not _matches(row.password_hash if row else None, password) or row is None:
            raise SignInRefused()
        return self._enter(row, password, subjects)

    def trust(self, name: str, role: Role | None = None) -> str:
        """A session's token for an account whose owner another system vouches for; SignInRefused for no such account.

        With a `role` the account must have it.
        """
        with self.database.begin() as connection:
            row = connection.execute(select(accounts).where(accounts.c.name == _known(name))).one_or_none()
            if row is None or role not in (None, Role(row.role)):
                raise SignInRefused()
            return self._open(connection, row.name)

    def of(self, token: str) -> Account | None:
        """Whose session it is; None when it has ended. Using it keeps it alive."""
        if not tokens.is_token(token):
            return None
        key = tokens.digest(token)
        joined = select(accounts, staff_sessions.c.created_at.label("begun"), staff_sessions.c.seen_at).join_from(
            staff_sessions, accounts
        )
        with self.database.read() as connection:
            row = connection.execute(joined.where(staff_sessions.c.token_hash == key)).one_or_none()
        now = self.clock()
        if row is None or not self._alive(row, now):
            return None
        if abs(now - row.seen_at) >= SEEN:
            self._seen(key, now)
        return Account(row.name, Role(row.role), row.created_at)

    def sign_out(self, token: str) -> None:
        """End a session, if there is one."""
        with self.database.begin() as connection:
            connection.execute(delete(staff_sessions).where(staff_sessions.c.token_hash == tokens.digest(token)))

    # tries

    def _count(self, subjects: tuple[str, ...]) -> None:
        now, lock = self.clock(), timedelta(minutes=self.settings.lock_minutes)
        with self.database.begin() as connection:
            self.database.only_one(connection, tries)
            for subject in subjects:
                newest = select(tries.c.at).where(tries.c.subject == subject).order_by(tries.c.number.desc())
                made = connection.execute(newest.limit(self.settings.tries)).scalars().all()
                left = self._locked(made, now, lock)
                if left:
                    raise TooManyTries(seconds=max(1, round(left.total_seconds())))
            connection.execute(tries.insert(), [{"subject": subject, "at": now} for subject in subjects])

    def _locked(self, made: Any, now: datetime, lock: timedelta) -> timedelta | None:
        """How long after so many tries, newest first, nobody may try again; None when somebody may."""
        if len(made) < self.settings.tries or made[0] - made[-1] > lock:
            return None
        left = made[0] + lock - now
        return left if timedelta(0) < left <= lock else None

    def _enter(self, row: Row[Any], password: str, subjects: tuple[str, ...]) -> str:
        """A right password clears its name, and of the address only its own try: others' wrong ones still count."""
        by_name, by_address = subjects
        better = _hasher().hash(_bytes(_plain(password))) if _hasher().check_needs_rehash(row.password_hash) else None
        with self.database.begin() as connection:
            if better:
                connection.execute(update(accounts).where(accounts.c.name == row.name).values(password_hash=better))
            mine = select(tries.c.number).where(tries.c.subject == by_address).order_by(tries.c.number.desc()).limit(1)
            connection.execute(delete(tries).where(tries.c.number.in_(mine.scalar_subquery())))
            connection.execute(delete(tries).where(tries.c.subject == by_name))
            return self._open(connection, row.name)

    def _by_name(self, known: str) -> str:
        """A name as it is counted: hashed, for people type passwords there."""
        return f"name {self._addresses.hash(f'name {known}')}"

    @cached_property
    def _addresses(self) -> Addresses:
        return Addresses(self.database, self.clock)

    # sessions

    def _open(self, connection: Connection, name: str) -> str:
        token, now = tokens.new(), self.clock()
        row = {"token_hash": tokens.digest(token), "name": name, "created_at": now, "seen_at": now}
        connection.execute(staff_sessions.insert().values(row))
        return token

    def _alive(self, row: Row[Any], now: datetime) -> bool:
        longest = timedelta(hours=self.settings.session_hours)
        idle = timedelta(minutes=self.settings.idle_minutes)
        return row.begun < now + longest and now < min(row.begun + longest, row.seen_at + idle)

    def _seen(self, key: str, now: datetime) -> None:
        try:
            with self.database.begin() as connection:
                connection.execute(update(staff_sessions).where(staff_sessions.c.token_hash == key).values(seen_at=now))
        except DatabaseUnavailable:
            return  # who may read goes on reading while nothing can be written

    def _hashed(self, known: str, password: str) -> str:
        plain = _plain(password)
        if not self.settings.min_password <= len(plain) <= PASSWORD_CHARS:
            raise UsageError(reason="password_length")
        if len(set(plain)) < DIFFERENT or known in plain.casefold():
            raise UsageError(reason="password_weak")
        with _checking:
            return str(_hasher().hash(_bytes(plain)))


def _known(name: str) -> str:
    """A name as it is kept: one spelling of letters, small."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _plain(password: str) -> str:
    """A password in one spelling of letters, whatever keyboard typed it (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def _bytes(plain: str) -> bytes:
    return plain.encode("utf-8", "surrogatepass")


def _matches(hashed: str | None, password: str) -> bool:
    """Whether a password is the hashed one. Takes as long for a name that does not exist."""
    from argon2.exceptions import InvalidHashError, VerificationError

    plain = _plain(password)
    readable = len(plain) <= PASSWORD_CHARS
    with _checking:
        nobody = _nobody()
        try:
            _hasher().verify(hashed or nobody, _bytes(plain) if readable else b"")
        except (VerificationError, InvalidHashError):
            return False
    return hashed is not None and readable


@cache
def _hasher() -> Any:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KB, parallelism=LANES)


@cache
def _nobody() -> str:
    """A hash that no password fits."""
    return str(_hasher().hash(tokens.new()))
