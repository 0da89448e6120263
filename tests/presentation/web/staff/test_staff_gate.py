"""Nothing below /staff without a session, nothing of Gradio that is not needed, and only what a role may do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.routing import Mount

from assistant.domain.conversations import Role
from assistant.presentation.web import roles
from assistant.presentation.web.staff import gate
from tests.offices import ADMIN, EDITOR, Office

PAGE = {"Accept": "text/html"}
OUTSIDE = {"/staff/sign-in", "/staff/sign-out", "/staff/oidc/start", "/staff/oidc/callback"}


def reachable(app: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(method, path) of every route of an application and of what is mounted in it; parameters filled in."""
    for route in app.routes:  # type: ignore[attr-defined]
        if hasattr(route, "original_router"):
            yield from reachable(route.original_router, prefix)
            continue
        path = prefix + re.sub(r"{[^}]*}", "x", route.path)
        if isinstance(route, Mount) and hasattr(route.app, "routes"):
            yield from reachable(route.app, path)
        else:
            yield from ((method, path) for method in sorted(getattr(route, "methods", None) or {"GET", "POST"}))


def test_every_route_of_gradio_and_ours_is_behind_the_sign_in(workspace: Office) -> None:
    workspace.client.cookies.clear()
    found = set(reachable(workspace.workspaces._made["pl", Role.ADMIN]))
    found |= set(reachable(workspace.workspaces.router))
    assert len(found) > 60  # Gradio's own are among them
    for method, path in sorted(found):
        answer = workspace.client.request(
            method, path, headers={"Origin": "https://testserver"}, follow_redirects=False
        )
        if path not in OUTSIDE:
            assert answer.status_code in (401, 404), (method, path, answer.status_code)
            assert answer.status_code == 401 or not path.startswith("/staff"), (method, path)


@pytest.mark.parametrize(
    "path",
    [
        "/staff",
        "/staff/",
        "/staff/pl",
        "/staff/pl/",
        "/staff/en/config",
        "/staff/nothing",
        "/staff//pl/",
        "/staff/pl/%2e%2e/x",
    ],
)
def test_a_person_is_led_to_the_sign_in_and_a_script_gets_the_error(visited: Office, path: str) -> None:
    assert visited.get(path, headers=PAGE).headers["location"] == "/staff/sign-in"
    answer = visited.get(path)
    assert answer.status_code == 401
    assert set(answer.json()) == {"code", "message", "hint"}


def test_what_the_workspace_does_not_need_of_gradio_is_not_there(workspace: Office) -> None:
    ours = [known for _, known in gate.GRADIO]
    for method, path in set(reachable(workspace.workspaces._made["pl", Role.ADMIN])):
        below = path.removeprefix("/staff/pl")
        if not path.startswith("/staff/pl") or any(known.fullmatch(below) for known in ours):
            continue
        answer = workspace.client.request(method, path, headers={"Origin": "https://testserver"})
        assert answer.status_code == 404, (method, path)
        assert method == "HEAD" or answer.json()["code"] == "not_there"


@pytest.mark.parametrize("lang", ["pl", "en"])
def test_the_page_has_our_heading_and_language_and_runs_no_inline_code_without_its_nonce(
    workspace: Office, lang: str
) -> None:
    page = workspace.get(f"/staff/{lang}/", headers=PAGE)
    assert f'<html\n\tlang="{lang}"' in page.text
    assert page.text.count("<h1>") == 1
    assert ADMIN in page.text
    (nonce,) = set(re.findall(r'<script nonce="([^"]+)"', page.text))
    assert len(re.findall(r"<script", page.text)) == page.text.count(f'<script nonce="{nonce}"')
    policy = page.headers["content-security-policy"]
    assert f"'nonce-{nonce}'" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]
    assert nonce not in workspace.get(f"/staff/{lang}/", headers=PAGE).text  # a new one each time
    assert "raw.githubusercontent" not in page.text
    assert page.headers["cache-control"] == "no-store"


