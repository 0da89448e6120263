"""Random names: 256 bits, base64url, 43 characters. A token that opens something is kept only as its SHA-256."""

from __future__ import annotations

import hashlib
import re
import secrets

BYTES = 32
SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def new() -> str:
    """An id or a token nobody can guess."""
    return secrets.token_urlsafe(BYTES)


def is_token(text: str) -> bool:
    """Whether a text may be one of ours."""
    return SHAPE.fullmatch(text) is not None


def digest(text: str) -> str:
    """What is kept of a token, and of a quote as its seal: SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
