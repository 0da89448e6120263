"""The command as people and scripts meet it: contracts of DESIGN §10, exit codes, help, awkward input."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assistant import config
from assistant.indexing import locking
from assistant.presentation import cli
from assistant.prompts import load_words
from assistant.service import Service

WORDS = load_words(config.ROOT / "prompts")
COMMANDS = (
    ["index"], ["ask"], ["search"], ["chat"], ["verify"], ["doctor"], ["documents"],
    ["eval"], ["eval", "beir"], ["eval", "answers"], ["eval", "answerability"], ["eval", "fit"],
)  # fmt: skip
PESEL = "44051401359"

# DESIGN §10, and what we add to it
ANSWER = {
    "question",
    "lang",
    "status",
    "opening",
    "text",
    "sentences",
    "citations",
    "suggestions",
    "engine",
    "generation",
    "seconds",
}
ANSWER_MORE = {"notices"}
SENTENCE = {"text", "kind", "citations", "support"}
SENTENCE_MORE = {"form"}
CITATION = {"n", "document_id", "title", "path", "edition", "pages", "headings", "quote", "span"}
CITATION_MORE = {"state_of_law", "language"}
SEARCH = {"query", "passages", "generation", "seconds"}
SEARCH_MORE = {"searched_as", "notice"}
PASSAGE = {"rank", "score", "found_by", "document_id", "title", "path", "pages", "headings", "text", "span"}
PASSAGE_MORE = {"edition", "signals"}


@dataclass
class Ran:
    """One command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out.count("\n") == 1, "one JSON object on one line"
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with no settings of the developer's own."""
    for name in [name for name in os.environ if name.startswith(config.PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process."""

    def run(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def at(small: Service) -> Sequence[str]:
    """Options that point at the small index."""
    return "--indexes", str(small.settings.indexes)


@pytest.fixture
def batch(run: Run, at: Sequence[str], home: Path) -> Callable[..., Ran]:
    """`ask --batch` over rows, or over lines as they are."""

    def batch(*rows: dict[str, Any] | bytes, lang: str | None = None) -> Ran:
        lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
        (home / "batch.jsonl").write_bytes(b"\n".join(lines))
        return run("ask", "--batch", str(home / "batch.jsonl"), *at, *(("--lang", lang) if lang else ()))

    return batch


def process(
    *arguments: str | bytes, given: bytes | None = None, cut: bool = False, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """The installed command in a process of its own; `cut`: its reader goes away after the first bytes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(config.PREFIX)}
    call = [sys.executable, "-c", "from assistant.presentation.cli import main; main()", *arguments]
    if cut:
        quoted = 'exec 3>&1; ("$@"; echo $? >&3) | head -c 1 >/dev/null'
        call = ["bash", "-c", quoted, "bash", *call]
    return subprocess.run(call, input=given, capture_output=True, env=kept | environment, timeout=60)


def steers(text: str) -> list[str]:
    """Characters that a terminal may obey."""
    return [
        c for c in text if c not in "\n\t" and (unicodedata.category(c) in ("Cc", "Cf", "Cs") or c in "\u2028\u2029")
    ]


# ---- contracts -----------------------------------------------------------------------------------


def test_ask_gives_the_agreed_keys(run: Run, at: Sequence[str]) -> None:
    answer = run("ask", "Jakie dokumenty składa kandydat do klastra Latarnia?", *at, "--json").json
    assert set(answer) == ANSWER | ANSWER_MORE
    assert answer["status"] in ("answered", "partial")
    assert answer["sentences"]
    assert answer["citations"]
    for sentence in answer["sentences"]:
        assert set(sentence) == SENTENCE | SENTENCE_MORE
        assert (sentence["kind"], sentence["support"]) == ("quoted", "supported")
    for n, citation in enumerate(answer["citations"], 1):
        assert set(citation) == CITATION | CITATION_MORE
        assert citation["n"] == n
        assert [type(v) for v in (*citation["pages"], *citation["span"])] == [int] * 4
        assert citation["span"][1] - citation["span"][0] == len(citation["quote"])
    assert isinstance(answer["seconds"], float)
    assert (answer["lang"], answer["engine"]) == ("pl", "extractive")


def test_a_refusal_has_the_same_keys_and_no_citations(run: Run, at: Sequence[str]) -> None:
    answer = run("ask", "przepis na sernik", *at, "--json").json
    assert set(answer) == ANSWER | ANSWER_MORE
    assert (answer["status"], answer["sentences"], answer["citations"]) == ("out_of_scope", [], [])
    assert answer["text"] == WORDS["pl"].text("answers.out_of_scope")


def test_search_gives_the_agreed_keys(run: Run, at: Sequence[str]) -> None:
    found = run("search", "składka członkowska", "-k", "3", *at, "--json").json
    assert set(found) == SEARCH | SEARCH_MORE
    assert found["query"] == "składka członkowska"
    assert [passage["rank"] for passage in found["passages"]] == [1, 2, 3]
    scores = [passage["score"] for passage in found["passages"]]
    assert scores == sorted(scores, reverse=True)
    for passage in found["passages"]:
        assert set(passage) == PASSAGE | PASSAGE_MORE
        assert passage["found_by"] in ("lexical", "dense", "both")
        assert passage["span"][1] - passage["span"][0] == len(passage["text"])
    assert "120 zł" in found["passages"][0]["text"]


def test_index_reports_every_file(run: Run, small: Service, at: Sequence[str]) -> None:
    report = run("index", "--corpus", str(small.settings.corpus), *at, "--json").json
    assert report["up_to_date"] is True
    assert {v["path"]: v["outcome"] for v in report["verdicts"]} == {"latarnia.md": "indexed", "notatka.txt": "indexed"}
    assert {"documents", "chunks", "units", "refused"} <= set(report["counts"])


def test_documents_verify_and_doctor_speak_json(run: Run, small: Service, at: Sequence[str]) -> None:
    listed = run("documents", *at, "--json").json
    assert [d["title"] for d in listed["documents"]] == ["Klaster Latarnia. Podręcznik", "notatka"]
    assert len(listed["verdicts"]) == 2
    proof = run("verify", "--strict", *at, "--json").json
    assert proof["ok"] is True
    assert all(check["ok"] for check in proof["checks"])
    checks = {check["name"]: check for check in run("doctor", *at, "--json").json["checks"]}
    assert checks["index"]["ok"] is True
    assert {"settings", "corpus", "embedder", "dictionary"} <= set(checks)


# ---- batch ---------------------------------------------------------------------------------------


def test_a_batch_answers_line_by_line_in_order(batch: Callable[..., Ran]) -> None:
    ran = batch(
        {"id": "b", "question": "Ile wynosi składka w klastrze Latarnia?"},
        {"id": "a", "question": "How much is the membership fee in the cluster Latarnia?"},
        b"",
        {"id": 3, "question": "co", "lang": "en"},
    )
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [row["id"] for row in rows] == ["b", "a", 3]
    assert [row["lang"] for row in rows] == ["pl", "en", "en"]
    assert all(set(row) == ANSWER | ANSWER_MORE | {"id"} for row in rows)


BAD_LINES = [
    (b"not json", None),
    (b"[1]", None),
    (b'{"id": 7}', 7),
    (b'{"id": 8, "question": 5}', 8),
    (b'{"id": 9, "question": "x", "lang": "de"}', 9),
    (b'{"id": 10, "question": "x", "lang": ["pl"]}', 10),
    (b"\xff\xfe", None),
    (b"[" * 100_000, None),
]


def test_a_bad_line_gets_an_error_in_its_place_and_the_others_their_answers(batch: Callable[..., Ran]) -> None:
    ran = batch(*(line for bad, _ in BAD_LINES for line in (bad, b'{"id": 0, "question": "co"}')))
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 65
    assert [row["status"] for row in rows[1::2]] == ["clarify"] * len(BAD_LINES)
    assert [(set(row["error"]), row["error"]["code"]) for row in rows[::2]] == [
        ({"code", "message", "hint"}, "question") for _ in BAD_LINES
    ]
    assert [row["id"] for row in rows[::2]] == [identity for _, identity in BAD_LINES]


def test_half_a_surrogate_pair_in_a_batch_does_not_end_it(batch: Callable[..., Ran]) -> None:
    ran = batch(b'{"id": "\\ud800", "question": "ile \\ud800 wynosi sk\\u0142adka"}', {"id": 2, "question": "co"})
    assert ran.code == 0
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == ["\ud800", 2]
    ran.out.encode("utf-8")


def test_the_language_of_a_batch_is_that_of_the_line_then_of_the_option(batch: Callable[..., Ran]) -> None:
    ran = batch({"id": 1, "question": "co"}, {"id": 2, "question": "co", "lang": "pl"}, lang="en")
    assert [json.loads(line)["lang"] for line in ran.out.splitlines()] == ["en", "pl"]


# ---- failures ------------------------------------------------------------------------------------

MISSING = "/nie/ma/takiego/katalogu"
FAILURES = [  # exit code, code, arguments
    (2, "usage", ["nie-ma-polecenia"]),
    (2, "usage", ["ask", "a", "b"]),
    (2, "usage", ["ask", "pytanie", "--nie-ma-opcji"]),
    (2, "usage", ["ask", "pytanie", "--lang", "de"]),
    (2, "usage", ["ask"]),
    (2, "usage", ["ask", "pytanie", "--batch", "plik.jsonl"]),
    (2, "usage", ["search"]),
    (2, "usage", ["search", "x", "-k", "0"]),
    (2, "usage", ["search", "x", "-k", "trzy"]),
    (2, "usage", ["eval", "beir", "x", "--variant", "tajny"]),
    (65, "dataset", ["ask", "--batch", MISSING]),
    (66, "index_missing", ["ask", "Co to jest klaster?"]),
    (66, "index_missing", ["search", "klaster"]),
    (66, "index_missing", ["verify"]),
    (66, "index_missing", ["documents"]),
    (66, "corpus_missing", ["index", "--corpus", MISSING]),
]


@pytest.mark.parametrize(("code", "name", "arguments"), FAILURES, ids=[" ".join(f[2]) for f in FAILURES])
def test_a_failure_has_its_exit_code_its_words_and_its_json(
    run: Run, home: Path, code: int, name: str, arguments: list[str]
) -> None:
    (home / "indexes").mkdir()
    rest = (
        ["--indexes", str(home / "indexes")]
        if arguments[0] in ("ask", "search", "index", "verify", "documents")
        else []
    )
    spoken = run(*arguments, *rest)
    assert (spoken.code, spoken.out) == (code, "")
    assert len(spoken.err.strip().splitlines()) >= 2, "what happened, and what to do"
    assert "Traceback" not in spoken.err
    told = run(*arguments, *rest, "--json")
    assert told.code == code
    assert set(told.json) == {"code", "message", "hint"}
    assert told.json["code"] == name


def test_a_folder_without_an_index_is_left_as_it_was(run: Run, home: Path) -> None:
    assert run("search", "klaster", "--indexes", str(home / "literówka")).code == 66
    assert not (home / "literówka").exists()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ASSISTANT_LANGUAGE", "pl"),
        ("ASSISTANT_LANG", "de"),
        ("ASSISTANT_RETRIEVAL__TOP_K", "0"),
        ("ASSISTANT_CONFIG", MISSING),
    ],
)
def test_a_bad_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    ran = run("ask", "co", "--json")
    assert (ran.code, ran.json["code"]) == (78, "config")
    named = variable.removeprefix("ASSISTANT_").lower().replace("__", ".")
    assert named in ran.json["message"].lower()


