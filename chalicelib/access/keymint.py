"""API keys: making, recognising and hashing their secrets.

A key is `twk_`, 40 random letters and digits, and six that are a check sum,
so that a mistyped or made-up key is turned away without asking a table, and a
leaked one can be found by secret scanners. 238 random bits need no slow hash.
"""

from __future__ import annotations

import secrets
import string
from hashlib import sha256
from zlib import crc32

PREFIX = "twk_"
SHOWN = 12
"""Characters of a key that are kept in the clear, for people to know it by."""

_ALPHABET = string.ascii_letters + string.digits
_RANDOM = 40
_CHECK = 6


def make() -> str:
    """Make a new secret. It has no ':' and needs no encoding anywhere."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return PREFIX + body + _check(body)


def is_well_formed(secret: str) -> bool:
    """Tell whether a text can be one of our keys at all."""
    body = secret[len(PREFIX) : -_CHECK]
    return (
        secret.startswith(PREFIX)
        and len(body) == _RANDOM
        and secret.isascii()
        and secret == PREFIX + body + _check(body)
    )


def digest(secret: str) -> str:
    """Give what a key is stored and found by."""
    return sha256(secret.encode()).hexdigest()


def _check(body: str) -> str:
    number = crc32(body.encode())
    letters = ""
    for _ in range(_CHECK):
        number, letter = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[letter]
    return letters
