"""Sign-in of staff through the office's OpenID Connect provider (optional: extra `oidc`).

OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636) and a nonce; discovery anew for
every sign-in, so that changed keys and addresses need no restart. Knows nothing of routes or cookies:
the caller keeps the transaction between the two halves and decides who the verified name may be.
The home of authlib, and of joserfc and httpx with it.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from ...config import StaffSettings
from ...errors import ConfigError, MissingExtra, ProviderUnavailable, SignInRefused

SECONDS = 5  # for a whole request to the provider
TRANSACTION_SECONDS = 600  # a person may take to sign in at the provider
LEEWAY = 60  # seconds that clocks may differ
MAX_BYTES = 1_000_000  # of an answer; a large provider's key set has about 20 kB
LOOPBACK = ("127.0.0.1", "::1", "localhost")
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Transaction:
    """What must be the same when the person comes back; for their browser only, never for a log. `at` in seconds."""

    state: str
    nonce: str
    verifier: str
    at: int


@dataclass(frozen=True)
class Provider:
    """The provider that [staff] names; `redirect_uri` is where it sends people back to."""

    settings: StaffSettings
    redirect_uri: str
    clock: Callable[[], float] = time.time
    seconds: float = SECONDS

    def authorize_url(self) -> tuple[str, Transaction]:
        """Where to send the person, and what to keep until they are back.

        Raises MissingExtra, ConfigError, ProviderUnavailable.
        """
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        transaction = Transaction(state, nonce, verifier, int(self.clock()))
        with _library(self.seconds) as library:
            addresses = self._discovered(library)
            url = library.prepare_grant_uri(
                addresses["authorization_endpoint"],
                self.settings.oidc_client_id,
                "code",
                self.redirect_uri,
                "openid email" if self.settings.oidc_claim.startswith("email") else "openid email profile",
                transaction.state,
                nonce=transaction.nonce,
                code_challenge=library.create_s256_code_challenge(transaction.verifier),
                code_challenge_method="S256",
            )
        return url, transaction

    def name(self, query: Mapping[str, str], transaction: Transaction) -> str:
        """The verified claim of the person who came back with `query`.

        Raises SignInRefused for whatever does not fit (the log says what), else as `authorize_url`.
        """
        state = query.get("state", "").encode(errors="replace")
        if not transaction.state or not hmac.compare_digest(state, transaction.state.encode()):
            raise _refused("state")
        if not 0 <= self.clock() - transaction.at <= TRANSACTION_SECONDS:
            raise _refused("late")
        if "error" in query or not query.get("code"):
            raise _refused("the provider let nobody in")
        with _library(self.seconds) as library:
            addresses = self._discovered(library)
            if query.get("iss", addresses["issuer"]) != addresses["issuer"]:  # RFC 9207
                raise _refused("issuer of the response")
            tokens = self._tokens(library, addresses, query["code"], transaction)
            claims = self._claims(library, addresses, tokens, transaction)
            return self._told(library, addresses, tokens, claims)

    # the parts of a sign-in

    def _discovered(self, library: _Library) -> dict[str, Any]:
        """The provider's own description (OpenID Connect Discovery 1.0)."""
        issuer = self.settings.oidc_issuer
        if not _safe(issuer):
            raise ConfigError(setting="staff.oidc_issuer", reason=f"{issuer}: not an https address")
        found = _fetch(library, "GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if str(found.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
            raise _unusable("issuer of the discovery document")
        if not all(_safe(found.get(name)) for name in needed):
            raise _unusable("addresses in the discovery document")
        return found

    def _tokens(
        self, library: _Library, addresses: Mapping[str, Any], code: str, transaction: Transaction
    ) -> dict[str, Any]:
        """The code for tokens (RFC 6749, 4.1.3; our secret as 2.3.1 wants it)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "client_id": self.settings.oidc_client_id,
            "code_verifier": transaction.verifier,
        }
        headers = {}
        if self.settings.oidc_client_secret is not None:
            secret = self.settings.oidc_client_secret.get_secret_value()
            methods = addresses.get("token_endpoint_auth_methods_supported") or ()
            if "client_secret_post" in methods:
                form["client_secret"] = secret
            else:
                pair = f"{quote(self.settings.oidc_client_id, safe='')}:{quote(secret, safe='')}"
                headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        return _fetch(library, "POST", addresses["token_endpoint"], data=form, headers=headers)

    def _claims(
        self, library: _Library, addresses: Mapping[str, Any], tokens: Mapping[str, Any], transaction: Transaction
    ) -> dict[str, Any]:
        """The ID token's claims, once signature, issuer, audience, times and nonce hold (Core 1.0, 3.1.3.7)."""
        keys = _fetch(library, "GET", addresses["jwks_uri"])
        client = self.settings.oidc_client_id
        fixed = {"iss": addresses["issuer"], "aud": client}
        try:
            token = library.decode(tokens["id_token"], library.KeySet.import_key_set(keys), ALGORITHMS)
            claims = library.CodeIDToken(
                token.claims,
                token.header,
                {name: {"essential": True, "value": value} for name, value in fixed.items()},
                {"nonce": transaction.nonce, "client_id": client, "access_token": tokens.get("access_token")},
            )
            claims.validate(int(self.clock()), LEEWAY)
        except (library.JoseError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise _refused(f"ID token: {type(error).__name__} {error}") from None
        return dict(claims)

    def _told(
        self, library: _Library, addresses: Mapping[str, Any], tokens: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> str:
        """The name's claim, from the ID token or else, as Core 1.0, 5.4 allows, from the provider's user info."""
        name, told = self.settings.oidc_claim, claims
        if name not in claims and _safe(addresses.get("userinfo_endpoint")):
            headers = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
            told = _fetch(library, "GET", addresses["userinfo_endpoint"], headers=headers)
            if told.get("sub") != claims["sub"]:
                raise _refused("user info of somebody else")
        value = told.get(name)
        if not isinstance(value, str) or not value.strip():
            raise _refused(f"no claim {name}")
        if name == "email" and str(told.get("email_verified", True)).lower() not in ("true", "1"):
            raise _refused("e-mail not verified")
        return value.strip()


@dataclass(frozen=True)
class _Library:
    """What is used of the optional packages, with an open client."""

    client: Any
    seconds: float
    failures: tuple[type[Exception], ...]
    prepare_grant_uri: Any
    create_s256_code_challenge: Any
    CodeIDToken: Any
    JoseError: Any
    KeySet: Any
    decode: Any


@contextmanager
def _library(seconds: float) -> Iterator[_Library]:
    try:
        import httpx
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
        from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
        from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet
        from joserfc.jwt import decode
    except ImportError:
        raise MissingExtra(package="authlib", extra="oidc") from None
    failures = (httpx.HTTPError, httpx.InvalidURL, OSError)
    parts = (prepare_grant_uri, create_s256_code_challenge, CodeIDToken, JoseError, KeySet, decode)
    with httpx.Client(timeout=seconds, follow_redirects=False) as client:
        yield _Library(client, seconds, failures, *parts)


def _safe(address: object) -> bool:
    """Over TLS, or on this machine."""
    try:
        parts = urlsplit(address) if isinstance(address, str) else None
    except ValueError:
        return False
    if parts is None or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _fetch(library: _Library, method: str, address: str, **given: Any) -> dict[str, Any]:
    """A JSON object from the provider, within the time given. Redirects are not followed.

    Raises SignInRefused when the provider says no (4xx), ProviderUnavailable for everything else.
    """
    body = b""
    until = time.monotonic() + library.seconds
    headers = {"Accept": "application/json", **given.pop("headers", {})}
    try:
        with library.client.stream(method, address, headers=headers, **given) as response:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > MAX_BYTES or time.monotonic() > until:
                    raise _unusable("an answer too large or too slow")
            status = response.status_code
    except library.failures as error:
        log.warning("sign-in provider: %s", type(error).__name__)
        raise ProviderUnavailable(reason="provider_down") from None
    if method == "POST" and 400 <= status < 500:
        raise _refused(f"token endpoint answered {status}")
    try:
        shown = json.loads(body)
    except (ValueError, RecursionError):
        shown = None
    if status != 200 or not isinstance(shown, dict):
        raise _unusable(f"status {status}, {'no ' if not isinstance(shown, dict) else ''}JSON object")
    return shown


def _refused(reason: str) -> SignInRefused:
    """For the person only that it did not work; the operator's log has the reason."""
    log.warning("sign-in through the provider refused: %s", "".join(c if c.isprintable() else "·" for c in reason))
    return SignInRefused()


def _unusable(reason: str) -> ProviderUnavailable:
    log.warning("sign-in provider: %s", reason)
    return ProviderUnavailable(reason="provider_answer")
