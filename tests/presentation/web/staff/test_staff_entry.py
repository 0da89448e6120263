"""How the staff come in and go out."""

from __future__ import annotations

import pytest

from tests.offices import ADMIN, EDITOR, HOME, PASSWORD, MakeOffice, Office

PAGE = {"Accept": "text/html"}


def test_name_and_password_open_the_workspace_with_a_strict_cookie(office: Office) -> None:
    answer = office.sign_in()
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-staff=")
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert office.get(answer.headers["location"], headers=PAGE).headers["location"] == "/staff/pl/"
    assert [entry.action for entry in office.service.stores.audit.entries(1)] == ["signed_in"]


@pytest.mark.parametrize(
    ("name", "password"), [(ADMIN, "zle-haslo-nie-to"), ("nikt", PASSWORD), ("", ""), ("a" * 300, "b")]
)
def test_what_does_not_fit_lets_nobody_in(office: Office, name: str, password: str) -> None:
    answer = office.sign_in(name, password)
    assert answer.status_code in (401, 422)
    assert "set-cookie" not in answer.headers


def test_an_unknown_name_and_a_wrong_password_say_the_same(office: Office) -> None:
    one, other = office.sign_in("nikt@urzad.pl", "zle-haslo-nie-to"), office.sign_in(EDITOR, "zle-haslo-nie-to")
    assert one.status_code == other.status_code == 401
    assert one.text.replace("nikt@urzad.pl", "") == other.text.replace(EDITOR, "")


def test_too_many_tries_lock_the_name_and_say_for_how_long(make_office: MakeOffice) -> None:
    office = make_office(staff={"tries": 2})
    assert [office.sign_in(password="zle-haslo-nie-to").status_code for _ in range(2)] == [401, 401]
    locked = office.sign_in()
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) > 60
    assert "Za dużo prób" in locked.text


@pytest.mark.parametrize(
    "origin", [None, "null", "https://zly.example", "https://testserver.zly.example", "http://testserver"]
)
def test_another_site_cannot_sign_a_person_in_or_out(visited: Office, origin: str | None) -> None:
    assert visited.sign_in(origin=origin).status_code == 403
    visited.sign_in()
    assert visited.post("/staff/sign-out", origin=origin).status_code == 403
    assert visited.get("/staff/", headers=PAGE).headers["location"] == "/staff/pl/"


def test_signing_out_ends_the_session_on_the_server(office: Office) -> None:
    office.sign_in()
    token = office.client.cookies["__Host-staff"]
    answer = office.post("/staff/sign-out")
    assert answer.headers["location"] == "/staff/sign-in?session=left"
    assert "Max-Age=0" in answer.headers["set-cookie"]
    office.client.cookies.set("__Host-staff", token)
    assert office.get("/staff/pl/", headers=PAGE).headers["location"] == "/staff/sign-in?session=ended"
    assert office.service.stores.accounts.of(token) is None


def test_a_session_one_chose_oneself_is_none(visited: Office) -> None:
    for token in ("A" * 43, "", "../..", "x" * 5000):
        visited.client.cookies.set("__Host-staff", token)
        assert visited.get("/staff/pl/", headers=PAGE).status_code == 303
        assert visited.get("/staff/pl/config").status_code == 401


def test_a_browser_that_takes_no_cookie_is_told_so(office: Office) -> None:
    target = office.sign_in().headers["location"]
    office.client.cookies.clear()
    assert office.get(target, headers=PAGE).headers["location"] == "/staff/sign-in?cookie=refused"
    assert "nie przyjęła ciasteczka" in office.get("/staff/sign-in?cookie=refused").text


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("http://urzad.example", True),
        ("http://192.168.1.4:7860", True),
        ("http://127.0.0.1:7860", False),
        ("http://localhost:7860", False),
        ("http://[::1]:7860", False),
        ("https://urzad.example", False),
    ],
)
def test_without_encryption_the_page_says_that_signing_in_cannot_work(
    visited: Office, address: str, warned: bool
) -> None:
    assert ("bez szyfrowania" in visited.get(f"{address}/staff/sign-in").text) is warned


@pytest.mark.parametrize("field", ["cookie=<script>", "session=../x", "session=ended&x=1", "lang=xx", "cookie=ended"])
def test_the_address_puts_no_words_of_its_own_into_the_page(visited: Office, field: str) -> None:
    page = visited.get(f"/staff/sign-in?{field}")
    assert page.status_code == 200
    assert "<script" not in page.text


def test_the_typed_name_comes_back_as_text(office: Office) -> None:
    page = office.sign_in('"><script>alert(1)</script>', "zle-haslo-nie-to")
    assert "<script" not in page.text
    assert "zle-haslo-nie-to" not in page.text


def test_the_page_speaks_the_browsers_language_or_the_one_chosen(visited: Office) -> None:
    assert "Zaloguj" in visited.get("/staff/sign-in").text
    assert "Sign in" in visited.get("/staff/sign-in", headers={"Accept-Language": "en-GB,pl;q=0.5"}).text
    assert "Sign in" in visited.get("/staff/sign-in?lang=en").text


def test_the_offices_provider_is_offered_only_when_there_is_one(make_office: MakeOffice) -> None:
    office = make_office()
    assert "/staff/oidc/start" not in office.get("/staff/sign-in").text
    assert office.get("/staff/oidc/start").status_code == 404
    assert office.get("/staff/oidc/callback?code=x&state=y").status_code == 404


def test_coming_back_from_the_provider_without_having_left_lets_nobody_in(make_office: MakeOffice) -> None:
    office = make_office(staff={"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "x"})
    assert "/staff/oidc/start" in office.get("/staff/sign-in").text
    for cookie in ("", "a.b.c", "a.b.c.d", "a.b.c.1"):
        office.client.cookies.set("__Host-oidc", cookie)
        answer = office.get("/staff/oidc/callback?code=x&state=a")
        assert answer.status_code == 401
        assert "__Host-staff" not in answer.headers.get("set-cookie", "")


def test_a_provider_that_is_down_is_said_and_the_form_stays(make_office: MakeOffice) -> None:
    office = make_office(staff={"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "x"})
    answer = office.get("/staff/oidc/start")
    assert answer.status_code == 503
    assert 'name="password"' in answer.text


def test_the_page_has_no_code_and_no_foreign_address(visited: Office) -> None:
    page = visited.get("/staff/sign-in")
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert "http://" not in page.text.replace("http://127.0.0.1", "")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["referrer-policy"] == "same-origin"  # without one, browsers send "Origin: null" with a form
    assert HOME not in page.text
