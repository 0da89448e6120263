"""Sign-in through a provider: a real little one on loopback, its good answers and every bad one."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from pydantic import SecretStr

from assistant.config import ROOT, StaffSettings
from assistant.errors import ConfigError, MissingExtra, ProviderUnavailable, SignInRefused
from assistant.presentation import schemas
from assistant.presentation.web.oidc import Provider, Transaction
from assistant.prompts import LANGUAGES, load_words

pytest.importorskip("authlib", reason="extra oidc")
jwt = pytest.importorskip("joserfc.jwt")
jwk = pytest.importorskip("joserfc.jwk")

CLIENT, SECRET = "asystent", "tajne: +/=%"
BACK = "https://asystent.example/staff/oidc/callback"
OWN_KEY = jwk.RSAKey.generate_key(2048, {"kid": "own", "use": "sig"})
FOREIGN_KEY = jwk.RSAKey.generate_key(2048, {"kid": "own", "use": "sig"})


@dataclass
class FakeProvider:
    """An OpenID Connect provider; a test changes what it says. `asked` are the token requests it got."""

    address: str = ""
    nonce: str = ""
    challenge: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "own"})
    key: Any = field(default_factory=lambda: OWN_KEY)
    discovery: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    raw: dict[str, bytes] = field(default_factory=dict)
    delay: float = 0
    asked: list[tuple[dict[str, str], str]] = field(default_factory=list)

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, bytes, dict[str, str]]:
        time.sleep(self.delay)
        status = self.statuses.get(path, 200)
        if path in self.raw or status != 200:
            return status, self.raw.get(path, b"{}"), {"Location": f"{self.address}/other"}
        if path == "/.well-known/openid-configuration":
            shown: dict[str, Any] = {name: f"{self.address}/{name}" for name in ("token_endpoint", "jwks_uri")}
            shown |= {"issuer": self.address, "authorization_endpoint": f"{self.address}/login?tenant=1"}
            return 200, json.dumps(shown | self.discovery).encode(), {}
        if path == "/jwks_uri":
            return 200, json.dumps(jwk.KeySet([OWN_KEY]).as_dict(private=False)).encode(), {}
        if path == "/userinfo":
            ok = authorization == "Bearer dostep"
            return (200 if ok else 401), json.dumps(self.userinfo).encode(), {}
        self.asked.append((form, authorization))
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != self.challenge:
            return 400, b'{"error": "invalid_grant"}', {}
        return (
            200,
            json.dumps({"access_token": "dostep", "token_type": "Bearer", "id_token": self.token()}).encode(),
            {},
        )

    def token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300, "nonce": self.nonce}
        claims |= {"email": "anna@region.example", "email_verified": True} | self.claims
        claims = {name: value for name, value in claims.items() if name not in self.dropped}
        if self.header["alg"] == "none":
            parts = [json.dumps(part).encode() for part in (self.header, claims)]
            return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), ""])
        return str(jwt.encode(self.header, claims, self.key))


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    fake = FakeProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            path, sent = self.path.partition("?")[0], dict(parse_qsl(body))
            status, shown, headers = fake.answer(path, sent, self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(shown)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # who waits no longer
                self.wfile.write(shown)

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield fake
    server.shutdown()
    thread.join()
    server.server_close()


def ours(fake: FakeProvider, **given: Any) -> Provider:
    settings = {"oidc_issuer": fake.address, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)}
    return Provider(StaffSettings(**{**settings, **given}), BACK)


def signed_in(fake: FakeProvider, query: dict[str, str] | None = None, **given: Any) -> str:
    """Both halves of a sign-in, with the person's part in between."""
    provider = ours(fake, **given)
    url, transaction = provider.authorize_url()
    sent = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    fake.nonce, fake.challenge = sent["nonce"], sent["code_challenge"]
    return provider.name({"code": "kod", "state": sent["state"], **(query or {})}, transaction)


def test_a_person_the_provider_knows_comes_in_by_the_verified_claim(provider: FakeProvider) -> None:
    assert signed_in(provider) == "anna@region.example"


def test_the_way_to_the_provider_carries_state_nonce_and_challenge(provider: FakeProvider) -> None:
    url, transaction = ours(provider).authorize_url()
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{provider.address}/login?tenant=1&")
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert (query["state"], query["nonce"], query["redirect_uri"]) == (transaction.state, transaction.nonce, BACK)
    assert query["scope"] == "openid email"
    assert transaction.verifier not in url
    _, other = ours(provider).authorize_url()
    assert not {other.state, other.nonce, other.verifier} & {transaction.state, transaction.nonce, transaction.verifier}


