"""Basic authentication (RFC 7617): passwords kept as salted scrypt values.

Checking one costs as much as scrypt is meant to cost, in a thread, and at most a few at a time; a password that was right a moment ago is
not hashed again. An unknown name costs as much as a known one.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.edge.caller.account import Account, Admission, credentials
from gateway.edge.caller.attempts import Attempts
from gateway.edge.caller.remembered import Remembered
from gateway.edge.message import Message
from gateway.errors import Denied

COST, BLOCK, PARALLEL = 2**14, 8, 1
SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Password:
    """A caller, its user name and its password as `hashed` made it."""

    account: Account
    user: str
    hashed: str = field(repr=False)


def hashed(password: str, salt: bytes | None = None) -> str:
    """`scrypt$N$r$p$salt$value`, base64: what stands in the settings instead of a password."""
    chosen = salt or os.urandom(16)
    value = _scrypt(password, chosen, COST, BLOCK, PARALLEL)
    return "$".join(("scrypt", str(COST), str(BLOCK), str(PARALLEL), _text(chosen), _text(value)))


def readable(text: str) -> bool:
    """Whether a text is what `hashed` makes."""
    try:
        return matches("", text) in (True, False)
    except ValueError:
        return False


class Passwords:
    """Admits those whose user name and password are known."""

    scheme = "Basic"

    def __init__(self, passwords: Iterable[Password], attempts: Attempts | None = None) -> None:
        self._known = {each.user: each for each in passwords}
        self._attempts = attempts or Attempts("basic")
        self._nobody = hashed("")
        self._right: Remembered[Account] = Remembered(SECONDS)

    async def admit(self, message: Message) -> Admission | None:
        """See Guard. Raises Denied GW308 after too many failures, Unavailable GW509 where too many wait to be checked."""
        sent = credentials(message, "basic")
        if sent is None:
            return None
        known = self._right.get(sent)
        if known is not None:
            return Admission(known)
        user, password = _split(sent)
        entry = self._known.get(user)
        async with self._attempts.weighed(user, message.address, password):
            right = await asyncio.to_thread(matches, password, entry.hashed if entry else self._nobody)
            if entry is None or not right:
                await self._attempts.failed(user, message.address)
                raise Denied("GW301", "The user name or the password is wrong.")
        await self._attempts.succeeded(user, message.address, password)
        self._right.put(sent, entry.account)
        return Admission(entry.account)


def _split(sent: str) -> tuple[str, str]:
    try:
        user, colon, password = base64.b64decode(sent, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user = colon = password = ""
    if not colon:
        raise Denied("GW301", "Send Authorization: Basic with base64 of user:password, in UTF-8.")
    return user, password


def matches(password: str, text: str) -> bool:
    """Whether a password is the one that `hashed` made the text of. Raises ValueError for another text."""
    kind, cost, block, parallel, salt, value = text.split("$")
    if kind != "scrypt":
        raise ValueError(kind)
    found = _scrypt(password, base64.b64decode(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(found, base64.b64decode(value))


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=2**27, dklen=32)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
