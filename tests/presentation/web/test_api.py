"""/api/v1 as its users meet it: answers, streams, documents, conversations, feedback, refusals."""

import json
import re

import pytest
from fastapi.testclient import TestClient

from tests.presentation.web.conftest import MakeServer

QUESTION = "Co to jest klaster Latarnia?"
ID = re.compile(r"[A-Za-z0-9_-]{43}")


def events(text: str) -> list[tuple[str, dict]]:
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def begin(server: TestClient, **body: str) -> tuple[str, dict[str, str]]:
    made = server.post("/api/v1/conversations", json=body)
    assert made.status_code == 201, made.text
    return made.json()["id"], {"Authorization": f"Bearer {made.json()['token']}"}


# asking


def test_an_answer_has_sentences_and_the_citations_they_name(server: TestClient) -> None:
    answer = server.post("/api/v1/ask", json={"question": QUESTION})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["message"] is None  # nothing is stored
    assert told["sentences"]
    named = {n for sentence in told["sentences"] for n in sentence["citations"]}
    assert named == {citation["n"] for citation in told["citations"]}


def test_a_stream_tells_each_citation_before_the_sentence_that_names_it(server: TestClient) -> None:
    told = events(server.post("/api/v1/ask/stream", json={"question": QUESTION}).text)
    names = [name for name, _ in told]
    assert names[0] == "status"
    assert names[1] == "opening" or names[1] == "status"
    assert names[-1] == "done"
    known: set[int] = set()
    for name, data in told:
        if name == "citation":
            known.add(data["n"])
        if name == "sentence":
            assert set(data["citations"]) <= known
    done = told[-1][1]
    assert [data for name, data in told if name == "citation"] == done["citations"]
    sentences = [{k: v for k, v in data.items() if k != "index"} for name, data in told if name == "sentence"]
    assert sentences == done["sentences"]
    whole = server.post("/api/v1/ask", json={"question": QUESTION}).json()
    assert {**whole, "seconds": 0} == {**done, "seconds": 0}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"question": "a", "model": "x"}', 422, "bad_request"),
        (b'{"question": 7}', 422, "bad_request"),
        (b"{}", 422, "bad_request"),
        (b"[]", 422, "bad_request"),
        (b"", 422, "bad_request"),
        (b"{", 422, "bad_request"),
        (b'{"question": "\xff\xfe"}', 422, "bad_request"),
        (b'{"question": "\\ud800"}', 422, "bad_request"),
        (b"[" * 60_000, 422, "bad_request"),
        (b'{"question": "a", "lang": "de"}', 422, "bad_request"),
        (b'{"question": "a", "site": "../etc"}', 422, "bad_request"),
        (b'{"question": "a", "site": "nobody"}', 404, "not_there"),
        (b'{"question": "a", "conversation": {"$gt": ""}}', 422, "bad_request"),
        (b'{"question": "' + b"a" * 70_000 + b'"}', 413, "too_large"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/ask/stream"])
def test_a_bad_body_is_refused_in_one_shape(server: TestClient, path: str, body: bytes, status: int, code: str) -> None:
    answer = server.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert set(answer.json()) == {"code", "message", "hint"}


def test_refusals_speak_the_readers_language(server: TestClient) -> None:
    polish = server.post("/api/v1/ask", json={}).json()
    english = server.post("/api/v1/ask", json={}, headers={"Accept-Language": "en-GB,en;q=0.9"}).json()
    assert "brakuje pola „question”" in polish["message"]
    assert "“question” is missing" in english["message"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "text/json"]
)
def test_only_json_is_taken(server: TestClient, kind: str) -> None:
    answer = server.post("/api/v1/ask", content=b'{"question": "a"}', headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type")


# documents


def test_documents_can_be_listed_opened_and_fetched(server: TestClient) -> None:
    listed = server.get("/api/v1/documents").json()["documents"]
    lighthouse = next(item for item in listed if item["path"] == "latarnia.md")
    one = server.get(f"/api/v1/documents/{lighthouse['id']}").json()
    assert one["headings"]
    file = server.get(lighthouse["file"]["url"])
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(file.content) == lighthouse["file"]["bytes"]


def test_a_citation_opens_with_its_words_marked(server: TestClient) -> None:
    citation = server.post("/api/v1/ask", json={"question": QUESTION}).json()["citations"][0]
    asked = {"quote": citation["quote"], "path": citation["path"], "near": citation["span"][0]}
    opened = server.post(f"/api/v1/documents/{citation['document_id']}/source", json=asked).json()
    assert opened["found"] == "exact"
    marked = " ".join(segment["text"] for segment in opened["segments"] if segment["mark"])
    assert marked
    assert opened["document"]["title"] == citation["title"]
    # a newer edition under the same path: found by its words
    moved = server.post(f"/api/v1/documents/{'0' * 64}/source", json=asked).json()
    assert moved["found"] == "moved"
    assert [s["text"] for s in moved["segments"]] == [s["text"] for s in opened["segments"]]
    changed = server.post(f"/api/v1/documents/{citation['document_id']}/source", json={"quote": "Czego tu nie ma"})
    assert (changed.json()["found"], changed.json()["segments"]) == ("changed", [])
    gone = server.post(f"/api/v1/documents/{'0' * 64}/source", json={"quote": "x"}).json()
    assert (gone["found"], gone["document"], gone["file"]) == ("gone", None, None)


def test_a_suggested_section_opens_below_its_heading(server: TestClient) -> None:
    near = server.post("/api/v1/ask", json={"question": "Ile kosztuje parking przy latarni?"}).json()["suggestions"]
    for one in near:
        asked = {"quote": one["text"], "path": one["path"], "near": one["span"][0]}
        opened = server.post(f"/api/v1/documents/{one['document_id']}/source", json=asked).json()
        assert opened["found"] == "exact"
        assert one["text"] in [opened["document"]["title"], *opened["headings"]]
        assert opened["segments"]
    assert near


def test_static_files_change_their_address_together(server: TestClient) -> None:
    page = server.get("/").text
    address = re.search(r"/static/[0-9a-f]{12}/page\.js", page)
    assert address is not None
    assert "immutable" in server.get(address[0]).headers["cache-control"]
    assert server.get("/static/page.js").headers["cache-control"] == "no-cache"
    assert server.get("/static/000000000000/page.js").status_code == 404


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "latarnia.md", "0" * 63, "O" * 64, "0" * 64, "%e2%80%ae"],
)
def test_no_parameter_leads_out_of_the_corpus(server: TestClient, name: str) -> None:
    for path in (f"/api/v1/documents/{name}", f"/api/v1/documents/{name}/file", f"/static/{name}"):
        answer = server.get(path)
        assert answer.status_code in (404, 422), path
        assert "root:" not in answer.text


