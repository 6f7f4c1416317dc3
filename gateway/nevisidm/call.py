"""What is sent to nevisIDM and what comes back, as values.

A `Call` has named holes and can be printed before it runs; `Request` is a call with its holes filled; `Reply` is an understood
answer; `Refusal` is everything else, already sorted by kind, with nevisIDM's words kept for the operator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.nevisidm.template import Lookup, Template
from gateway.swift import swift

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Json = Any
Reader = Callable[[bytes], Any]
"""Makes of an answer's bytes only what is looked at. Raises ValueError where it cannot: then the answer is read as JSON."""


@swift
@dataclass(frozen=True, slots=True)
class Call:
    """One nevisIDM call with holes. `name` is what logs, metrics and error rows know it by ("user.read", "list", "login").

    `path` is below the API root: "/core/v1/{client}/users/{user.extId}". `once`: never repeated, not even after a lost reply.
    `at`: the place in a mapping that says so (`mappings/User.yaml:23:5`), for whoever looks at what ran; "" where no line does.
    `reader`: how its answer is read, if not as JSON.
    """

    name: str
    method: Method
    path: Template
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: Json = field(default=None, repr=False)
    once: bool = False
    at: str = field(default="", compare=False, repr=False)
    reader: Reader | None = field(default=None, repr=False, compare=False)

    def asking(self, query: tuple[tuple[str, str], ...], reader: Reader | None) -> Call:
        """The same call with another query and reader."""
        return Call(self.name, self.method, self.path, query, self.body, self.once, self.at, reader)

    def known(self, lookup: Lookup) -> bool:
        """Whether every hole of the path can be filled."""
        for hole in self.path.holes:
            value = lookup(hole)
            if value is None or value == "":
                return False
        return True

    def fill(self, lookup: Lookup) -> Request:
        """The request. Raises KeyError with the first hole that nobody filled: a planning fault."""
        path = self.path.fill_path(lookup)
        if path is None:
            raise KeyError(next(hole for hole in self.path.holes if lookup(hole) in (None, "")))
        return Request(self.name, self.method, path, self.query, self.body, self.once, self.at, self.reader)


@swift
@dataclass(frozen=True, slots=True)
class Request:
    """A call that can be sent."""

    name: str
    method: Method
    path: str
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: Json = field(default=None, repr=False)
    once: bool = False
    at: str = field(default="", compare=False, repr=False)
    reader: Reader | None = field(default=None, repr=False, compare=False)


@swift
@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx answer that was understood. `json` is None when there was no body, and what the request's `reader` made of it if that could;
    `location` the Location header."""

    status: int
    json: Json = field(default=None, repr=False)
    location: str | None = None

    @property
    def oddity(self) -> str:
        """What it is where it is not what was asked for, in a word for the operator."""
        return "empty" if self.json is None else "unexpected json"


Kind = Literal["http", "timeout", "unreachable", "broken"]


_PASSING = (401, 408, 429)
"""Refusals that say nothing about the request itself."""


class Refusal(Exception):
    """nevisIDM did not do it. `kind` says how we know: an HTTP status, a time-out, no connection, or an answer that is none.

    `codes` are nevisIDM's error codes in order; `words` pairs each with its message (for `tell: property` only, never shown otherwise);
    `rules` the displayName of each policy violation, and its limit. `unknown_outcome`: a write was sent and its reply lost.
    `holes` names the record paths that filled the request's path, `sent` the fields of its body, without their values.
    `as_caller`: it was sent with the caller's own login. `unsent`: no connection to that address could be made, so another may be tried.
    `shed`: it was not sent for want of a place, and any other call would fare no better, for a `moment` (seconds).
    `why`: what made a "broken" answer none, in a word for the operator.
    """

    def __init__(
        self,
        call: str,
        kind: Kind,
        status: int | None = None,
        *,
        codes: tuple[str, ...] = (),
        words: Mapping[str, str] | None = None,
        rules: tuple[str, ...] = (),
        json: bool = False,
        retry_after: int | None = None,
        unknown_outcome: bool = False,
        holes: tuple[str, ...] = (),
        why: str = "",
    ) -> None:
        super().__init__(f"{call}: {kind} {status or ''} {' '.join(codes)}".strip())
        self.call = call
        self.kind = kind
        self.status = status
        self.codes = codes
        self.words = dict(words or {})
        self.rules = rules
        self.json = json
        self.retry_after = retry_after
        self.unknown_outcome = unknown_outcome
        self.holes = holes
        self.sent: frozenset[str] = frozenset()
        self.shed = False
        self.moment = 0.0
        self.as_caller = False
        self.unsent = False
        self.why = why

    @property
    def final(self) -> bool:
        """Whether nevisIDM decided: the same again would be refused again."""
        return (
            not self.unknown_outcome
            and self.status is not None
            and 400 <= self.status < 500
            and self.status not in _PASSING
        )
