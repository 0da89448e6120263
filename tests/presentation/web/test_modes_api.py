"""Guided modes over HTTP: a run is its code's, replies are checked with sentences, the report comes in every format."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant.config import ROOT
from assistant.domain.answers import Answer, Status
from assistant.presentation.web.app import application
from tests.presentation.web.conftest import MakeServer

TRIAL = ROOT / "tests" / "data" / "modes" / "trial.toml"
HEADING = "Co to jest klaster Latarnia?"
Call = Callable[..., Any]


def prompts(folder: Path, **modes: str) -> Path:
    """The words of the screens with other modes: id -> definition."""
    place = folder / "prompts"
    shutil.copytree(ROOT / "prompts", place, ignore=shutil.ignore_patterns("dialogues"), dirs_exist_ok=True)
    (place / "dialogues").mkdir(exist_ok=True)
    for id, text in modes.items():
        (place / "dialogues" / f"{id}.toml").write_text(text, encoding="utf-8")
    return place


def trial() -> str:
    """The trial mode, resting on the small corpus."""
    return TRIAL.read_text(encoding="utf-8").replace("klaster.md#Klaster", f"latarnia.md#{HEADING}")


@pytest.fixture
def server(make_server: MakeServer, tmp_path: Path) -> TestClient:
    return make_server(prompts=prompts(tmp_path, trial=trial()))


class Holder:
    """Somebody with a code."""

    def __init__(self, server: TestClient, code: str = "", lang: str = "pl") -> None:
        self._server = server
        self.view: dict[str, Any] = {}
        if not code:
            begun = server.post("/api/v1/dialogues/trial/sessions", json={"lang": lang})
            assert begun.status_code == 201
            code, self.view = begun.json()["code"], begun.json()["view"]
        self.code = code

    def call(self, method: str, path: str, **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.code}", **given.pop("headers", {})}
        return self._server.request(method, f"/api/v1/session{path}", headers=headers, **given)

    def say(self, step: str, value: Any = None, **more: Any) -> dict[str, Any]:
        answer = self.call("POST", "/replies", json={"step": step, "value": value, **more})
        assert answer.status_code == 200, answer.json()
        told: dict[str, Any] = answer.json()
        return told

    def refused(self, step: str, value: Any = None, **more: Any) -> dict[str, Any]:
        answer = self.call("POST", "/replies", json={"step": step, "value": value, **more})
        assert answer.status_code == 422, answer.json()
        told: dict[str, Any] = answer.json()
        return told

    def all(self) -> dict[str, Any]:
        """Replies to everything; the last view."""
        self.say("welcome", True)
        self.say("organisation", "Spółdzielnia Fala")
        self.say("stage", "network")
        self.say("founded", "15.03.2027")
        self.say("signed", absent="unknown")
        self.say("members", [{"name": "Fala", "kind": "core", "fee": "1 200,50"}, {"name": "Żagiel"}])
        self.say("leader", "Fala")
        self.say("trust", 4)
        self.say("hours", "20 godz.")
        self.say("services", ["training", "Audyty"])
        self.say("budget", 120000)
        return self.say("sources", [{"row": "grants", "amount": 1000.5, "sure": 3}])


def test_the_modes_are_listed_in_the_readers_language(server: TestClient) -> None:
    polish = server.get("/api/v1/dialogues").json()["dialogues"][0]
    assert (polish["id"], polish["title"], polish["minutes"]) == ("trial", "Próba klastra", 5)
    assert polish["steps"] == 12
    assert [section["title"] for section in polish["sections"]] == ["Początek", "Ludzie", "Pieniądze"]
    english = server.get("/api/v1/dialogues/trial?lang=en").json()
    assert english["title"] == "Trial of a cluster"
    missing = server.get("/api/v1/dialogues/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "dialogue_missing")


def test_a_run_is_opened_by_its_code_only(server: TestClient) -> None:
    one, other = Holder(server), Holder(server)
    one.say("welcome", True)
    one.say("organisation", "Fala")
    assert one.call("GET", "?step=organisation").json()["reply"]["value"] == "Fala"
    assert other.call("GET", "?step=organisation").json()["reply"] is None
    for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": f"Basic {one.code}"}):
        answer = server.get("/api/v1/session", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "run_missing")
    typed = one.code.replace("-", " ").lower()
    assert server.get("/api/v1/session", headers={"Authorization": f"bearer {typed}"}).status_code == 200


def test_a_step_comes_with_all_that_is_shown(server: TestClient) -> None:
    holder = Holder(server)
    assert holder.view["step"]["kind"] == "info"
    assert holder.view["progress"]["answered"] == 0
    assert holder.view["progress"]["may_grow"] is True
    assert holder.view["previous"] == ""
    step = holder.say("welcome", True)["step"]
    assert (step["id"], step["required"], step["why"]) == ("organisation", True, "Nazwa stanie na okładce.")
    place = step["source"]["section"]
    assert (step["source"]["path"], step["source"]["heading"]) == ("latarnia.md", HEADING)
    assert place["pages"] == [1, 1]
    opened = server.post(
        f"/api/v1/documents/{place['document_id']}/source",
        json={"quote": place["text"], "path": place["path"], "near": place["span"][0]},
    ).json()
    assert opened["found"] == "exact"
    assert opened["headings"][-1] == HEADING
    stage = holder.say("organisation", "Fala")["step"]
    assert stage["text"] == "Na jakim etapie jest Fala?"
    assert [option["id"] for option in stage["options"]] == ["idea", "network", "association"]
    holder.say("stage", "network")
    members = holder.call("GET", "?step=members").json()["step"]
    assert [(column["id"], column["kind"]) for column in members["columns"]] == [
        ("name", "text"),
        ("kind", "choice"),
        ("fee", "money"),
    ]
    assert members["limits"]["max_rows"] == 30
    trust = holder.call("GET", "?step=trust").json()["step"]
    assert [anchor["level"] for anchor in trust["anchors"]] == [1, 3, 5]


def test_every_kind_of_reply_comes_back_as_it_was_meant(server: TestClient) -> None:
    holder = Holder(server)
    last = holder.all()
    assert (last["step"], last["finished"]) == (None, True)
    expected = {
        "welcome": True,
        "stage": "network",
        "founded": "2027-03-15",
        "members": [{"name": "Fala", "kind": "core", "fee": 1200.5}, {"name": "Żagiel", "kind": "", "fee": None}],
        "trust": 4,
        "hours": 20,
        "services": ["training", "audits"],
        "budget": 120000,
        "sources": [
            {"row": "grants", "amount": 1000.5, "sure": 3},
            {"row": "sales", "amount": None, "sure": None},
        ],
    }
    for step, value in expected.items():
        reply = holder.call("GET", f"?step={step}").json()["reply"]
        assert reply["value"] == value, step
        if reply["value"] not in (True, None):  # what was told may be sent again as it is
            again = holder.say(step, reply["value"])
            assert again["forgotten"] == [], step
    assert holder.call("GET", "?step=signed").json()["reply"]["absent"] == "unknown"


def test_an_edit_names_the_replies_that_no_longer_hold(server: TestClient) -> None:
    holder = Holder(server)
    holder.all()
    view = holder.say("stage", "idea")
    assert [one["id"] for one in view["forgotten"]] == ["budget", "sources"]
    assert view["forgotten"][0]["text"] == "Jaki budżet macie na rok?"
    assert [section["id"] for section in view["progress"]["sections"]] == ["start", "people"]
    taken = holder.call("DELETE", "/replies/members").json()
    assert [one["id"] for one in taken["forgotten"]] == ["leader"]
    assert (taken["step"]["id"], taken["reply"]) == ("members", None)


@pytest.mark.parametrize(
    ("step", "value", "reason"),
    [
        ("organisation", "", "empty"),
        ("organisation", "x" * 201, "too_long"),
        ("organisation", "x" * 12_000, "too_long"),
        ("organisation", None, "wrong_kind"),
        ("stage", "nothing", "not_option"),
        ("founded", "32 marca", "not_date"),
        ("hours", "wiele", "not_number"),
        ("hours", 10**15, "not_number"),
        ("hours", 61, "too_high"),
        ("trust", 6, "not_level"),
        ("services", [], "empty"),
        ("members", [], "too_few_rows"),
        ("members", [{"kind": "core"}], "cell_required"),
        ("members", [{"name": "a"}] * 31, "too_many_rows"),
        ("members", [{"name": "a", "other": "b"}], "wrong_kind"),
        ("members", "Fala", "wrong_kind"),
        ("leader", "Fala", "not_asked"),
        ("no_such_step", "x", "not_asked"),
    ],
)
def test_a_refused_reply_says_why_and_nothing_is_lost(server: TestClient, step: str, value: Any, reason: str) -> None:
    holder = Holder(server)
    holder.say("welcome", True)
    if step != "organisation":
        holder.say("organisation", "Fala")
    told = holder.refused(step, value)
    assert (told["code"], told["reason"], told["step"]) == ("reply", reason, step)
    assert told["problem"]
    assert reason not in told["message"]
    assert "{" not in told["message"] + told["problem"]
    assert set(told) == {"code", "message", "hint", "step", "reason", "column", "given", "problem"}
    assert holder.call("GET", "").status_code == 200


def test_a_refusal_speaks_the_readers_language_and_names_the_question(server: TestClient) -> None:
    holder = Holder(server)
    answer = holder.call("POST", "/replies", json={"step": "hours", "value": "x"}, headers={"Accept-Language": "en"})
    assert "not a number" in answer.json()["problem"]
    assert "Ile godzin tygodniowo" in answer.json()["message"]
    cell = holder.refused("members", [{"name": "a", "fee": "dużo"}])
    assert (cell["column"], cell["given"]) == ("fee", "dużo")


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        '{"step": "x"',
        '{"step": "hours", "value": NaN}',
        '{"step": "hours", "value": 1e999}',
        '{"step": "hours", "value": ' + "9" * 5000 + "}",
        '{"step": "organisation", "value": {"a": 1}}',
        '{"step": "organisation", "value": [[["x"]]]}',
        '{"step": "Organisation", "value": "x"}',
        '{"step": "organisation", "value": "x", "more": 1}',
        '{"step": "organisation", "absent": "perhaps"}',
        json.dumps({"step": "organisation", "value": "x" * 12_001}),
        json.dumps({"step": "organisation", "value": "x", "note": "y" * 12_001}),
        json.dumps({"step": "services", "value": ["x"] * 201}),
    ],
)
def test_what_is_no_reply_at_all_is_refused(server: TestClient, body: str) -> None:
    holder = Holder(server)
    answer = holder.call("POST", "/replies", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["code"] in ("bad_request", "reply")


def test_what_is_required_cannot_be_skipped(server: TestClient) -> None:
    assert Holder(server).refused("organisation", absent="skipped")["reason"] == "required"


def test_a_note_that_is_too_long_says_so(server: TestClient) -> None:
    assert Holder(server).refused("welcome", True, note="x" * 2001)["reason"] == "note_too_long"


def test_words_are_matched_to_an_option(server: TestClient) -> None:
    holder = Holder(server)
    sure = holder.call("POST", "/meant", json={"step": "stage", "text": "stowarzyszenie"}).json()
    assert (sure["option"]["id"], sure["sure"]) == ("association", True)
    text = holder.call("POST", "/meant", json={"step": "organisation", "text": "Fala"}).json()
    assert text == {"option": None, "sure": False}
    gone = holder.call("POST", "/meant", json={"step": "leader", "text": "Fala"})
    assert (gone.status_code, gone.json()["reason"]) == (422, "not_asked")


def test_the_review_has_every_asked_step_in_words(server: TestClient) -> None:
    holder = Holder(server)
    holder.all()
    told = holder.call("GET", "/review").json()
    steps = {step["id"]: step for section in told["sections"] for step in section["steps"]}
    assert list(steps)[:3] == ["welcome", "organisation", "stage"]
    assert steps["stage"]["reply"]["words"] == ["Sieć bez osobowości prawnej"]
    assert steps["budget"]["reply"]["words"] == ["120\N{NO-BREAK SPACE}000,00 zł"]
    assert steps["signed"]["reply"]["absent"] == "unknown"
    assert told["finished"] is True
    dimension = told["results"]["dimensions"][0]
    assert (dimension["title"], dimension["asked"], dimension["answered"]) == ("Gotowość", 2, 2)
    assert 0 < dimension["score"] < 1
    assert dimension["band"] == "Gotowi"


@pytest.mark.parametrize("kind", ["html", "docx", "pdf", "md", "json", "csv", "xlsx"])
def test_the_report_comes_in_every_format(server: TestClient, kind: str) -> None:
    holder = Holder(server)
    holder.all()
    answer = holder.call("GET", f"/report?format={kind}")
    assert answer.status_code == 200
    assert len(answer.content) > 100
    assert f'.{kind}"' in answer.headers["content-disposition"]
    assert holder.code not in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_report_of_a_run_just_begun_and_in_an_unknown_format(server: TestClient) -> None:
    holder = Holder(server)
    assert holder.call("GET", "/report?format=md").status_code == 200
    assert holder.call("GET", "/report?format=exe").status_code == 422


def test_an_earlier_run_of_the_same_mode_is_compared(make_server: MakeServer, tmp_path: Path) -> None:
    other = trial().replace('id = "trial"', 'id = "second"', 1)
    server = make_server(prompts=prompts(tmp_path, trial=trial(), second=other))
    before, now = Holder(server), Holder(server)
    before.all()
    now.all()
    plain = now.call("GET", "/report?format=md").text
    compared = now.call("GET", "/report?format=md", headers={"X-Earlier-Code": before.code})
    assert compared.status_code == 200
    assert compared.text != plain
    wrong = now.call("GET", "/report?format=md", headers={"X-Earlier-Code": "AAAA-AAAA-AAAA-AAAA"})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "run_missing")
    foreign = server.post("/api/v1/dialogues/second/sessions", json={}).json()["code"]
    mixed = now.call("GET", "/report?format=md", headers={"X-Earlier-Code": foreign})
    assert (mixed.status_code, mixed.json()["code"]) == (422, "bad_request")
    assert "innego trybu" in mixed.json()["message"]


def test_the_report_as_a_page_takes_its_code_from_a_form(server: TestClient) -> None:
    holder = Holder(server)
    holder.all()
    page = server.post("/tryby/raport", data={"code": holder.code})
    assert page.status_code == 200
    assert "sandbox" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    assert "Próba klastra" in page.text
    assert holder.code not in page.text
    wrong = server.post("/tryby/raport", data={"code": "AAAA-AAAA-AAAA-AAAA"})
    assert wrong.status_code == 404
    assert "Nie ma zapisanej pracy" in wrong.text


def test_a_deleted_run_is_gone(server: TestClient) -> None:
    holder = Holder(server)
    assert holder.call("DELETE", "").status_code == 204
    assert holder.call("GET", "").status_code == 404
    assert holder.call("DELETE", "").status_code == 404


def test_wrong_codes_are_limited_by_address(make_server: MakeServer, tmp_path: Path) -> None:
    made = make_server(prompts=prompts(tmp_path, trial=trial()))
    code = Holder(made).code
    with TestClient(application(made.app.state.running.service), client=("203.0.113.7", 1)) as client:  # type: ignore[attr-defined]
        wrong = Holder(client, "AAAA-AAAA-AAAA-AAAA")
        for _ in range(5):  # the right code costs nothing
            assert Holder(client, code).call("GET", "").status_code == 200
        assert [wrong.call("GET", "").status_code for _ in range(10)] == [404] * 10
        late = wrong.call("GET", "")
        assert (late.status_code, late.json()["code"]) == (429, "too_many_tries")
        assert int(late.headers["retry-after"]) > 0
        assert Holder(client, code).call("GET", "").status_code == 429  # nobody learns that this one was right


def test_a_run_goes_on_in_its_version_and_may_move(make_server: MakeServer, tmp_path: Path) -> None:
    folder = prompts(tmp_path, trial=trial())
    holder = Holder(make_server(prompts=folder))
    holder.all()
    newer = trial().replace("version = 1", "version = 2", 1).replace("max = 60", "max = 10")
    prompts(tmp_path, trial=newer)
    later = Holder(make_server(prompts=folder), holder.code)
    view = later.call("GET", "").json()
    assert (view["mode"]["version"], view["newer"]["version"]) == (1, 2)
    assert later.call("GET", "?step=hours").json()["step"]["limits"]["max"] == 60
    moved = later.call("POST", "/migrate", json={}).json()
    assert (moved["mode"]["version"], moved["newer"]) == (2, None)
    assert [one["id"] for one in moved["forgotten"]] == ["hours"]


def test_what_was_written_is_kept_without_personal_numbers(server: TestClient) -> None:
    holder = Holder(server)
    holder.say("organisation", "Fala", note="PESEL 44051401359")
    assert "4405" not in json.dumps(holder.call("GET", "?step=organisation").json())


def test_a_switched_off_server_still_gives_people_their_own(server: TestClient) -> None:
    holder = Holder(server)
    running = server.app.state.running  # type: ignore[attr-defined]
    running.service.stores.switch.close("Przerwa.", "test")
    running.switchboard.refresh()
    assert holder.call("POST", "/replies", json={"step": "welcome", "value": True}).status_code == 503
    assert server.get("/tryby").status_code == 503
    assert holder.call("GET", "").status_code == 200
    assert holder.call("GET", "/report?format=json").status_code == 200
    assert holder.call("DELETE", "").status_code == 204


def test_an_answer_proposes_the_mode_that_fits_its_question(server: TestClient) -> None:
    fits = server.post(
        "/api/v1/ask", json={"question": "Czy jesteśmy gotowi na klaster Latarnia?", "lang": "pl"}
    ).json()
    assert fits["status"] in ("answered", "partial", "not_found")
    assert fits["mode"] == {"id": "trial", "title": "Próba klastra"}
    other = server.post("/api/v1/ask", json={"question": "Jaka jest stolica Francji?", "lang": "pl"}).json()
    assert other["mode"] is None
    stream = server.post(
        "/api/v1/ask/stream", json={"question": "Czy jesteśmy gotowi na klaster Latarnia?", "lang": "pl"}
    )
    done = next(part for part in stream.text.split("\n\n") if part.startswith("event: done"))
    assert json.loads(done.partition("data: ")[2])["mode"] == fits["mode"]


def test_an_offer_never_harms_an_answer(server: TestClient) -> None:
    running = server.app.state.running  # type: ignore[attr-defined]
    given = ("Pytanie", "pl", Status.ANSWERED, "t", (), (), (), "x", "g", 0.1)
    assert running.proposed(Answer(*given)) is None
    unknown = Answer("Pytanie", "de", *given[2:])
    assert running.proposed(unknown) is None
    asked = Answer("czy jesteśmy gotowi na klaster", "pl", Status.BLOCKED, "t", (), (), (), "x", "g", 0.1)
    assert running.proposed(asked) is None


@pytest.mark.parametrize("lang", ["pl", "en"])
def test_the_pages_hold_no_code_and_name_what_is_kept(server: TestClient, lang: str) -> None:
    listed = server.get(f"/tryby?lang={lang}")
    assert f'href="/tryby/trial?lang={lang}"' in listed.text
    page = server.get(f"/tryby/trial?lang={lang}")
    assert page.status_code == 200
    assert "180" in page.text
    assert "require-trusted-types-for 'script'" in page.headers["content-security-policy"]
    assert server.get("/tryby/nothing").status_code == 404
    assert server.get("/tryby/..%2Fx").status_code == 404


def test_no_modes_is_no_fault(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(prompts=prompts(tmp_path))
    assert server.get("/api/v1/dialogues").json() == {"dialogues": []}
    assert "Nie ma tu jeszcze" in server.get("/tryby").text
    assert server.post("/api/v1/ask", json={"question": "Co to jest klaster Latarnia?"}).json()["mode"] is None


@pytest.mark.parametrize("address", ["/tryby", "/tryby/trial"])
def test_a_page_of_modes_with_all_it_loads_is_at_most_60_kb(server: TestClient, address: str) -> None:
    loaded: dict[str, int] = {}
    waiting = [address]
    while waiting:
        at = waiting.pop()
        response = server.get(at)
        assert response.status_code == 200, at
        loaded[at] = len(gzip.compress(response.content, 6))
        found = re.findall(r'<(?:link|script)[^>]*(?:href|src)="([^"]+)"', response.text)
        if at.endswith(".js"):
            found = [f"{at.rpartition('/')[0]}/{name}" for name in re.findall(r'from "\./([^"]+)"', response.text)]
        waiting += [name for name in found if name not in loaded and name not in waiting]
    assert sum(loaded.values()) <= 60_000, loaded
    print(f"\n{address}: {sum(loaded.values())} bytes")
