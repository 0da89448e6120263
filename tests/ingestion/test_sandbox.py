import os
import threading
import time

import pytest

from assistant.config import IngestionSettings
from assistant.errors import EncryptedDocument, ParserLimit, UnreadableDocument
from assistant.ingestion.sandbox import Sandbox

KINDS = "good pid segfault sleep spin swallow deep raises encrypted overlap babble surrogate child environment exits"
TABLE = {kind: ("tests.ingestion.hostile_parsers", kind) for kind in KINDS.split()}
SETTINGS = IngestionSettings(wall_seconds=20, cpu_seconds=20, memory_mb=512)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(table=TABLE) as sandbox:
        yield sandbox


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "plik 'ą'\n\".md"
    file.write_text("treść")
    return file


@pytest.mark.parametrize(
    ("kind", "error", "details"),
    [
        ("segfault", UnreadableDocument, {"reason": "crashed"}),
        ("exits", UnreadableDocument, {"reason": "crashed", "detail": "exit 3"}),
        ("swallow", ParserLimit, {"reason": "memory"}),
        ("deep", UnreadableDocument, {"reason": "crashed", "detail": "RecursionError"}),
        ("raises", UnreadableDocument, {"reason": "crashed", "detail": "ZeroDivisionError"}),
        ("encrypted", EncryptedDocument, {"reason": "password"}),
        ("overlap", UnreadableDocument, {"reason": "crashed"}),
        ("no such kind", UnreadableDocument, {"reason": "unsupported_type"}),
    ],
)
def test_a_bad_file_ends_with_a_named_error_and_the_next_one_is_read(sandbox, file, kind, error, details):
    with pytest.raises(error) as raised:
        sandbox.parse(file, kind, SETTINGS)
    assert type(raised.value) is error
    assert details.items() <= raised.value.details.items()
    assert sandbox.parse(file, "good", SETTINGS).text == "treść"


@pytest.mark.parametrize(
    ("kind", "limits", "reason"), [("sleep", {"wall_seconds": 1}, "time"), ("spin", {"cpu_seconds": 1}, "cpu")]
)
def test_time_limits_end_the_worker(sandbox, file, kind, limits, reason):
    began = time.monotonic()
    with pytest.raises(ParserLimit) as raised:
        sandbox.parse(file, kind, SETTINGS.model_copy(update=limits))
    assert raised.value.details["reason"] == reason
    assert time.monotonic() - began < 15


def test_a_worker_reads_many_files_and_is_then_replaced(file):
    with Sandbox(table=TABLE, files_a_worker=3) as sandbox:
        pids = [sandbox.parse(file, "pid", SETTINGS).text for _ in range(4)]
    assert pids[0] == pids[1] == pids[2] != pids[3]


def test_what_a_parser_prints_does_not_reach_the_messages(sandbox, file):
    assert sandbox.parse(file, "babble", SETTINGS).text == "ok"


def test_lone_surrogates_become_replacement_characters_of_the_same_length(sandbox, file):
    assert sandbox.parse(file, "surrogate", SETTINGS).text == "a\ufffdb"


def test_a_worker_gets_no_secrets(sandbox, file, monkeypatch):
    monkeypatch.setenv("ASSISTANT_EMBEDDER__API_KEY", "x")
    with Sandbox(table=TABLE) as fresh:
        assert "API_KEY" not in fresh.parse(file, "environment", SETTINGS).text


def test_what_a_parser_started_dies_with_it(file):
    with Sandbox(table=TABLE) as sandbox, pytest.raises(ParserLimit):
        sandbox.parse(file, "child", SETTINGS.model_copy(update={"wall_seconds": 1}))
    pid = int(file.read_text())
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        with open(f"/proc/{pid}/stat") as stat:
            if stat.read().split()[2] == "Z":
                return
        time.sleep(0.05)
    pytest.fail("the child lives on")


def test_two_threads_use_two_workers(file):
    found = []
    with Sandbox(workers=2, table=TABLE) as sandbox:
        threads = [
            threading.Thread(target=lambda: found.append(sandbox.parse(file, "good", SETTINGS).text)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == ["treść"] * 4


def test_a_closed_sandbox_starts_again_when_asked(file):
    sandbox = Sandbox(table=TABLE)
    for _ in range(2):
        assert sandbox.parse(file, "good", SETTINGS).text == "treść"
        sandbox.close()
