"""What is erased is in no byte of what is kept, and the search that proves it finds what is there."""

from __future__ import annotations

import html
import json
import os
import random
import re
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.answerer import Answerer
from assistant.answering.guard import mask
from assistant.answering.question import Cues
from assistant.config import ROOT, AnsweringSettings
from assistant.domain.answers import Status
from assistant.domain.conversations import Rating, Visit
from assistant.domain.linear import Bars, LinearModel
from assistant.errors import StorageError, UsageError
from assistant.prompts import load_words, read_table
from assistant.storage import erasure, tokens
from assistant.storage.conversations import Conversations
from assistant.storage.database import Database
from tests.databases import Postgres
from tests.fakes import FakeLibrary, FakeRetriever, lemmas
from tests.storage.conftest import Desk, answer

WORDS = 'Kanarek żółć „próba” <b> & "cytat"\nz drugiej linii'
PESEL = "44051401359"


# ---- erasing -------------------------------------------------------------------------------------


def asked(desk: Desk, *questions: str) -> tuple[Visit, str]:
    visit = desk.visits.of(desk.visits.begin(""))
    made = desk.conversations.create(visit, "pl")
    for question in questions:
        desk.conversations.add(visit, made.id, answer(question, quotes=random.Random(question).randint(1, 9)))
    return visit, made.id


def test_erasing_tells_what_was_there(desk: Desk) -> None:
    visit, conversation = asked(desk, "pierwsze", "drugie")
    first, second = (message.id for message in desk.conversations.read(visit, conversation).messages)
    given_ = desk.feedback.give(visit, second, Rating.OTHER, "uwaga")
    asked(desk, "czyjeś")
    erased = erasure.erase(desk.database, [conversation, "A" * 43])
    assert (erased.conversations, erased.messages) == (1, 2)
    assert set(erased.ids) == {conversation, first, second, given_.id}
    assert erased.texts == ("pierwsze", "drugie", "uwaga")
    assert erasure.erase(desk.database, [conversation]) == erasure.Erased(0, 0, (), ())


def test_of_many_conversations_the_erased_ones_leave_no_byte_in_sqlites_files(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """Words are overwritten at once, without VACUUM; rows of all sizes, removed from the middle of many pages."""
    file = tmp_path / "x.sqlite3"
    shutil.copy(sqlite_template, file)
    desk = Desk(Database(f"sqlite:///{file}"))
    dice = random.Random(11)
    people = [asked(desk) for _ in range(60)]
    words: dict[str, list[str]] = {conversation: [] for _, conversation in people}
    for number in range(300):
        visit, conversation = dice.choice(people)
        words[conversation].append(f"kanarek-{number:05}-" + "x" * dice.randint(0, 400))
        message = desk.conversations.add(
            visit, conversation, answer(words[conversation][-1], quotes=dice.randint(1, 9))
        )
        words[conversation].append(message.id)
        if dice.random() < 0.5:
            words[conversation].append(f"uwaga-{number:05}")
            desk.feedback.give(visit, message.id, Rating.OTHER, words[conversation][-1])
    dice.shuffle(people)
    gone, kept = people[:30], people[30:]
    for visit, conversation in gone:
        desk.conversations.erase(visit, conversation)
    held = b"".join(path.read_bytes() for path in desk.database.files)
    written = [text for _, conversation in gone for text in words[conversation] if not tokens.is_token(text)]
    assert not any(text.encode() in held for text in written)
    assert erasure.clean(desk.database)
    held = b"".join(path.read_bytes() for path in desk.database.files)
    assert not any(text.encode() in held for _, conversation in gone for text in [conversation, *words[conversation]])
    assert all(text.encode() in held for _, conversation in kept for text in [conversation, *words[conversation]])
    desk.database.close()


def test_erasing_one_conversation_is_quick(desk: Desk) -> None:
    for _ in range(20):
        visit, conversation = asked(desk, *map(str, range(5)))
    started = time.perf_counter()
    desk.conversations.erase(visit, conversation)
    assert time.perf_counter() - started < 1  # measured 10 ms


def test_the_next_run_of_the_job_takes_away_what_erasing_left(desk: Desk, tmp_path: Path) -> None:
    visit, conversation = asked(desk, "kanarek w kopalni")
    desk.conversations.erase(visit, conversation)
    calls: list[str] = []
    desk.database.compact = lambda: calls.append("compact")  # type: ignore[method-assign]
    assert not erasure.clean(desk.database, most=1)  # too big to be written anew while others wait
    assert erasure.clean(desk.database)
    assert erasure.clean(desk.database)  # nothing erased since
    assert calls == ["compact"]


def test_cleaning_and_checking_disturb_nobody(desk: Desk) -> None:
    """Four people ask while a fifth erases and the job writes the database anew."""
    people = [asked(desk) for _ in range(4)]
    done = threading.Event()

    def ask(visit: Visit, conversation: str) -> int:
        number = 0
        while not done.is_set():
            desk.conversations.add(visit, conversation, answer())
            number += 1
            time.sleep(0.005)  # SQLite keeps no queue of writers: who never pauses may starve the others
        return number

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(ask, *person) for person in people]
        try:
            for _ in range(5):
                visit, conversation = asked(desk, "kanarek")
                desk.conversations.erase(visit, conversation)
                assert erasure.clean(desk.database)
        finally:
            done.set()
    for (visit, conversation), future in zip(people, waiting, strict=True):
        assert len(desk.conversations.read(visit, conversation).messages) == future.result() > 0