def test_our_secret_goes_the_way_the_provider_wants_it(provider: FakeProvider) -> None:
    signed_in(provider)
    form, authorization = provider.asked[-1]
    assert "client_secret" not in form
    assert base64.b64decode(authorization.removeprefix("Basic ")) == b"asystent:tajne%3A%20%2B%2F%3D%25"
    provider.discovery = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    signed_in(provider)
    assert (provider.asked[-1][0]["client_secret"], provider.asked[-1][1]) == (SECRET, "")
    signed_in(provider, oidc_client_secret=None)
    assert "client_secret" not in provider.asked[-1][0]


def test_another_claim_may_be_the_name(provider: FakeProvider) -> None:
    provider.claims = {"preferred_username": "anna"}
    assert signed_in(provider, oidc_claim="preferred_username") == "anna"


def test_a_claim_missing_in_the_token_is_asked_of_the_provider(provider: FakeProvider) -> None:
    provider.discovery = {"userinfo_endpoint": f"{provider.address}/userinfo"}
    provider.dropped = ("email", "email_verified")
    provider.userinfo = {"sub": "7", "email": "ewa@region.example"}
    assert signed_in(provider) == "ewa@region.example"
    provider.userinfo["sub"] = "8"
    with pytest.raises(SignInRefused):
        signed_in(provider)


@pytest.mark.parametrize("audience", [[CLIENT], [CLIENT, "inny"]])
def test_an_audience_may_be_a_list_when_we_are_the_party(provider: FakeProvider, audience: list[str]) -> None:
    provider.claims = {"aud": audience, "azp": CLIENT}
    assert signed_in(provider)


def test_clocks_may_differ_by_a_minute(provider: FakeProvider) -> None:
    provider.claims = {"exp": int(time.time()) - 30, "iat": int(time.time()) + 30}
    assert signed_in(provider)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "cudzy"},
        {"aud": "inny"},
        {"aud": [CLIENT, "inny"]},  # and nobody says that we are the party
        {"aud": [CLIENT, "inny"], "azp": "inny"},
        {"iss": "https://inny.example"},
        {"exp": int(time.time()) - 3600},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"exp": "kiedyś"},
        {"at_hash": "inny"},
        {"email_verified": False},
        {"email_verified": "false"},
        {"email": ""},
        {"email": ["anna@region.example"]},
    ],
)
def test_a_token_that_does_not_fit_lets_nobody_in(provider: FakeProvider, claims: dict[str, Any]) -> None:
    provider.claims = claims
    with pytest.raises(SignInRefused):
        signed_in(provider)


@pytest.mark.parametrize("name", ["nonce", "aud", "iss", "exp", "iat", "sub", "email"])
def test_a_token_without_a_claim_we_need_lets_nobody_in(provider: FakeProvider, name: str) -> None:
    provider.dropped = (name,)
    with pytest.raises(SignInRefused):
        signed_in(provider)


def test_an_unsigned_token_is_refused(provider: FakeProvider) -> None:
    provider.header = {"alg": "none"}
    with pytest.raises(SignInRefused):
        signed_in(provider)


def test_a_token_signed_by_another_key_is_refused(provider: FakeProvider) -> None:
    provider.key = FOREIGN_KEY
    with pytest.raises(SignInRefused):
        signed_in(provider)


def test_a_token_signed_with_our_own_secret_or_the_public_key_as_one_is_refused(provider: FakeProvider) -> None:
    provider.header = {"alg": "HS256", "kid": "own"}
    for secret in (SECRET.encode() * 4, OWN_KEY.as_pem(private=False)):
        provider.key = jwk.OctKey.import_key(base64.urlsafe_b64encode(secret))
        with pytest.raises(SignInRefused):
            signed_in(provider)


@pytest.mark.parametrize("raw", [b'{"id_token": "a.b.c"}', b'{"id_token": 7}', b"{}", b'{"id_token": "\\ud800"}'])
def test_no_token_at_all_is_refused(provider: FakeProvider, raw: bytes) -> None:
    provider.raw = {"/token_endpoint": raw}
    with pytest.raises(SignInRefused):
        signed_in(provider)


