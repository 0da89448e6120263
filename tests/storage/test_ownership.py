"""Whatever several visitors do, in any order, none of them ever sees or changes what is another's."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.domain.conversations import Rating, Visit
from assistant.errors import NotThere
from tests.storage.conftest import Desk, answer

VISITORS = 3
WHO = st.integers(0, VISITORS - 1)
WHICH = st.integers(0, 5)  # one of the things made so far, whosever it is
STEP = st.tuples(st.sampled_from(["create", "add", "read", "erase", "earlier", "rate", "stop"]), WHO, WHICH)


class World:
    """The stores, and beside them a plain list of what everybody should find there."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.visits: list[Visit] = [desk.visits.of(desk.visits.begin("")) for _ in range(VISITORS)]
        self.conversations: list[tuple[int, str]] = []
        self.messages: list[tuple[int, str, str]] = []
        self.questions: dict[str, list[str]] = {}
        self.ratings: dict[str, Rating] = {}
        self.stopped: set[str] = set()

    def step(self, act: str, who: int, which: int) -> None:
        getattr(self, f"_{act}")(who, which)

    def _create(self, who: int, which: int) -> None:
        made = self.desk.conversations.create(self.visits[who], "pl")
        self.conversations.append((who, made.id))
        self.questions[made.id] = []

    def _add(self, who: int, which: int) -> None:
        owner, identity = self._conversation(which)
        asked = f"pytanie {len(self.messages)}"
        message = self._tried(who, owner, identity, self.desk.conversations.add, identity, answer(asked))
        if message:
            self.messages.append((owner, identity, message.id))
            self.questions[identity].append(asked)

    def _read(self, who: int, which: int) -> None:
        owner, identity = self._conversation(which)
        read = self._tried(who, owner, identity, self.desk.conversations.read, identity)
        if read:
            assert [message.answer.question for message in read.messages] == self.questions[identity]
            for message in read.messages:
                assert message.rating == self.ratings.get(message.id)
                assert message.interrupted == (message.id in self.stopped)

    def _earlier(self, who: int, which: int) -> None:
        owner, identity = self._conversation(which)
        earlier = self._tried(who, owner, identity, self.desk.conversations.earlier, identity, 2)
        assert earlier is None or earlier == self.questions[identity][-2:]

    def _erase(self, who: int, which: int) -> None:
        owner, identity = self._conversation(which)
        self._tried(who, owner, identity, self.desk.conversations.erase, identity)
        if who == owner:
            self.questions.pop(identity, None)

    def _rate(self, who: int, which: int) -> None:
        owner, identity, message = self._message(which)
        if self._tried(who, owner, identity, self.desk.feedback.give, message, Rating.HELPFUL, ""):
            self.ratings[message] = Rating.HELPFUL

    def _stop(self, who: int, which: int) -> None:
        owner, identity, message = self._message(which)
        self._tried(who, owner, identity, self.desk.conversations.stopped, message)
        if who == owner:
            self.stopped.add(message)

    def _conversation(self, which: int) -> tuple[int, str]:
        return self.conversations[which % len(self.conversations)] if self.conversations else (-1, "A" * 43)

    def _message(self, which: int) -> tuple[int, str, str]:
        return self.messages[which % len(self.messages)] if self.messages else (-1, "A" * 43, "B" * 43)

    def _tried(self, who: int, owner: int, identity: str, act: Any, *given: Any) -> Any:
        """What came of it; None when it was refused, which must be so for others' things and for what is gone."""
        allowed = who == owner and identity in self.questions
        try:
            done = act(self.visits[who], *given)
        except NotThere:
            assert not allowed
            return None
        assert allowed
        return done


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=25))
def test_nobody_sees_what_is_anothers(desk: Desk, steps: list[tuple[str, int, int]]) -> None:
    world = World(desk)
    for step in steps:
        world.step(*step)
    for which in range(len(world.conversations)):
        for who in range(VISITORS):
            world.step("read", who, which)
