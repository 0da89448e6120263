"""The bench of the web server: its people read streams as they come, and a real server answers a few of them."""

import asyncio
import itertools
import json

import pytest

from evals import bench_web, web_databases, web_people
from evals.web_faults import Looks
from evals.web_people import Asked, Crowd, Questions
from evals.web_server import NEVER, Place, serving

STREAM = b'event: status\ndata: {"stage": "waiting"}\n\n: \xe2\x80\xa6\n\nevent: done\ndata: {"message": null}\n\n'


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_events_are_whole_wherever_the_network_cuts_them(size):
    async def read():
        async def parts():
            for at in range(0, len(STREAM), size):
                yield STREAM[at : at + size]

        return [event async for event in web_people.events(parts())]

    assert asyncio.run(read()) == [("status", b'{"stage": "waiting"}'), ("", b""), ("done", b'{"message": null}')]


def test_distinct_questions_never_come_twice_and_still_read_like_questions():
    questions = Questions(("Czym jest klauzula społeczna?", "Kto prowadzi spółdzielnię socjalną?"))
    asked = list(itertools.islice(questions.distinct(), 40))
    assert len(set(asked)) == 40
    assert all(text.endswith("?") for text in asked)
    assert len(set(itertools.islice(questions.drawn(), 40))) == 2


def test_the_sets_give_questions_that_need_no_earlier_one(tmp_path):
    cases = [
        {"id": "a", "question": "Co to jest klaster?", "gold": ["Klaster"]},
        {"id": "b", "question": "Co to jest klaster?", "gold": ["Klaster"]},
        {"id": "c", "turns": [{"question": "Kto go zakłada?", "gold": ["G"]}, {"question": "A kiedy?", "gold": ["W"]}]},
    ]
    (tmp_path / "set.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    assert Questions.read(tmp_path).texts == ("Co to jest klaster?", "Kto go zakłada?")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({"status": 200, "done": 0.2}, "done"),
        ({"status": 200}, "200 cut"),
        ({"status": 200, "code": "overloaded"}, "200 overloaded"),
        ({"status": 503, "code": "overloaded"}, "503 overloaded"),
        ({"code": "ConnectError"}, "0 ConnectError"),
    ],
)
def test_every_question_has_an_outcome(given, outcome):
    assert Asked("?", 0.0, **given).outcome == outcome


def test_the_last_connection_to_learn_of_the_switch_counts():
    looks = Looks("", "", [(1.0, 200, ""), (2.0, 503, "60"), (2.5, 200, ""), (3.0, 503, "60"), (9.0, 200, "")])
    assert looks.settled(1.5, 8.0, 503) == 1.0
    assert looks.settled(1.5, 2.9, 503) == NEVER
    assert looks.settled(8.0, 10.0, 200) == 0.0


def test_an_unknown_part_is_refused(capsys):
    with pytest.raises(SystemExit):
        bench_web.main(["--parts", "speed"])
    assert ", ".join(bench_web.PARTS) in capsys.readouterr().err


def test_people_ask_a_real_server_and_every_answer_it_acknowledged_is_there(small, tmp_path):
    folders = {"ASSISTANT_INDEXES": small.settings.indexes, "ASSISTANT_CORPUS": small.settings.corpus}
    place = Place(tmp_path, {name: str(path) for name, path in folders.items()})

    async def live(server):
        async with Crowd(server.url, 2) as crowd:
            await asyncio.gather(*(person.begin() for person in crowd.people))
            source = Questions(("Kto prowadzi latarnię?", "Ile kosztuje latarnia?")).distinct()
            await asyncio.gather(*(person.ask(next(source)) for person in crowd.people))
            with web_databases._removed(server.database):
                gone = await crowd.people[0].ask(next(source))
            return crowd, gone, await web_databases._kept(crowd)

    with serving(place, "smoke") as server:
        assert server.answering() == server.worker_pids()[0]
        crowd, gone, kept = asyncio.run(live(server))
        assert server.rss() > 50
        seconds, _ = server.stop()
    assert [a.outcome for a in crowd.asked] == ["done"] * 3
    assert all(0 < a.first <= a.done for a in crowd.asked)
    assert [bool(a.message) for a in crowd.asked] == [True, True, False]
    assert gone.unsaved
    assert kept == (0, 0, 0)
    assert seconds < 20
    assert server.faults() == []
    assert {line["route"] for line in server.requests()} >= {"/api/v1/ask/stream", "/api/v1/conversations"}