def test_no_other_site_is_given_leave_and_no_address_is_taken_from_the_request(workspace: Office) -> None:
    evil = {"Origin": "https://zly.example", "X-Forwarded-Host": "zly.example", "X-Forwarded-Proto": "gopher"}
    for path in ("/staff/pl/", "/staff/pl/theme.css"):
        answer = workspace.get(path, headers=evil | PAGE)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert "zly.example" not in answer.text
    assert (
        workspace.client.options("/staff/pl/", headers=evil | {"Access-Control-Request-Method": "POST"}).status_code
        == 403
    )


@pytest.mark.parametrize(
    "origin", [None, "null", "https://zly.example", "https://testserver:8443", "HTTPS://TESTSERVER"]
)
def test_an_event_from_another_site_does_nothing(workspace: Office, origin: str | None) -> None:
    body = {"fn_index": workspace.fn_index("switch-close"), "data": ["przejęte"], "session_hash": "x"}
    assert workspace.post("/staff/pl/gradio_api/run/predict", origin=origin, json=body).status_code == 403
    assert (
        workspace.post(
            "/staff/pl/gradio_api/run/predict", json=body, headers={"Sec-Fetch-Site": "cross-site"}
        ).status_code
        == 403
    )
    assert workspace.service.stores.switch.state().open


def test_a_large_body_is_not_read(workspace: Office) -> None:
    big = {"fn_index": 0, "data": ["x" * (gate.BODY_BYTES + 1)]}
    assert workspace.post("/staff/pl/gradio_api/run/predict", json=big).status_code == 413

    def endless() -> Iterator[bytes]:
        yield b"{"

    assert workspace.post("/staff/pl/gradio_api/run/predict", content=endless()).status_code == 413


def test_an_editor_has_no_tabs_of_the_administrators(workspace: Office) -> None:
    workspace.client.cookies.clear()
    workspace.sign_in(EDITOR)
    page = workspace.get("/staff/pl/", headers=PAGE).text
    assert "tab-documents" in page
    assert not {"tab-switch", "tab-settings", "tab-journal", "switch-close"} & set(re.findall(r"[\w-]+", page))


def test_each_administrators_event_asks_for_the_role_again(fresh: Office) -> None:
    """Should an editor ever reach an administrator's workspace, its handlers still refuse."""
    admin = fresh.blocks(Role.ADMIN)
    wanted = {"tab-switch", "tab-settings", "tab-journal", "switch-close", "switch-open"}
    ids = {number for number, block in admin.blocks.items() if block.elem_id in wanted}
    numbers = [number for number, fn in admin.fns.items() if any(target in ids for target, _ in fn.targets)]
    assert len(numbers) == 5
    accounts = fresh.service.stores.accounts
    fresh.client.cookies.clear()
    fresh.client.cookies.set("__Host-staff", accounts.sign_in(EDITOR, "zielony-rower-77", "x"))
    fresh.workspaces._made["pl", Role.EDITOR] = fresh.workspaces._made["pl", Role.ADMIN]
    fresh.workspaces._living["pl", Role.EDITOR] = fresh.workspaces._living["pl", Role.ADMIN]
    for number in numbers:
        answer = fresh.raw_event(number, ["powód", 1][: len(admin.fns[number].inputs)])
        assert "nie ma do tego uprawnień" in answer.json()["data"][0]
    assert fresh.service.stores.switch.state().open
    del fresh.workspaces._living["pl", Role.EDITOR]


def test_a_removed_account_can_do_nothing_more(fresh: Office) -> None:
    number = fresh.fn_index("documents-rebuild")
    fresh.service.stores.accounts.remove(ADMIN)
    assert fresh.raw_event(number, []).status_code == 401
    assert fresh.preparation.started == 0


def test_every_route_of_ours_names_its_role(visited: Office) -> None:
    table = list(roles.table([visited.workspaces.router]))
    assert table
    assert all(role for _, _, role in table)
    assert {path for _, path, role in table if role == roles.ANYONE} == OUTSIDE


def test_every_event_is_private_and_without_a_queue(workspace: Office) -> None:
    for fn in workspace.blocks().fns.values():
        assert fn.queue is False
        assert fn.api_visibility == "private"