def test_an_unknown_key_in_the_settings_file_is_refused(run: Run, home: Path) -> None:
    (home / "assistant.toml").write_text("[retrieval]\ntop_n = 3\n", encoding="utf-8")
    ran = run("search", "x", "--json")
    assert (ran.code, ran.json["code"]) == (78, "config")
    assert "retrieval.top_n" in ran.json["message"]


def test_the_second_writer_leaves_with_75_and_says_who_holds_the_lock(run: Run, small: Service, home: Path) -> None:
    (home / "indexes").mkdir()
    with locking.hold(home / "indexes"):
        ran = run("index", "--corpus", str(small.settings.corpus), "--indexes", str(home / "indexes"), "--json")
    assert (ran.code, ran.json["code"]) == (75, "index_busy")
    assert str(os.getpid()) in ran.json["message"]


def test_an_index_folder_that_cannot_be_written_is_named(run: Run, small: Service, home: Path) -> None:
    (home / "plik").write_text("nie katalog", encoding="utf-8")
    ran = run("index", "--corpus", str(small.settings.corpus), "--indexes", str(home / "plik"), "--json")
    assert ran.code in (69, 74)
    assert "plik" in ran.json["message"]


def test_an_unexpected_failure_is_still_one_json_object(run: Run, home: Path) -> None:
    """A broken installation: the table of cues is gone."""
    prompts = home / "prompts"
    (prompts / "ui").mkdir(parents=True)
    for lang in ("pl", "en"):
        (prompts / "ui" / f"{lang}.toml").write_text("", encoding="utf-8")
    (home / "assistant.toml").write_text(f'prompts = "{prompts}"\n', encoding="utf-8")
    ran = run("documents", "--indexes", str(home / "brak"), "--json")
    assert ran.code in (66, 70)
    assert set(ran.json) == {"code", "message", "hint"}


