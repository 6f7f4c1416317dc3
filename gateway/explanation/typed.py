"""A request as a person types it, and the surroundings in which it is read: no caller, no HTTP, the same parser.

Attributes may be spelt with a mapping's aliases (`nevis:unit`), which the wire does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from gateway.assembly import dialect_for, limits_for
from gateway.mapping.alias import expand
from gateway.mapping.model import Mapping, Mappings
from gateway.mapping.view import Scene
from gateway.nevisidm.capabilities import Capabilities
from gateway.operation.context import Context
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.parse import Limits, read_request
from gateway.scim.request import Caller, ScimRequest
from gateway.settings import Settings

_UNSENDABLE = re.compile(r"[^\x21-\x7e]")


class NoAddress(ValueError):
    """The address stands below no dialect's root."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Method and address as typed (`/admin/v1/Users?filter=…`), further headers by lower-case name, the body's bytes."""

    method: str
    address: str
    headers: Map[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a request is read and planned in. `bindings` fill {client}, {client.name} and {settings.x}."""

    mappings: Mappings
    dialects: tuple[Dialect, ...]
    limits: Limits
    capabilities: Capabilities
    bindings: Map[str, str]
    caller: Caller

    def scene(self, request: ScimRequest) -> Scene:
        """Now, at the request's own address."""
        return Scene(datetime.now(UTC), request.base, {**self.bindings, "base": request.base})


def surroundings_of(settings: Settings, mappings: Mappings, who: str) -> Surroundings:
    """Those that the settings describe, without asking any nevisIDM."""
    nevis = settings.nevisidm
    variables = {f"settings.{name}": value for name, value in settings.variables.items()}
    return Surroundings(
        mappings,
        tuple(dialect_for(settings, each) for each in (IDCS, RFC)),
        limits_for(settings.limits),
        settings.capabilities,
        {"client": nevis.client, "client.name": nevis.client_name or "<its name>", **variables},
        Caller(who),
    )


def surroundings_in(settings: Settings, context: Context, who: str) -> Surroundings:
    """Those of a gateway that serves: what its nevisIDM was found to be able to do counts."""
    variables = {f"settings.{name}": value for name, value in context.tenant.settings.items()}
    return Surroundings(
        context.mappings,
        tuple(dialect_for(settings, each) for each in (IDCS, RFC)),
        limits_for(settings.limits),
        context.capabilities,
        {"client": context.tenant.ext_id, "client.name": context.tenant.name or "<its name>", **variables},
        Caller(who),
    )


def read_typed(typed: Typed, around: Surroundings) -> tuple[ScimRequest, Mapping]:
    """The request and the mapping of its type. Raises NoAddress, and ScimError as `read_request` does."""
    dialect = dialect_of(typed, around)
    path, _, query = typed.address.partition("?")
    tail = path[len(dialect.root) :]
    endpoint = tail.strip("/").split("/")[0].lower()
    mappings = around.mappings
    named = next(
        (each for each in mappings.by_name.values() if each.type.endpoint.strip("/").lower() == endpoint), None
    )
    request = read_request(
        typed.method,
        _UNSENDABLE.sub(lambda found: quote(found[0]), tail),
        expand(query, named.aliases) if named else query,
        {"content-type": "application/scim+json", **typed.headers},
        typed.body,
        types=mappings.types(),
        dialect=dialect,
        base=f"http://localhost{dialect.root}",
        caller=around.caller,
        request_id=around.caller.subject,
        limits=around.limits,
    )
    return request, mappings.by_name[request.type.name]


def dialect_of(typed: Typed, around: Surroundings) -> Dialect:
    """The dialect whose root the address stands below. Raises NoAddress."""
    found = next((each for each in around.dialects if typed.address.startswith(each.root + "/")), None)
    if found is None:
        roots = " or ".join(each.root for each in around.dialects)
        raise NoAddress(f"write METHOD /path, below {roots}: 'GET /admin/v1/Users?filter=…'")
    return found
