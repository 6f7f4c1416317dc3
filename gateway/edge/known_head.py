"""What the parser made of a request's head, for the next request of the connection that says the very same again.

Clients on a kept connection send one header block again and again, and change only the address. A request that has no body, came in one
piece and differs from the one before it in nothing but its target is read from memory: the parser, which reads the same bytes in the same
way, need not see it. Whatever differs in one byte, or could mean more than a plain read does, goes to the parser as ever, and the memory
with it. A law (`tests/laws/test_known_heads.py`) holds that no stream of bytes, however cut, is answered otherwise with it than without.

A block holds credentials: it lives no longer than its connection and is shown by no repr.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gateway.edge.message import Known, decoded

_TARGET = rb"/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*(?:\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?"
"""An address below this server, in the letters of RFC 3986 and no others."""
_FIRST = re.compile(rb"(GET |HEAD )%b(?= HTTP/1\.1\r\n)" % _TARGET)
_PLAIN = re.compile(_TARGET)
_END = b"\r\n\r\n"
_MORE = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"trailer", b"te"))
"""Headers of a request that may be more than a head, or wants another protocol."""
_FORWARDED = frozenset((b"x-forwarded-for", b"x-forwarded-proto"))
_LONGEST = 8192
"""Bytes of a block that is worth keeping: with thousands of connections it adds up."""


@dataclass(frozen=True, slots=True)
class KnownHead:
    """One. `before` and `behind` the target stand these bytes; `scope` is what every such request's has, `app` who answers it."""

    before: bytes
    behind: bytes = field(repr=False)
    scope: dict[str, Any] = field(repr=False)
    app: Any = field(repr=False)

    def target(self, data: bytes) -> bytes | None:
        """The target of a request that is the known one but for that; None: it is another, or not one whole request."""
        if not (data.endswith(self.behind) and data.startswith(self.before)):
            return None
        target = data[len(self.before) : -len(self.behind)]
        return target if _PLAIN.fullmatch(target) is not None else None


def known_head(data: bytes, scope: dict[str, Any], app: Any) -> KnownHead | None:
    """What to remember of these bytes, in which the parser has read one request, whole, that leaves its connection open; None: nothing.

    `scope` is what was made of it, before anybody else has seen it.
    """
    first = _FIRST.match(data)
    if first is None or len(data) - first.end() > _LONGEST or data.find(_END) != len(data) - len(_END):
        return None
    names = {name for name, _ in scope["headers"]}
    if not _MORE.isdisjoint(names):
        return None
    pairs = Known(scope["headers"])
    pairs.decoded = decoded(pairs)
    return KnownHead(
        first[1],
        data[first.end() :],
        {**scope, "method": first[1][:-1].decode(), "headers": pairs},
        _unproxied(app, names),
    )


def _unproxied(app: Any, names: Iterable[bytes]) -> Any:
    """The application without uvicorn's look for a proxy's words, where there are none."""
    return app.app if type(app) is ProxyHeadersMiddleware and _FORWARDED.isdisjoint(names) else app
