"""How often each caller may ask: IDCS's groups of addresses (reference, section 9), counted for each caller by itself.

Counted are requests of callers that have proved who they are, so that nobody can use up another's. Those who act as themselves (nevisIDM
checks their login) are counted by address: whatever they present is unproved here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.errors import Denied
from gateway.mapping.model import Mappings
from gateway.scim.request import Caller
from gateway.shared.in_process import InProcess
from gateway.shared.rate import Rate, whole_seconds
from gateway.shared.state import Name, Shared

TOKEN = "token"
OTHERS = "others"
"""The group of what is in none of its own."""
Limits = Mapping[str, tuple[Rate, ...]]
"""By group the rates that hold together; a group that is not there has none."""


@dataclass(frozen=True, slots=True)
class CallerRates:
    """`usual` holds for everybody but the callers, by name, that have limits of their own."""

    usual: Limits = field(default_factory=dict)
    own: dict[str, Limits] = field(default_factory=dict)
    shared: Shared = field(default_factory=InProcess)

    def know(self, own: Mapping[str, Limits]) -> None:
        """From now on these callers have limits of their own."""
        self.own.clear()
        self.own.update(own)

    async def check(self, caller: Caller, group: str) -> None:
        """Count a request. Raises Denied GW307 (429 with Retry-After) when the caller has used up what it has."""
        name: Name
        if caller.authorization is not None:
            rates = self.usual.get(group)
            name = ("rate", group, "self", caller.address)
        else:
            rates = self.own.get(caller.subject, self.usual).get(group)
            name = ("rate", group, "caller", caller.tenant or "", caller.subject)
        if rates and (wait := await self.shared.take(name, rates)):
            allowed = " and ".join(map(str, rates))
            detail = f"You ask more often than you may: at most {allowed} in the group {group}."
            raise Denied("GW307", detail, retry_after=whole_seconds(wait))


def group_of(name: str, mappings: Mappings) -> str:
    """The group of an address that begins with that name: as the mapping of its type says, bulk, or others."""
    if name == "bulk":
        return "bulk"
    kind = mappings.types().get(name)
    return mappings.by_name[kind.name].group if kind is not None else OTHERS
