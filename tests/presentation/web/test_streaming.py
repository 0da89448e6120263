"""An answer as events says the same as the answer, in an order a reader can use."""

import asyncio
from concurrent.futures import Future

from hypothesis import given
from hypothesis import strategies as st

from assistant import config
from assistant.domain.answers import Answer, Citation, Sentence, SentenceKind, Status, Support
from assistant.errors import IndexDamaged
from assistant.presentation import schemas
from assistant.presentation.web import streaming
from assistant.prompts import load_words

WORDS = load_words(config.ROOT / "prompts")["pl"]
texts = st.text(min_size=1, max_size=30)


def citation(n: int) -> Citation:
    return Citation(n, "0" * 64, "Tytuł", "a.md", "2026", (1, 1), (), f"słowa {n}", (0, 7))


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    known = draw(st.integers(1, 5))
    sentences = tuple(
        Sentence(text, SentenceKind.QUOTED, tuple(numbers), Support.SUPPORTED)
        for text, numbers in draw(
            st.lists(st.tuples(texts, st.lists(st.integers(1, known), min_size=1, max_size=3, unique=True)), max_size=6)
        )
    )
    named = sorted({n for sentence in sentences for n in sentence.citations})
    cited = tuple(citation(n) for n in named)
    lang, status = draw(st.sampled_from(["pl", "en"])), draw(st.sampled_from(Status))
    return Answer("pytanie", lang, status, "\n".join(s.text for s in sentences), sentences, cited, (), "x", "g", 0.1)


@given(answers())
def test_events_put_together_are_the_answer(answer: Answer) -> None:
    told = list(streaming.told(answer, "m"))
    known: set[int] = set()
    for name, data in told:
        if name == "citation":
            assert data["n"] not in known
            known.add(data["n"])
        if name == "sentence":
            assert set(data["citations"]) <= known
    assert [data["index"] for name, data in told if name == "sentence"] == list(range(len(answer.sentences)))
    assert told[0][0] == "opening"
    assert told[-1] == ("done", {"message": "m", **schemas.answer(answer)})


@given(answers())
def test_no_words_of_an_answer_end_an_event(answer: Answer) -> None:
    for name, data in streaming.told(answer, ""):
        event = streaming._event(name, data).decode()
        assert event.count("\n\n") == 1
        assert [line.partition(": ")[0] for line in event.splitlines()] == ["event", "data", ""]


def collected(future: Future, patience: float, left: bool = False, unseen: list[str] | None = None) -> list[str]:
    async def gone() -> bool:
        return left

    async def abandoned(message: str) -> None:
        if unseen is not None:
            unseen.append(message)

    async def read() -> list[str]:
        return [piece.decode() async for piece in streaming.events(future, WORDS, patience, gone, abandoned)]

    return asyncio.run(read())


def test_an_answer_nobody_waited_for_is_marked_as_not_seen() -> None:
    future: Future = Future()
    future.set_result((Answer("p", "pl", Status.REFER, "t", (), (), (), "x", "g", 0.1), "m"))
    unseen: list[str] = []
    assert len(collected(future, 5, left=True, unseen=unseen)) == 1
    assert unseen == ["m"]


def test_who_leaves_the_queue_is_not_answered() -> None:
    future: Future = Future()
    assert len(collected(future, 0.05, left=True)) == 1
    assert future.cancelled()


def test_a_failure_is_the_last_event_and_never_an_answer() -> None:
    future: Future = Future()
    future.set_exception(IndexDamaged(generation="g", reason="x"))
    told = collected(future, 5)
    assert [piece.splitlines()[0] for piece in told] == ["event: status", "event: error"]
    assert "index_damaged" in told[-1]


def test_who_waits_too_long_is_told_to_come_back() -> None:
    future: Future = Future()
    told = collected(future, 0.05)
    assert "overloaded" in told[-1]
    assert future.cancelled()  # and leaves the queue