# ---- proving -------------------------------------------------------------------------------------


def test_the_proof_finds_what_is_there_and_nothing_when_it_is_gone(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    _, conversation = asked(desk, WORDS)
    before = erasure.prove([tmp_path], [conversation], desk.database)
    assert before.hits
    assert before.database == ("file" if desk.database.file else "folder")
    erased = erasure.erase(desk.database, [conversation])
    after = erasure.prove([tmp_path], [*erased.ids, *erased.texts], desk.database)
    assert after.hits == ()
    assert (after.files, after.bytes) > (0, 100_000)


FORMS = [
    (WORDS.encode(), "UTF-8"),
    (WORDS.encode("utf-16-le"), "UTF-16, little end first"),
    (WORDS.encode("utf-16-be"), "UTF-16, big end first"),
    (WORDS.encode("cp1250"), "a Windows program's"),
    (json.dumps(WORDS).encode(), "JSON in ASCII"),
    (json.dumps(WORDS, ensure_ascii=False).encode(), "JSON in UTF-8"),
    (re.sub(r"\\u....", lambda m: r"\u" + m[0][2:].upper(), json.dumps(WORDS)).encode(), "JSON with capital digits"),
    (html.escape(WORDS).encode(), "HTML"),
    (quote(WORDS).encode(), "in an address"),
]


@pytest.mark.parametrize(("form", "why"), FORMS, ids=[why for _, why in FORMS])
def test_words_are_found_however_they_were_written(tmp_path: Path, form: bytes, why: str) -> None:
    file = tmp_path / "deep" / "down" / ".hidden.bin"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\0\xff" * 50 + form + b"\0" * 9)
    proof = erasure.prove([tmp_path], [WORDS])
    assert (str(file), 100 + form.startswith(b'"')) in proof.hits
    assert (proof.files, proof.bytes, proof.database) == (1, file.stat().st_size, "")


@given(before=st.integers(0, 40), block=st.integers(1, 17), times=st.integers(1, 3))
def test_words_are_found_across_the_ends_of_blocks(before: int, block: int, times: int) -> None:
    kept, erasure.BLOCK = erasure.BLOCK, block
    folder = Path("/dev/shm" if os.path.isdir("/dev/shm") else "/tmp") / f"prove-{os.getpid()}"
    try:
        folder.mkdir(exist_ok=True)
        (folder / "x").write_bytes(b"." * before + b"kanarek" * times + b"..")
        hits = [offset for _, offset in erasure.prove([folder], ["kanarek"]).hits]
    finally:
        erasure.BLOCK = kept
        shutil.rmtree(folder, ignore_errors=True)
    assert hits == [before + 7 * n for n in range(times)]


def test_links_and_odd_files_neither_loop_nor_block(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_text("kanarek")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "twice").symlink_to(tmp_path / "a" / "file")
    (tmp_path / "a" / "nowhere").symlink_to(tmp_path / "none")
    os.mkfifo(tmp_path / "a" / "pipe")
    proof = erasure.prove([tmp_path, tmp_path / "a", tmp_path / "a" / "file", tmp_path / "none"], ["kanarek"])
    assert [offset for _, offset in proof.hits] == [0]
    assert proof.files == 1


def test_a_file_that_cannot_be_read_is_no_proof(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kanarek")
    (tmp_path / "file").chmod(0)
    tmp_path.chmod(0o755)
    user = os.geteuid()
    if user == 0:  # root reads everything
        os.seteuid(65534)
    try:
        with pytest.raises(StorageError):
            erasure.prove([tmp_path], ["kanarek"])
    finally:
        os.seteuid(user)


def test_nothing_to_search_for_is_no_proof(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        erasure.prove([tmp_path], [""])


def test_a_big_file_is_searched_in_little_memory_and_time(tmp_path: Path) -> None:
    with (tmp_path / "big").open("wb") as stream:
        for _ in range(64):
            stream.write(b"x" * (1 << 20))
        stream.write("żółty kanarek".encode())
    started = time.perf_counter()
    proof = erasure.prove([tmp_path], ["żółty kanarek"])
    assert proof.hits == ((str(tmp_path / "big"), 64 << 20),)
    assert time.perf_counter() - started < 10  # measured 0.2 s


# ---- PostgreSQL ----------------------------------------------------------------------------------


@pytest.fixture
def guest(postgres: Postgres, postgres_template: str) -> Iterator[Desk]:
    """Stores of a user who may use the tables and no more: not the server's owner, as in an office."""
    address = postgres.empty(postgres_template)
    name = address.rpartition("/")[2].partition("?")[0]
    for order in (
        "DROP ROLE IF EXISTS guest",
        "CREATE ROLE guest LOGIN",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guest",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO guest",
    ):
        postgres.order(order, name)
    desk = Desk(Database(postgres.address(name, "guest")))
    yield desk
    desk.database.close()
    postgres.order("DROP OWNED BY guest", name)


@pytest.mark.system
def test_where_the_folder_is_not_ours_to_read_every_text_column_is_searched(guest: Desk, tmp_path: Path) -> None:
    _, conversation = asked(guest, WORDS)
    found = erasure.prove([tmp_path], [WORDS, conversation], guest.database)
    assert found.database == "columns"
    assert {name for name, _ in found.hits} == {
        "public.messages.question",
        "public.messages.conversation_id",
        "public.conversations.id",
    }
    erased = erasure.erase(guest.database, [conversation])
    assert erasure.prove([tmp_path], [*erased.ids, *erased.texts], guest.database).hits == ()


@pytest.mark.system
def test_a_folder_of_another_server_is_not_searched_in_its_place(postgres: Postgres, postgres_template: str) -> None:
    database = Database(postgres.empty(postgres_template))
    assert erasure.server_folder(database) == postgres.data
    control = postgres.data / "global" / "pg_control"
    bytes_ = control.read_bytes()
    try:
        control.write_bytes(bytes(8) + bytes_[8:])
        assert erasure.server_folder(database) is None
    finally:
        control.write_bytes(bytes_)
        database.close()


# ---- what reaches the database at all ------------------------------------------------------------


def test_no_identifier_reaches_the_database(desk: Desk, tmp_path: Path) -> None:
    """The real guard and answerer; feedback as the service masks it."""
    library = FakeLibrary()
    library.write("klaster.md", ("Klaster", ["Klaster to sieć spółdzielni socjalnych."]))
    answerer = Answerer(
        retriever=FakeRetriever(library),
        library=lambda generation: library,
        words=load_words(ROOT / "prompts"),
        cues=Cues(read_table(ROOT / "prompts" / "cues.toml")),
        lemmas=lemmas,
        detect=lambda text: "pl",
        bars=Bars(answered=0.9, partial=0.4),
        units=LinearModel(("cosine",), (0.0,), (1.0,), (6.0,)),
        answerability=LinearModel(("chance",), (0.5,), (0.1,), (1.0,)),
        settings=AnsweringSettings(),
    )
    visit, conversation = asked(desk)
    for question in (f"Mój PESEL {PESEL}. Co to jest klaster?", f"{PESEL}", "Co to jest klaster?"):
        desk.conversations.add(visit, conversation, answerer.ask(question))
    statuses = [message.answer.status for message in desk.conversations.read(visit, conversation).messages]
    assert statuses[0] is Status.BLOCKED
    assert statuses[-1] is not Status.BLOCKED
    assert erasure.prove([tmp_path], [PESEL], desk.database).hits == ()


def test_a_question_that_was_not_masked_is_masked_before_it_is_kept(desk: Desk, tmp_path: Path) -> None:
    conversations = Conversations(desk.database, desk.settings, desk.clock, lambda text: mask(text).text)
    visit, conversation = asked(desk)
    message = conversations.add(visit, conversation, answer(f"PESEL {PESEL}", Status.NOT_FOUND))
    assert message.answer.question == "PESEL [PESEL]"
    assert erasure.prove([tmp_path], [PESEL], desk.database).hits == ()