# conversations


def test_a_conversation_keeps_its_answers_as_they_were_shown(server: TestClient) -> None:
    conversation, owner = begin(server)
    told = server.post("/api/v1/ask", json={"question": QUESTION, "conversation": conversation}, headers=owner).json()
    assert ID.fullmatch(told["message"])
    read = server.get(f"/api/v1/conversations/{conversation}", headers=owner).json()
    (message,) = read["messages"]
    assert message["answer"] == told
    assert (message["interrupted"], message["rating"]) == (False, None)


def test_a_follow_up_is_read_together_with_what_was_asked_before(server: TestClient) -> None:
    conversation, owner = begin(server)
    body = {"question": QUESTION, "conversation": conversation}
    server.post("/api/v1/ask", json=body, headers=owner)
    again = server.post("/api/v1/ask", json={**body, "question": "A kiedy?"}, headers=owner).json()
    assert again["status"] != "clarify"


def test_nobody_reads_stops_rates_exports_or_erases_what_is_anothers(server: TestClient) -> None:
    conversation, owner = begin(server)
    told = server.post("/api/v1/ask", json={"question": QUESTION, "conversation": conversation}, headers=owner).json()
    _, stranger = begin(server)
    path = f"/api/v1/conversations/{conversation}"
    rating = {"message": told["message"], "rating": "helpful"}
    for headers, status in ((stranger, 404), ({}, 401), ({"Authorization": "Bearer " + "A" * 43}, 401)):
        assert server.get(path, headers=headers).status_code == status
        assert server.get(path + "/export?format=json", headers=headers).status_code == status
        assert server.delete(path, headers=headers).status_code == status
        assert (
            server.post(f"/api/v1/messages/{told['message']}/stopped", json={}, headers=headers).status_code == status
        )
        assert server.post("/api/v1/feedback", json=rating, headers=headers).status_code == status
    asked = {"question": QUESTION, "conversation": conversation}
    assert server.post("/api/v1/ask", json=asked, headers=stranger).status_code == 404
    assert server.post("/api/v1/ask", json=asked).status_code == 401
    assert len(server.get(path, headers=owner).json()["messages"]) == 1