def test_an_empty_corpus_makes_an_empty_index_and_says_so(run: Run, home: Path) -> None:
    (home / "corpus").mkdir()
    (home / "indexes").mkdir()
    at = ("--indexes", str(home / "indexes"))
    ran = run("index", "--corpus", str(home / "corpus"), *at)
    assert ran.code == 0
    assert "nie ma dokumentów" in " ".join(ran.out.split())
    assert run("index", "--corpus", str(home / "corpus"), *at, "--json").json["counts"]["documents"] == 0
    assert run("ask", "Co to jest klaster?", *at, "--json").json["status"] == "not_found"
    assert WORDS["pl"].text("answers.not_found") in " ".join(run("search", "klaster", *at).out.split())
    assert run("verify", "--strict", *at).code == 0


def test_a_damaged_index_fails_verify_with_65_and_doctor_with_words(run: Run, small: Service, home: Path) -> None:
    indexes = home / "indexes"
    shutil.copytree(small.settings.indexes, indexes, symlinks=True)
    generation = (indexes / "CURRENT").read_text().strip()
    (indexes / generation / "library.db").write_bytes(b"zepsute")
    ran = run("verify", "--indexes", str(indexes), "--json")
    assert ran.code == 65
    asked = run("ask", "Co to jest klaster Latarnia?", "--indexes", str(indexes), "--json")
    assert (asked.code, asked.json["code"]) == (65, "index_damaged")
    told = run("doctor", "--indexes", str(indexes))
    assert told.code == 70
    assert "assistant index" in told.out


