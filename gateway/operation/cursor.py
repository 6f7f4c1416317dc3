"""Cursors: where the next page of a search begins, sealed, so that nothing is stored and nobody can read or make one (RFC 9865).

A cursor is AES-GCM over a position. What it was made for (type, tenant, filter, order, attributes, caller; everything but the size of
the page) is bound in as associated data, so that the same cursor with another question does not open. Processes that share a key and
a tenant read each other's cursors; with the random key that stands in for a missing one they do not, nor does a restart.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from gateway.errors import BadRequest
from gateway.scim.print import to_text
from gateway.scim.request import ScimRequest, Wanted

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LIFETIME = timedelta(hours=1)
_NONCE = 12
_LONGEST = 8192


@dataclass(frozen=True, slots=True)
class Onward:
    """After a page of nevisIDM's own list: its token says where. `bare`: the list refused the filter's parameters."""

    route: str
    token: str = field(repr=False)
    total: int | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Behind:
    """Behind the resource with this value of the sort attribute and this id, in an order that is made here."""

    value: Any = field(repr=False)
    id: str


@dataclass(frozen=True, slots=True)
class Within(Behind):
    """The same in an order that is nevisIDM's: then it stood after so many rows, and `marks` know the last ones again.

    `ahead` knows the row that came next. `sure`: the order is surely the one that is made here, too.
    """

    rows: int
    marks: tuple[str, ...]
    ahead: str | None = None
    sure: bool = False


Position = Onward | Behind | Within
_KINDS: dict[str, type[Onward] | type[Behind] | type[Within]] = {"t": Onward, "a": Behind, "w": Within}
_LETTERS = {kind: letter for letter, kind in _KINDS.items()}


class Cursors:
    """Seals positions and opens them again. Without `secret` the key is random: good for this process only."""

    def __init__(self, secret: str | None = None, lifetime: timedelta = LIFETIME) -> None:
        self.lifetime = lifetime
        self._key = hashlib.sha256(b"scim-nevisidm cursor\0" + secret.encode()).digest() if secret else os.urandom(32)

    @cached_property
    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 7 MiB, only where cursors are asked for

        return AESGCM(self._key)

    @property
    def seconds(self) -> int:
        """How long a cursor is good."""
        return int(self.lifetime.total_seconds())

    def seal(self, position: Position, bound: bytes, now: datetime) -> str:
        """The cursor of a position, for URLs as it is. `bound`: what it is good for, from `bound_to`."""
        expires = int((now + self.lifetime).timestamp())
        plain = orjson.dumps([expires, _LETTERS[type(position)], asdict(position)])
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, plain, bound)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, cursor: str, bound: bytes, now: datetime) -> Position:
        """The position of a cursor. Raises BadRequest GW122 if it was changed or made for something else, GW123 if it is too old."""
        from cryptography.exceptions import InvalidTag

        try:
            sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            plain = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound) if len(cursor) <= _LONGEST else b""
        except (InvalidTag, ValueError, binascii.Error):
            plain = b""
        if not plain:
            raise invalid_cursor()
        expires, letter, values = orjson.loads(plain)
        if now.timestamp() >= expires:
            raise BadRequest("GW123", f"The cursor is older than {self.seconds} seconds. Begin again.")
        held: dict[str, Any] = {name: tuple(value) if name == "marks" else value for name, value in values.items()}
        return _KINDS[letter](**held)


def bound_to(request: ScimRequest, tenant: str) -> bytes:
    """What a cursor is good for: all of a search but its page. A default order is as good as none, since the position says it."""
    default = request.dialect.default_sort
    sort = str(request.sort_by) if request.sort_by is not None and str(request.sort_by) != default else None
    parts = (
        request.type.name,
        tenant,
        request.dialect.name,
        request.own,
        request.caller.subject,
        request.caller.is_self,
        to_text(request.filter) if request.filter is not None else None,
        sort,
        request.descending,
        _named(request.wanted),
    )
    return hashlib.sha256(orjson.dumps(parts)).digest()


def invalid_cursor() -> BadRequest:
    """A cursor that is not good for this search."""
    return BadRequest(
        "GW122",
        "The cursor does not belong to this search. Begin again, and leave every parameter but count as it was.",
    )


def _named(wanted: Wanted) -> list[Any]:
    include = None if wanted.include is None else [str(attr) for attr in wanted.include]
    filters = sorted((str(attr), to_text(tree)) for attr, tree in wanted.filters.items())
    windows = sorted((str(attr), window.start, window.count) for attr, window in wanted.windows.items())
    return [include, [str(attr) for attr in wanted.exclude], sorted(wanted.sets), filters, windows]
