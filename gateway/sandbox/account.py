"""Who calls the sandbox: a bearer token belongs to an account with functional rights and data rooms.

Rights are the names nevisIDM prints (`AccessControl.UserView`). Data rooms bound what the rights reach: a client, a unit with
everything below it, an application, an enterprise role. ALL stands for no bound.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Final


class _All(Container[object]):
    """Everything there is; says yes to each `in`."""

    def __contains__(self, _: object) -> bool:
        return True

    def __repr__(self) -> str:
        return "ALL"


ALL: Final = _All()


@dataclass(frozen=True, slots=True)
class Rooms:
    """Data rooms as extIds: `Rooms(clients=frozenset({"100"}), units=frozenset({"sales"}))`."""

    clients: frozenset[str] | _All = ALL
    units: frozenset[str] | _All = ALL
    applications: frozenset[str] | _All = ALL
    eroles: frozenset[str] | _All = ALL


@dataclass(frozen=True, slots=True)
class Account:
    """A caller: the user it is, what it may do and where. `self_admin` lets it act on its own user without the rights."""

    client: str = "30"
    user: str = "gateway"
    rights: frozenset[str] | _All = ALL
    rooms: Rooms = field(default_factory=Rooms)
    self_admin: bool = False

    def may(self, right: str) -> bool:
        """Whether the account holds a right, given with or without its `AccessControl.` prefix."""
        name = full_name(right)
        return name in self.rights or (self.self_admin and name == "AccessControl.SelfAdmin")


def full_name(right: str) -> str:
    """`UserView` as nevisIDM prints it."""
    return right if right.startswith("AccessControl.") else f"AccessControl.{right}"
