"""What came in, before anybody knows what it means: an HTTP request at one dialect's address, with what is needed to read it.

Discovery, bulk and single requests all begin here; an operation of a bulk is the bulk's question with other words in it.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from gateway.errors import BadRequest, Unsupported
from gateway.scim.body import Limits
from gateway.scim.dialect import Dialect
from gateway.scim.discovery.provider import Offer
from gateway.scim.parse import read_request
from gateway.scim.request import Caller, ScimRequest
from gateway.scim.schema import ResourceType
from gateway.swift import swift

RETRY = "opc-retry-token"


@swift
@dataclass(frozen=True, slots=True)
class Question:
    """An HTTP request at one dialect's address: `tail` is the path below `base` as sent, header names are lower case."""

    method: str
    tail: str
    query: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    types: Mapping[str, ResourceType]
    dialect: Dialect
    base: str
    caller: Caller
    request_id: str
    limits: Limits
    offer: Offer | None = None
    absent: Mapping[str, str] = field(default_factory=dict)

    @property
    def steps(self) -> list[str]:
        """The path's segments, decoded; the first in lower case."""
        first, *rest = self.tail.strip("/").split("/")
        return [unquote(first).lower(), *map(unquote, rest)]

    def read(self) -> ScimRequest:
        """The request for a resource that it is. Raises what `read_request` raises, and GW207 where IDCS has more than nevisIDM."""
        try:
            request = read_request(
                self.method,
                self.tail,
                self.query,
                self.headers,
                self.body,
                types=self.types,
                dialect=self.dialect,
                base=self.base,
                caller=self.caller,
                request_id=self.request_id,
                limits=self.limits,
            )
        except BadRequest as problem:
            reason = self.absent.get(self.steps[0]) if self.dialect.name == "idcs" else None
            if problem.code.code == "GW115" and reason is not None:
                raise Unsupported("GW207", reason) from None
            raise
        return dataclasses.replace(request, seed=self._seed()) if RETRY in self.headers else request

    def _seed(self) -> str | None:
        """What the ids of new records are made of, so that the same request of the same caller with its token comes to the same ones."""
        token = self.headers[RETRY].strip()
        if not token:
            return None
        caller = self.caller
        parts = (
            caller.subject,
            caller.tenant or "",
            caller.authorization or "",
            self.base,
            self.method,
            self.tail,
            token,
        )
        return hashlib.sha256("\0".join(parts).encode() + b"\0" + self.body).hexdigest()