@pytest.mark.parametrize(
    "query",
    [
        {"state": "cudzy"},
        {"state": ""},
        {"state": "ą\udce9"},
        {"code": ""},
        {"error": "access_denied"},
        {"iss": "https://inny.example"},
    ],
)
def test_a_way_back_that_is_not_ours_is_refused_before_any_token(provider: FakeProvider, query: dict[str, str]) -> None:
    with pytest.raises(SignInRefused):
        signed_in(provider, query)
    assert not provider.asked


def test_a_code_for_another_challenge_is_refused(provider: FakeProvider) -> None:
    service = ours(provider)
    _, transaction = service.authorize_url()
    provider.nonce, provider.challenge = transaction.nonce, "inne"
    with pytest.raises(SignInRefused):
        service.name({"code": "kod", "state": transaction.state}, transaction)


def test_without_a_transaction_no_empty_state_is_enough(provider: FakeProvider) -> None:
    with pytest.raises(SignInRefused):
        ours(provider).name({"code": "kod"}, Transaction("", "", "", int(time.time())))
    assert not provider.asked


@pytest.mark.parametrize("away", [-3600, 3600])
def test_who_comes_back_too_late_starts_again(provider: FakeProvider, away: int) -> None:
    with pytest.raises(SignInRefused):
        ours(provider).name({"code": "kod", "state": "s"}, Transaction("s", "n", "v", int(time.time()) + away))


def test_a_provider_that_is_down_is_told_from_a_refusal(provider: FakeProvider) -> None:
    with pytest.raises(ProviderUnavailable):
        signed_in(provider, oidc_issuer="http://127.0.0.1:9")
    for path in ("/token_endpoint", "/jwks_uri"):
        provider.statuses = {path: 503}
        with pytest.raises(ProviderUnavailable):
            signed_in(provider)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token_endpoint", "/jwks_uri"])
@pytest.mark.parametrize("status", [301, 302, 307])
def test_no_redirect_is_followed(provider: FakeProvider, path: str, status: int) -> None:
    provider.statuses = {path: status}
    with pytest.raises(ProviderUnavailable):
        signed_in(provider)


@pytest.mark.parametrize("raw", [b"<html>", b"[]", b"\xff", b"null", b"[" * 100_000, b'{"a": "' + b"x" * 2_000_000])
def test_an_answer_that_is_no_description_is_told(provider: FakeProvider, raw: bytes) -> None:
    provider.raw = {"/.well-known/openid-configuration": raw}
    with pytest.raises(ProviderUnavailable):
        signed_in(provider)


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://inny.example"},
        {"jwks_uri": "http://inny.example/keys"},
        {"token_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"token_endpoint": "https://["},
    ],
)
def test_a_description_with_other_issuer_or_open_addresses_is_not_used(
    provider: FakeProvider, discovery: dict[str, Any]
) -> None:
    provider.discovery = discovery
    with pytest.raises(ProviderUnavailable):
        ours(provider).authorize_url()


def test_a_slow_provider_is_given_up(provider: FakeProvider) -> None:
    provider.delay = 0.6
    started = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        replace(ours(provider), seconds=0.2).authorize_url()
    assert time.monotonic() - started < 0.55


@pytest.mark.parametrize("issuer", ["http://provider.example", "provider.example", "ftp://x"])
def test_an_issuer_without_tls_is_a_wrong_setting(issuer: str) -> None:
    with pytest.raises(ConfigError, match="oidc_issuer"):
        Provider(StaffSettings(oidc_issuer=issuer, oidc_client_id=CLIENT), BACK).authorize_url()


def test_the_error_has_its_sentence_in_both_languages() -> None:
    words = load_words(ROOT / "prompts")
    for lang in LANGUAGES:
        for reason in ("provider_down", "provider_answer"):
            shown = schemas.error(ProviderUnavailable(reason=reason), words[lang])
            assert reason not in shown["message"]
            assert shown["hint"]


def test_the_log_names_the_reason_but_no_secret(provider: FakeProvider, caplog: pytest.LogCaptureFixture) -> None:
    provider.claims = {"nonce": "cudzy"}
    with pytest.raises(SignInRefused):
        signed_in(provider)
    assert "nonce" in caplog.text
    for kept in (SECRET, provider.nonce, "dostep", "anna@"):
        assert kept not in caplog.text


@pytest.mark.parametrize("package", ["httpx", "authlib.oidc.core", "joserfc.jwk"])
def test_without_the_extra_it_says_what_to_install(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match="oidc"):
        Provider(StaffSettings(oidc_issuer="https://provider.example"), BACK).authorize_url()
