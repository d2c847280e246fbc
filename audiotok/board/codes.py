"""Codes of classes, to be read from a screen and typed on a phone."""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 and O, 1, I and L
LENGTH = 10


def new_code() -> str:
    """Return a random code; there are 31¹⁰, 820 million million of them."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def new_key() -> str:
    """Return a random key of 128 bits, which nobody can guess however often they may try."""
    return secrets.token_urlsafe(16)


def as_code(typed: object) -> str:
    """Return what somebody typed as a code, in capitals without dashes and spaces, or "".

    Anything else than a possible code is "".
    """
    if not isinstance(typed, str) or len(typed) > 4 * LENGTH:
        return ""
    code = "".join(typed.upper().replace("-", " ").split())
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else ""


def spelled(code: str) -> str:
    """Return a code in two halves, which is easier to read out."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"
