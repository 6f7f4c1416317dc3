"""Which nevisIDM client (tenant) a request is bound to: by its caller, its path's prefix or its host name; decided once, at the door.

A caller that is bound reaches its own tenant and no other. One that is not bound has the usual tenant only; an address of another is 403,
so that choosing a host name is no way in. Who acts with its own nevisIDM login is bound by nevisIDM itself, and goes where it asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.edge.message import Message
from gateway.errors import BadRequest, Denied
from gateway.scim.request import Caller


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The extIds of further tenants, by host name (lower case, no port) and by prefix (`/acme`)."""

    by_host: Mapping[str, str] = field(default_factory=dict)
    by_prefix: Mapping[str, str] = field(default_factory=dict)

    def of(self, message: Message, caller: Caller, prefix: str) -> str | None:
        """The tenant of a request; None: the usual one.

        Raises Denied GW306 where caller and address disagree, BadRequest GW115 for a prefix of nobody's.
        """
        place = self._place(message, prefix) if prefix or self.by_host else None
        if caller.is_self:
            return place
        if place is not None and place != caller.tenant:
            raise Denied("GW306", "You have no access to the tenant of this address. Use the address of your own.")
        return caller.tenant

    def _place(self, message: Message, prefix: str) -> str | None:
        """The tenant whose address it is; None: nobody's in particular."""
        if prefix:
            if prefix not in self.by_prefix:
                raise BadRequest("GW115", "There is no such endpoint.")
            return self.by_prefix[prefix]
        return self.by_host.get(_name(message.host))


def _name(host: str) -> str:
    """A Host header without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).rstrip(".").lower()
