"""`assistant dialogue` as people meet it: a mode line by line, left and come back to, asked in between, reported."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import config
from assistant.presentation import cli
from assistant.service import Service

TRIAL = config.ROOT / "tests" / "data" / "modes" / "trial.toml"
CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(small: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """`assistant dialogue` with lines typed in: (exit code, output, errors)."""
    for name in [name for name in os.environ if name.startswith(config.PREFIX)]:
        monkeypatch.delenv(name)
    prompts = tmp_path / "prompts"
    (prompts / "dialogues").mkdir(parents=True)
    (prompts / "dialogues" / "trial.toml").write_text(TRIAL.read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("ui", "cues.toml", "settings.toml", "replies.toml"):
        (prompts / name).symlink_to(config.ROOT / "prompts" / name)
    for name, value in {"PROMPTS": prompts, "DATA": tmp_path / "data", "INDEXES": small.settings.indexes}.items():
        monkeypatch.setenv(config.PREFIX + name, str(value))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def say(*arguments: str, lines: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        with pytest.raises(SystemExit) as ended:
            cli.main(["dialogue", *arguments])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return say


WHOLE = """dalej
Spółdzielnia Fala
sieć bez osobowosci
15 marca 2027
nie wiem
Fala
1
1 200,50 zł
Gmina Puck
członek wspierający


Fala
4
20
1, 2
50 tys. zł
1000
3
2000
2
"""


def test_a_mode_from_the_first_line_to_the_report(say: Say, tmp_path: Path) -> None:
    code, out, _ = say("run", "trial", lines=WHOLE)
    assert code == 0
    assert "Na jakim etapie jest Spółdzielnia Fala?" in out
    assert "Dlaczego pytamy: Od etapu zależą dalsze pytania. [klaster.md › Klaster]" in out
    assert "To wszystkie pytania." in out
    found = CODE.search(out)
    assert found is not None
    code, shown, _ = say("report", found[0], "--format", "json")
    assert code == 0
    assert "Fala" in json.dumps(json.loads(shown), ensure_ascii=False)
    code, _, err = say("report", found[0], "-o", str(tmp_path / "raport.docx"))
    assert code == 0
    assert "raport.docx" in err
    assert (tmp_path / "raport.docx").read_bytes()[:2] == b"PK"


def test_one_stops_comes_back_and_goes_on_where_one_was(say: Say) -> None:
    _, out, _ = say("run", "trial", lines="dalej\nFala\nkoniec\n")
    found = CODE.search(out)
    assert found is not None
    assert f"assistant dialogue run --code {found[0]}" in out
    _, again, _ = say("run", "--code", found[0].lower())
    assert "Na jakim etapie jest Fala?" in again


def test_a_question_is_answered_and_the_same_step_comes_again(say: Say) -> None:
    _, out, _ = say("run", "trial", lines="dalej\nFala\nco to jest latarnia?\n2\n")
    asked = [place.start() for place in re.finditer("Na jakim etapie jest Fala", out)]
    assert len(asked) == 2
    assert "latarnia" in out[asked[0] : asked[1]].lower()


def test_what_does_not_fit_is_said_in_words_and_asked_again(say: Say) -> None:
    _, out, _ = say("run", "trial", lines="dalej\nFala\n2\nkiedyś tam\n15.03.2027\n")
    assert "to nie data" in out
    assert "Kiedy podpiszecie porozumienie?" in out


def test_going_back_shows_the_reply_and_an_edit_says_what_it_took_along(say: Say) -> None:
    _, out, _ = say("run", "trial", lines="dalej\nFala\n2\n15 marca 2027\n1 lutego 2027\n")
    found = CODE.search(out)
    assert found is not None
    _, out, _ = say("run", "--code", found[0], lines="wstecz\nwstecz\n" + "nie wiem\n")
    assert "Obecna odpowiedź: 15 marca 2027" in out
    assert "została usunięta: Kiedy podpiszecie porozumienie?" in out


def test_the_list_check_and_delete(say: Say) -> None:
    code, out, _ = say("list", "--json")
    assert code == 0
    assert [row["id"] for row in json.loads(out)["dialogues"]] == ["trial"]
    assert "Próba klastra" in say("list")[1]
    assert say("check", "trial")[0] == 0
    deep, out, _ = say("check", "--deep", "--json")
    assert deep == 65
    assert {one["code"] for one in json.loads(out)["problems"]} >= {"source_missing"}
    _, out, _ = say("run", "trial", "--lang", "en")
    found = CODE.search(out)
    assert found is not None
    assert "We shall ask a few things." in out
    assert say("delete", found[0])[0] == 0
    code, _, err = say("run", "--code", found[0])
    assert code == 66
    assert "Nie ma zapisanej pracy" in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("run", "nothing"), 66), (("run",), 2), (("run", "trial", "--lang", "de"), 2), (("report", "AAAA"), 66)],
)
def test_what_is_not_there_is_an_error_with_its_own_code(say: Say, arguments: tuple[str, ...], code: int) -> None:
    assert say(*arguments)[0] == code