def test_erasing_ends_it_at_once(server: TestClient) -> None:
    conversation, owner = begin(server)
    server.post("/api/v1/ask", json={"question": QUESTION, "conversation": conversation}, headers=owner)
    assert server.delete(f"/api/v1/conversations/{conversation}", headers=owner).status_code == 204
    assert server.get(f"/api/v1/conversations/{conversation}", headers=owner).status_code == 404


def test_what_an_ended_visit_left_behind_can_still_be_erased(make_server: MakeServer) -> None:
    server = make_server()
    conversation, owner = begin(server)
    server.post("/api/v1/ask", json={"question": QUESTION, "conversation": conversation}, headers=owner)
    stores = server.app.state.running.service.stores  # type: ignore[attr-defined]
    with stores.database.begin() as connection:
        connection.exec_driver_sql("UPDATE visits SET created_at = '2020-01-01', seen_at = '2020-01-01'")
    path = f"/api/v1/conversations/{conversation}"
    assert server.get(path, headers=owner).status_code == 401
    assert server.delete(path, headers=owner).status_code == 204


@pytest.mark.parametrize(("kind", "begins"), [("json", b"{"), ("md", b"#"), ("docx", b"PK")])
def test_a_conversation_can_be_taken_away(server: TestClient, kind: str, begins: bytes) -> None:
    conversation, owner = begin(server)
    server.post("/api/v1/ask", json={"question": QUESTION, "conversation": conversation}, headers=owner)
    taken = server.get(f"/api/v1/conversations/{conversation}/export?format={kind}", headers=owner)
    assert taken.status_code == 200
    assert taken.content.startswith(begins)
    assert taken.headers["content-disposition"].endswith(f'.{kind}"')


def test_feedback_is_kept_with_its_message_and_without_identifiers(server: TestClient) -> None:
    conversation, owner = begin(server)
    told = server.post("/api/v1/ask", json={"question": QUESTION, "conversation": conversation}, headers=owner).json()
    said = {"message": told["message"], "rating": "missing", "comment": "Mój PESEL 44051401359, proszę o kontakt"}
    assert server.post("/api/v1/feedback", json=said, headers=owner).status_code == 201
    read = server.get(f"/api/v1/conversations/{conversation}", headers=owner).json()
    assert read["messages"][0]["rating"] == "missing"
    stored = b"".join(file.read_bytes() for file in server.app.state.running.settings.data.glob("*"))  # type: ignore[attr-defined]
    assert b"44051401359" not in stored


# limits


def test_a_person_who_asks_too_often_is_told_when_again(make_server: MakeServer) -> None:
    server = make_server(web={"session_per_minute": 2})
    conversation, owner = begin(server)
    body = {"question": QUESTION, "conversation": conversation}
    assert [server.post("/api/v1/ask", json=body, headers=owner).status_code for _ in range(3)] == [200, 200, 429]
    assert int(server.post("/api/v1/ask", json=body, headers=owner).headers["retry-after"]) >= 1


# openapi


def test_every_route_of_the_description_has_an_example_or_a_summary(server: TestClient) -> None:
    described = server.get("/api/v1/openapi.json").json()
    for path, methods in described["paths"].items():
        for method in methods.values():
            assert method["description"], path
            assert method["x-role"], path
