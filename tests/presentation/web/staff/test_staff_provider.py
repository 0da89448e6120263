"""Signing in through the office's provider, from the link on our page to the workspace."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.offices import ADMIN, MakeOffice, Office
from tests.presentation.web.test_oidc import CLIENT, SECRET, FakeProvider, provider

__all__ = ["provider"]  # a fixture
PAGE = {"Accept": "text/html"}


@pytest.fixture
def office(make_office: MakeOffice, provider: FakeProvider) -> Office:
    given = {"oidc_issuer": provider.address, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    return make_office(staff=given)


def left(office: Office, fake: FakeProvider) -> dict[str, str]:
    """What the browser takes along to the provider."""
    answer = office.get("/staff/oidc/start")
    assert answer.status_code == 303
    assert "SameSite=lax" in answer.headers["set-cookie"]
    sent = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert sent["redirect_uri"] == "https://testserver/staff/oidc/callback"
    fake.nonce, fake.challenge = sent["nonce"], sent["code_challenge"]
    return sent


def test_the_way_there_and_back_ends_in_the_workspace(office: Office, provider: FakeProvider) -> None:
    provider.claims = {"email": ADMIN}
    sent = left(office, provider)
    back = office.get("/staff/oidc/callback", params={"code": "x", "state": sent["state"]}, headers=PAGE)
    assert back.status_code == 200  # a page and no redirect, which would not carry the strict cookie
    assert 'http-equiv="refresh"' in back.text
    assert "__Host-oidc" not in office.client.cookies
    assert office.get("/staff/", headers=PAGE).headers["location"] == "/staff/pl/"
    assert office.service.stores.audit.entries(1)[0].details == {"by": "oidc"}


def test_the_second_half_works_once(office: Office, provider: FakeProvider) -> None:
    provider.claims = {"email": ADMIN}
    query = {"code": "x", "state": left(office, provider)["state"]}
    assert office.get("/staff/oidc/callback", params=query).status_code == 200
    office.client.cookies.clear()
    assert office.get("/staff/oidc/callback", params=query).status_code == 401


def test_a_name_without_an_account_is_let_in_nowhere(office: Office, provider: FakeProvider) -> None:
    provider.claims = {"email": "obcy@urzad.pl"}
    answer = office.get("/staff/oidc/callback", params={"code": "x", "state": left(office, provider)["state"]})
    assert answer.status_code == 401
    assert "nie ma do niego konta" in answer.text
    assert "__Host-staff" not in office.client.cookies
