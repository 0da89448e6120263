"""Codes that people write down: 16 letters and digits, 80 random bits, kept only as a hash.

Crockford's alphabet: no I, L, O, U; small letters and what looks alike are taken for what was meant.
"""

from __future__ import annotations

import secrets

from . import tokens

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, GROUP = 16, 4
MEANT = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})


def new() -> str:
    """XXXX-XXXX-XXXX-XXXX"""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def digest(code: str) -> str:
    """What is kept of a code as somebody typed it; "" for what cannot be one."""
    typed = "".join(letter for letter in code.upper().translate(MEANT) if letter not in " -–—_.")
    if len(typed) != LENGTH or not set(typed) <= set(ALPHABET):
        return ""
    return tokens.digest(typed)