# ---- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["pl", "en"])
@pytest.mark.parametrize("command", COMMANDS, ids=[" ".join(c) for c in COMMANDS])
def test_every_command_has_help_with_an_example(
    run: Run, monkeypatch: pytest.MonkeyPatch, lang: str, command: list[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_LANG", lang)
    page = run(*command, "--help").out
    flat = " ".join(page.split())
    assert " ".join(WORDS[lang].text(f"cli.{'.'.join(command)}.help").split()) in flat
    assert f"assistant {' '.join(command)}" in page.partition("Przykład" if lang == "pl" else "Example")[2]
    assert ("Użycie:" if lang == "pl" else "Usage:") in page
    assert lang == "en" or not re.search(r"Usage|Options|Show this|required|Commands", page)
    assert "None" not in page


@pytest.mark.parametrize("lang", ["pl", "en"])
def test_every_option_is_explained(run: Run, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    monkeypatch.setenv("ASSISTANT_LANG", lang)
    for command in COMMANDS:
        page = run(*command, "--help").out
        bare = [
            line for line in page.splitlines() if re.fullmatch(r"  -\S.*", line) and not re.search(r"  \S.*  +\S", line)
        ]
        assert bare == [], command


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    ran = run()
    assert ran.code == 2
    assert "assistant ask" in ran.err


# ---- awkward questions ---------------------------------------------------------------------------

ODD = [
    ("one character", "?"),
    ("one letter", "a"),
    ("10,000 characters", "klauzula " * 1200),
    ("10,000 without a space", "x" * 10_000),
    ("Cyrillic", "Что такое социальный кластер?"),
    ("Ukrainian", "Скільки коштує членство?"),
    ("emoji only", "😀🎉👩‍👩‍👧"),
    ("SQL", "'; DROP TABLE chunks; -- OR 1=1"),
    ("HTML", "<script>alert(1)</script> <b>co to jest klaster?</b>"),
    ("format string", "{question} %s ${jndi:ldap://x} {{7*7}}"),
    ("rich markup", "[red]co to jest[/red] [link=http://x]klaster[/link] :smile:"),
    ("escape sequences", "\x1b[31mco to jest klaster\x1b[0m\x1b]0;tytuł\x07\x9b2J\x08\x00"),
    ("right to left", "\u202eretsalk\u202c \u2066klaster\u2069"),
    ("zero width", "kla\u200bster\ufeff Latar\u00adnia"),
    ("new lines", "co to\r\n\njest\u2028klaster\tLatarnia"),
    ("capitals", "CO TO JEST KLASTER LATARNIA?"),
    ("combining marks", "ska\u0328d" + "\u0301" * 500),
    ("fullwidth", "ＫＬＡＳＴＥＲ"),
    ("option-like", "-- --help"),
    ("path", "../../../etc/passwd"),
    ("stopwords only", "co to jest i jak"),
]


@pytest.fixture(scope="module")
def odd_rows(small: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every odd question answered by one process: name -> row, and all that was printed."""
    file = tmp_path_factory.mktemp("odd") / "odd.jsonl"
    file.write_text("".join(json.dumps({"id": name, "question": question}) + "\n" for name, question in ODD))
    ran = process("ask", "--batch", str(file), "--indexes", str(small.settings.indexes))
    assert (ran.returncode, ran.stderr) == (0, b"")
    rows = [json.loads(line) for line in ran.stdout.decode().splitlines()]
    return {"printed": ran.stdout.decode(), **{row["id"]: row for row in rows}}


@pytest.mark.parametrize("name", [name for name, _ in ODD])
def test_an_odd_question_gets_an_answer_or_is_asked_again(odd_rows: dict[str, Any], name: str) -> None:
    row = odd_rows[name]
    assert row["status"] in ("answered", "partial", "not_found", "clarify", "out_of_scope", "refer", "blocked")
    assert row["text"]
    assert len(row["question"]) <= 2000


@pytest.mark.parametrize("name", ["one character", "one letter", "10,000 characters", "emoji only", "stopwords only"])
def test_what_cannot_be_looked_up_is_asked_again(odd_rows: dict[str, Any], name: str) -> None:
    assert odd_rows[name]["status"] == "clarify"
    assert odd_rows[name]["citations"] == []


def test_nothing_printed_steers_a_terminal(odd_rows: dict[str, Any]) -> None:
    assert steers(odd_rows["printed"]) == []


def test_the_length_of_a_long_question_is_told(odd_rows: dict[str, Any]) -> None:
    assert "10000" in odd_rows["10,000 without a space"]["text"]


def test_the_shown_answer_does_not_steer_a_terminal(run: Run, at: Sequence[str]) -> None:
    ran = run("ask", "\x1b[31mkto prowadzi rejestr\x9b2J animatorów\x07?", *at)
    assert ran.code == 0
    assert "starosta" in ran.out
    assert steers(ran.out) == []


def test_the_shown_passages_do_not_steer_a_terminal(run: Run, at: Sequence[str]) -> None:
    assert steers(run("search", "rejestr animatorów starosta", *at).out) == []
    assert steers(run("search", "rejestr animatorów starosta", *at, "--json").out) == []


def test_names_of_files_do_not_steer_a_terminal(run: Run, home: Path) -> None:
    (home / "corpus").mkdir()
    (home / "corpus" / "zły\x1b[2J\nplik\u202e.exe").write_bytes(b"x")
    (home / "indexes").mkdir()
    for more in ((), ("--json",)):
        ran = run("index", "--corpus", str(home / "corpus"), "--indexes", str(home / "indexes"), *more)
        assert ran.code == 0
        assert "zły" in ran.out
        assert steers(ran.out) == []


def test_arguments_that_are_no_text_are_shown_safely(run: Run) -> None:
    for lang in ("\x1b[31m", "\udcff"):
        spoken, told = run("ask", "x", "--lang", lang), run("ask", "x", "--lang", lang, "--json")
        assert (spoken.code, told.code, told.json["code"]) == (2, 2, "usage")
        assert steers(spoken.err + told.out) == []


# ---- personal identifiers ------------------------------------------------------------------------


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_an_identifier_in_a_question_is_printed_nowhere(run: Run, at: Sequence[str], more: tuple[str, ...]) -> None:
    ran = run("ask", f"Mój PESEL to {PESEL}, ile wynosi składka?", *at, *more)
    assert ran.code == 0
    assert PESEL not in ran.out + ran.err
    assert "PESEL" in ran.out


def test_an_identifier_in_a_batch_is_printed_nowhere(batch: Callable[..., Ran]) -> None:
    ran = batch({"id": 1, "question": f"{PESEL} składka"}, {"id": 2, "question": f"składka {PESEL[:6]} {PESEL[6:]}"})
    assert [json.loads(line)["status"] for line in ran.out.splitlines()] == ["blocked", "blocked"]
    assert PESEL not in ran.out.replace(" ", "")


def test_an_identifier_in_a_search_is_printed_nowhere(run: Run, at: Sequence[str]) -> None:
    assert PESEL not in run("search", f"składka {PESEL}", *at, "--json").out


# ---- conversation --------------------------------------------------------------------------------


def chat(run: Run, small: Service, monkeypatch: pytest.MonkeyPatch, *lines: str) -> Ran:
    monkeypatch.setenv("ASSISTANT_CORPUS", str(small.settings.corpus))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\n".join(lines).encode("utf-8", "surrogateescape"))))
    return run("chat", "--indexes", str(small.settings.indexes))


def test_a_conversation_ends_at_the_end_of_input(run: Run, small: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = chat(run, small, monkeypatch, "Ile wynosi składka w klastrze Latarnia?")
    assert ran.code == 0
    assert "120 zł" in ran.out
    assert WORDS["pl"].text("cli.goodbye") in ran.out


def test_a_conversation_ends_at_the_word(run: Run, small: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = chat(run, small, monkeypatch, "", "  ", "Koniec", "Ile wynosi składka?")
    assert ran.code == 0
    assert "120 zł" not in ran.out


def test_bytes_that_are_no_text_do_not_end_a_conversation(
    run: Run, small: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = chat(run, small, monkeypatch, "\udcff\udcfe składka", f"PESEL {PESEL}", "kto prowadzi rejestr animatorów")
    assert ran.code == 0
    assert "starosta" in ran.out
    assert PESEL not in ran.out
    assert steers(ran.out) == []


# ---- a process of its own ------------------------------------------------------------------------


def test_letters_a_terminal_does_not_know_do_not_end_a_command(small: Service) -> None:
    at = ("--indexes", str(small.settings.indexes))
    ran = process("ask", "Ile wynosi składka w klastrze Latarnia?", *at, PYTHONIOENCODING="ascii")
    assert ran.returncode == 0
    assert b"120 z" in ran.stdout


def test_a_reader_that_goes_away_is_no_failure_to_look_into(small: Service) -> None:
    ran = process("documents", "--json", "--indexes", str(small.settings.indexes), cut=True)
    assert b"Traceback" not in ran.stderr
    assert b"Exception ignored" not in ran.stderr


def test_an_error_of_the_installed_command_is_json_on_stdout(tmp_path: Path) -> None:
    corpus = os.fsencode(tmp_path) + b"/\xff"
    ran = process("index", "--corpus", corpus, "--indexes", str(tmp_path), "--json", ASSISTANT_LANG="en")
    assert ran.returncode == 66
    assert set(json.loads(ran.stdout)) == {"code", "message", "hint"}
    assert b"Traceback" not in ran.stderr
