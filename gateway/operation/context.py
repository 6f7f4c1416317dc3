"""What an operation needs besides its request: one immutable value per mapping set and tenant, swapped whole on reload."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec import to_builtins

from gateway.errors import Denied
from gateway.events import Events
from gateway.mapping.kept import kept
from gateway.mapping.model import Mappings
from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.client import Client
from gateway.nevisidm.journal import Journal
from gateway.operation.audit import Audit
from gateway.operation.cursor import Cursors
from gateway.operation.rate import Rates
from gateway.operation.turn import Turns
from gateway.operation.uniform import Uniform
from gateway.scim.request import Caller, Resource
from gateway.scim.rights import Roles, pictured
from gateway.scim.schema import ResourceType
from gateway.shared.in_process import InProcess
from gateway.shared.state import Shared
from gateway.swift import swift


@dataclass(frozen=True, slots=True)
class Tenant:
    """The nevisIDM client that requests are bound to: fills `{client}` and `{client.name}`; `settings` fills `{settings.x}`.

    `base_url`: its public address, where that is another than the request's. `holes`: what it fills, by name.
    """

    ext_id: str
    name: str
    settings: Map[str, str] = field(default_factory=dict)
    base_url: str | None = None
    holes: Map[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = {f"settings.{name}": value for name, value in self.settings.items()}
        object.__setattr__(self, "holes", {"client": self.ext_id, "client.name": self.name, **named})


class Trust:
    """What nevisIDM has proved wrong at run time: (resource, route, parameter) whose hits did not fit (mapping-format 3.5, point 5).

    And, for a while, which lists are too long to be read whole. The only things that operations remember; they make answers slower or
    quicker, and never hold what anybody searched for (only its hash).
    """

    MOST = 1024

    def __init__(self) -> None:
        self._doubted: set[tuple[str, str, str]] = set()
        self._large: dict[tuple[str, str, int], datetime] = {}
        self.known: dict[str, Any] = {}
        """What follows from what was learned, by resource; let go of when there is more."""

    def note_large(self, resource: str, route: str, asked: int, until: datetime) -> None:
        """A list, by what it was asked (a hash), is too long; so it is for everybody until then."""
        if len(self._large) >= self.MOST:
            self._large.clear()
        self._large[(resource, route, asked)] = until

    def is_large(self, resource: str, route: str, asked: int, now: datetime) -> bool:
        """Whether that list was too long a short while ago."""
        until = self._large.get((resource, route, asked))
        return until is not None and now < until

    def doubt(self, resource: str, route: str, parameter: str) -> bool:
        """Note the doubt; True when it is new."""
        entry = (resource, route, parameter)
        new = entry not in self._doubted
        self._doubted.add(entry)
        self.known.clear()
        return new

    def doubted(self, resource: str, route: str) -> frozenset[str]:
        """The parameters of that route that are worth a superset at best."""
        return frozenset(parameter for kind, way, parameter in self._doubted if (kind, way) == (resource, route))


@dataclass(frozen=True, slots=True)
class Context:
    """The gateway as one operation sees it. `disclosure` and `verifiers`: mapping-format section 3.8."""

    mappings: Mappings
    client: Client
    tenant: Tenant
    capabilities: Capabilities
    events: Events
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    trust: Trust = field(default_factory=Trust)
    shared: Shared = field(default_factory=InProcess)
    rates: Rates = field(default_factory=Rates)
    cursors: Cursors = field(default_factory=Cursors)
    turns: Turns = field(default_factory=Turns)
    audit: Audit = field(default_factory=Audit)
    journal: Journal | None = None
    disclosure: str = "idcs"  # or "uniform"
    uniform: Uniform = field(default_factory=Uniform)
    verifiers: str = "show"  # or "hide"
    roles: Roles = field(default_factory=dict)
    others: Map[str, Context] = field(default_factory=dict, repr=False)
    """The same gateway for other tenants, by extId."""

    def of_tenant(self, ext_id: str | None) -> Context:
        """The context of a tenant; None: this one. Raises Denied GW306 for one that this gateway does not serve."""
        if ext_id is None or ext_id == self.tenant.ext_id:
            return self
        if ext_id not in self.others:
            raise Denied("GW306", "This gateway does not serve the tenant that you are bound to.")
        return self.others[ext_id]

    def types(self, caller: Caller) -> Map[str, ResourceType]:
        """The resource types as this caller has them, by the lower-case first segment of their address.

        Who acts with its own nevisIDM login has them whole: nevisIDM decides.
        """
        if caller.authorization is not None:
            return self.mappings.types()
        return _pictures(self.mappings, self.roles)(caller.roles)


@kept
def _pictures(mappings: Mappings, roles: Roles) -> Callable[[frozenset[str]], Map[str, ResourceType]]:
    """The types as those see them who hold such roles."""

    @lru_cache(maxsize=128)
    def seen(held: frozenset[str]) -> Map[str, ResourceType]:
        return {name: pictured(kind, held, roles) for name, kind in mappings.types().items()}

    return seen


@swift
@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation found or did: one resource, or a page of them with the exact total, or nothing (delete).

    `total` None: it is not known and was not worth the cost; `next_cursor` leads to the next page, if there is one.
    `calls` and `left` are for `explain --run` and Server-Timing; `changed` names the attributes for the audit. `finished`: the page's
    resources are what the client reads, nothing is to be added or cut.
    """

    status: int
    resource: Resource | None = field(default=None, repr=False)
    resources: tuple[Resource, ...] | None = field(default=None, repr=False)
    total: int | None = None
    changed: tuple[str, ...] = ()
    extra: Map[str, Any] = field(default_factory=dict, repr=False)
    next_cursor: str | None = None
    finished: bool = False

    def plain(self) -> Answer:
        """The same for somebody who looks at resources: what is finished may be structs (`mapping/shown.py`)."""
        if not self.finished:
            return self
        rows = tuple(to_builtins(self.resources)) if self.resources is not None else None
        return replace(self, resource=to_builtins(self.resource), resources=rows)
