"""Where one request stands in a trace that crosses several systems (W3C Trace Context, level 1): ids only, no library.

What a caller sends as `traceparent` is continued and handed on to nevisIDM with each call. Whether spans are also recorded is decided by
the caller's flag, or by lot where the trace begins here.
"""

from __future__ import annotations

import random
import re
import secrets
from dataclasses import dataclass

from gateway.swift import swift

_HEADER = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NOTHING = re.compile(r"0+")


@swift
@dataclass(frozen=True, slots=True)
class Trace:
    """One span: its own id, the one above it, and the trace that both belong to. Ids are lower-case hex."""

    trace_id: str
    span_id: str
    parent_id: str | None
    sampled: bool

    @property
    def header(self) -> str:
        """The value of `traceparent` for what is called from here."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def child(self) -> Trace:
        """A span below this one."""
        return Trace(self.trace_id, secrets.token_hex(8), self.span_id, self.sampled)


@dataclass(frozen=True, slots=True)
class Tracing:
    """Decides where a request stands. `ratio`: how many of the traces that begin here are recorded; None: none begins here."""

    ratio: float | None = None

    def of(self, traceparent: str | None) -> Trace | None:
        """The span of a request with this header; None: there is no trace. A header that makes no sense is none (section 3.2.2.3)."""
        above = _HEADER.fullmatch(traceparent.strip()) if traceparent else None
        if above is not None and above[1] != "ff" and (above[1] != "00" or above[5] is None):
            _, trace_id, parent_id, flags, _ = above.groups()
            if not _NOTHING.fullmatch(trace_id) and not _NOTHING.fullmatch(parent_id):
                return Trace(trace_id, secrets.token_hex(8), parent_id, bool(int(flags, 16) & 1))
        if self.ratio is None:
            return None
        chosen = random.random() < self.ratio  # noqa: S311  # a lot, no secret
        return Trace(secrets.token_hex(16), secrets.token_hex(8), None, chosen)
