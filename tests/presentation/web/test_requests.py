"""What every request passes and every response carries: origins, the switch, headers, roles, logs."""

import json
import logging
import threading
import time

import pytest
from fastapi.testclient import TestClient

from assistant.config import ROOT
from assistant.presentation.web import roles
from assistant.presentation.web.app import ROUTERS
from assistant.presentation.web.serving import Lines
from tests.presentation.web.conftest import MakeServer

OURS = "http://testserver"
ASK = {"question": "Co to jest klaster Latarnia?"}


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://testserver.evil.example",
        "http://eviltestserver",
        "http://testserver:8080",
        "http://testserver:80",
        "https://testserver",
        "HTTP://TESTSERVER",
        "http://TestServer",
        "http://testserver/",
        "http://testserver@evil.example",
        "http://xn--testsrver-pcb",
        "http://127.0.0.1",
        "file://",
        "http://testserver, http://evil.example",
        "http://testserver\x00",
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/conversations", "/api/v1/feedback", "/rozmowa"])
def test_no_other_site_can_ask_in_a_persons_name(server: TestClient, origin: str, path: str) -> None:
    answer = server.post(path, json=ASK, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert "access-control-allow-origin" not in answer.headers


def test_our_own_page_and_programs_may(server: TestClient) -> None:
    for headers in ({"Origin": OURS, "Sec-Fetch-Site": "same-origin"}, {}, {"Sec-Fetch-Site": "none"}):
        assert server.post("/api/v1/ask", json=ASK, headers=headers).status_code == 200
    crossed = server.post("/api/v1/ask", json=ASK, headers={"Sec-Fetch-Site": "same-site"})
    assert crossed.status_code == 403


def test_there_is_no_cors(server: TestClient) -> None:
    asked = {"Origin": "https://www.region.pl", "Access-Control-Request-Method": "POST"}
    answer = server.options("/api/v1/ask", headers=asked)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    ["/", "/rozmowa", "/healthz", "/api/v1/state", "/api/v1/nothing", "/nothing", "/static/x.js", "/widget/frame"],
)
def test_every_response_carries_the_security_headers(server: TestClient, path: str) -> None:
    headers = server.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "server" not in headers
    assert headers["cache-control"]


def test_a_widgets_frame_may_be_embedded_by_its_sites_only(make_server: MakeServer) -> None:
    region = {"origins": ["https://www.region.pl", "https://region.pl"]}
    server = make_server(web={"widgets": {"region": region, "nobody": {}}})
    policy = server.get("/widget/frame?site=region").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors https://www.region.pl https://region.pl")
    for site in ("nobody", "unknown", ""):
        refused = server.get(f"/widget/frame?site={site}")
        assert refused.status_code == 404
        assert refused.headers["content-security-policy"].endswith("frame-ancestors 'none'")


def test_the_switch_closes_what_is_public_within_two_seconds_and_says_why(server: TestClient) -> None:
    stores = server.app.state.running.service.stores  # type: ignore[attr-defined]
    stores.switch.close("Poprawiamy podręczniki, wracamy o 12:00.", "test")
    deadline = time.monotonic() + 2
    while server.get("/").status_code == 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    page = server.get("/")
    assert page.status_code == 503
    assert "wracamy o 12:00" in page.text
    asked = server.post("/api/v1/ask", json=ASK)
    assert (asked.status_code, asked.json()["code"]) == (503, "switched_off")
    assert "wracamy o 12:00" in asked.json()["message"]
    assert int(asked.headers["retry-after"]) > 0
    assert server.get("/healthz").status_code == 200
    assert server.get("/api/v1/state").json()["open"] is False
    assert server.get("/api/v1/conversations/" + "A" * 43).status_code == 401  # people still reach what is theirs
    stores.switch.open("test")
    deadline = time.monotonic() + 2
    while server.get("/").status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.get("/").status_code == 200


def test_every_route_declares_who_may_call_it() -> None:
    table = list(roles.table(ROUTERS))
    assert len(table) > 20
    assert {role for _, _, role in table} <= {roles.ANYONE, roles.VISITOR, roles.STAFF, roles.OPERATOR}


def test_metrics_are_for_the_operator(make_server: MakeServer) -> None:
    assert make_server().get("/metrics").status_code == 404  # the test client has no address of the list
    server = make_server(web={"metrics_from": ["testclient"]})
    server.post("/api/v1/ask", json=ASK)
    text = server.get("/metrics").text
    assert 'assistant_answers_total{lang="pl",status="answered",surface="page"} 1.0' in text
    assert "Latarnia" not in text


def test_the_log_names_the_route_and_nothing_of_a_person(server: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "assistant.access"):
        server.get("/api/v1/conversations/" + "A" * 43)
        server.post("/api/v1/ask", json={"question": "PESEL 44051401359"})
    lines = [json.loads(Lines().format(record)) for record in caplog.records if record.name == "assistant.access"]
    assert [(line["route"], line["status"]) for line in lines] == [
        ("/api/v1/conversations/{conversation_id}", 401),
        ("/api/v1/ask", 200),
    ]
    assert "AAAA" not in str(lines)
    assert "4405" not in caplog.text


def test_a_message_cannot_forge_a_line_of_the_log() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, 'a\r\n{"level": "info"}\x1b[2J\u2028', (), None)
    line = Lines().format(record)
    assert "\n" not in line
    assert "\x1b" not in line
    assert line.isascii()


def test_a_full_queue_refuses_before_anything_is_read(make_server: MakeServer) -> None:
    server = make_server(web={"slots": 1, "queue": 0})
    door = threading.Event()
    server.app.state.running.admission.submit(lambda _: door.wait(10))  # type: ignore[attr-defined]
    started = time.perf_counter()
    refused = server.post("/api/v1/ask/stream", content=b"{", headers={"Content-Type": "application/json"})
    took = time.perf_counter() - started
    page = server.post("/rozmowa", data={"question": "Co to jest klaster?"})
    door.set()
    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert int(refused.headers["retry-after"]) >= 2
    assert took < 0.1
    assert page.status_code == 503
    assert "text/html" in page.headers["content-type"]


def test_the_table_of_routes_in_the_documentation_is_true(server: TestClient) -> None:
    routers = [*ROUTERS, server.app.state.workspaces.router]  # type: ignore[attr-defined]
    rows = [
        f"| {methods} | `{path}` | {role} |" for methods, path, role in sorted(roles.table(routers), key=lambda r: r[1])
    ]
    written = (ROOT / "docs" / "routes.md").read_text(encoding="utf-8")
    begins = ("| GET", "| POST", "| PUT", "| PATCH", "| DELETE")
    assert [line for line in written.splitlines() if line.startswith(begins)] == rows
