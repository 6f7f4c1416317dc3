"""How many requests are under way at once: beyond that a quick no is worth more than a late answer for everybody.

Where the crowd is full most who come are told so at the turnstile (`turnstile.py`), with bytes that were made beforehand; the rest, as
context manager of each request, by a SCIM Error as any other. Those told at the turnstile are counted, and the count is said once a second:
a line for each would cost more than the refusal.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable

from gateway.edge.hardened import ALWAYS
from gateway.edge.message import Scope
from gateway.errors import Unavailable
from gateway.scim.dialect import Dialect
from gateway.scim.reply import Reply, error_reply

EVERY = 1.0
"""Seconds from the first who is turned away until it is said how many they were."""
BEYOND = "beyond"
"""The extension of the scope of a request that came by a connection too many."""
DEPARTURE = "scim.departure"
"""The extension that says whether who asked is gone: a `Departure`."""
_KNOWN = 1_000
"""Callers remembered to have been refused, at most."""


class Crowd:
    """At most so many requests, as context manager around each; raises Unavailable GW509 when it is full.

    `dialects`: how each tells it, by its root; `said`: takes the count of those turned away.
    """

    def __init__(
        self, most: int, dialects: Iterable[Dialect] = (), said: Callable[[int], None] = lambda _: None
    ) -> None:
        self.most = most
        self._left = most
        self._said = said
        self._turned_away = 0
        self._refusals = {each.root.encode(): _refusal(each) for each in dialects}
        self._refused: dict[int, float] = {}

    def __enter__(self) -> None:
        if self._left <= 0:
            raise _too_many()
        self._left -= 1

    def __exit__(self, *_: object) -> None:
        self._left += 1

    def refuse(self, authorization: str, seconds: float) -> None:
        """There is no room for who shows this, for so long. Only a number is kept of it; who shows nothing is anybody."""
        if not authorization:
            return
        if len(self._refused) >= _KNOWN:
            self._refused.clear()
        self._refused[hash(authorization.encode("latin-1"))] = time.monotonic() + seconds

    @property
    def refuses(self) -> bool:
        """Whether there was no room for somebody lately."""
        return bool(self._refused)

    @staticmethod
    def known(headers: Iterable[tuple[bytes, bytes]]) -> int:
        """The number that is kept of who sends these headers (their names in lower case)."""
        return hash(next((value for name, value in headers if name == b"authorization"), b""))

    def is_refused(self, known: int) -> bool:
        """Whether there is no room for who is known by this number."""
        until = self._refused.get(known)
        if until is None:
            return False
        if until > time.monotonic():
            return True
        del self._refused[known]
        return False

    def refusal(self, address: bytes) -> tuple[bytes, bytes] | None:
        """The head, but for its last line's value, and the body of a refusal in the dialect of this address; None where it has none."""
        path = address.partition(b"?")[0]
        return next((told for root, told in self._refusals.items() if root in path), None)

    def turned_away(self) -> None:
        """One request was refused at the turnstile."""
        if not self._turned_away:
            asyncio.get_running_loop().call_later(EVERY, self._tell)
        self._turned_away += 1

    def _tell(self) -> None:
        count, self._turned_away = self._turned_away, 0
        self._said(count)


def check_connections(scope: Scope) -> None:
    """Raises Unavailable GW509 where the request came by a connection too many."""
    if BEYOND in (scope.get("extensions") or ()):
        raise _too_many()


def around(
    refusal: tuple[bytes, bytes], *, close: bool, more: Iterable[tuple[bytes, bytes]] = ()
) -> tuple[bytes, bytes]:
    """What stands before and behind the id of a refusal as it goes out; `close`: the connection ends with it."""
    head, body = refusal
    lines = [b"\r\n%s: %s" % header for header in more]
    if close:
        lines.append(b"\r\nconnection: close")
    return head, b"".join((*lines, b"\r\n\r\n", body))


def whole(said: tuple[bytes, bytes]) -> bytes:
    """The same with an id of its own."""
    return b"%b%032x%b" % (said[0], random.getrandbits(128), said[1])


def _too_many() -> Unavailable:
    return Unavailable("GW509", "The gateway has too many requests under way. Try again.", retry_after=1)


def _refusal(dialect: Dialect) -> tuple[bytes, bytes]:
    reply: Reply = error_reply(_too_many(), dialect)
    body = reply.body or b""
    said = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    names = {name for name, _ in said}
    said += [each for each in ALWAYS if each[0] not in names]
    said.append((b"content-length", str(len(body)).encode()))
    name = b"opc-request-id" if dialect.name == "idcs" else b"x-request-id"
    lines = b"".join(b"%s: %s\r\n" % header for header in said)
    return b"HTTP/1.1 503 Service Unavailable\r\n%s%s: " % (lines, name), body
