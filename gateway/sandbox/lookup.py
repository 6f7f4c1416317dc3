"""What a path names: the client, user, profile or other entity, or the documented 404; and the data rooms around them.

The order of refusals is nevisIDM's: right (before any handler), then existence, then data room.
"""

from . import problem
from .account import ALL
from .endpoint import Call
from .store import Row
from .table import CLIENTS, EROLES, PROFILES, UNITS, USERS, Table


def client_of(call: Call, name: str = "clientExtId") -> Row:
    """The client in the path, inside the caller's client data room."""
    ext_id = call.path[name]
    row = call.box.store.find(CLIENTS, "", ext_id)
    if row is None:
        raise problem.no_client(ext_id)
    if not call.own and ext_id not in call.account.rooms.clients:
        raise call.deny_room()
    return row


def user_of(call: Call, name: str = "userExtId") -> Row:
    """The user in the path, with its client; users are in a unit data room when one of their profiles is, or when they have none."""
    client = client_of(call)
    row = call.box.store.find(USERS, client.ext_id, call.path[name])
    if row is None:
        raise problem.no_user(call.path[name], client.doc["name"])
    enter_user(call, row)
    return row


def profile_of(call: Call, name: str = "profileExtId") -> Row:
    """The profile in the path; its unit decides about the data room."""
    client = client_of(call)
    row = call.box.store.find(PROFILES, client.ext_id, call.path[name])
    if row is None:
        raise problem.no_profile(call.path[name])
    enter_unit(call, client.ext_id, row.doc["unitExtId"])
    return row


def entity_of(call: Call, table: Table, kind: str, client: str, ext_id: str) -> Row:
    """Any other entity; `kind` is its name in the 404."""
    row = call.box.store.find(table, client, ext_id)
    if row is None:
        raise problem.no_entity(kind, ext_id)
    return row


def unit_of(call: Call, name: str = "extId") -> Row:
    client = client_of(call)
    row = entity_of(call, UNITS, "Unit", client.ext_id, call.path[name])
    enter_unit(call, client.ext_id, row.ext_id)
    return row


def erole_of(call: Call, name: str = "extId") -> Row:
    """The enterprise role in the path; 422 when the installation has them switched off."""
    check_eroles(call)
    client = client_of(call)
    row = entity_of(call, EROLES, "EnterpriseRole", client.ext_id, call.path[name])
    if row.ext_id not in call.account.rooms.eroles:
        raise call.deny_room()
    return row


def check_eroles(call: Call) -> None:
    if not call.box.switches.eroles:
        raise problem.rule("enterpriseRolesDisabled", "Enterprise roles are disabled.")


def enter_user(call: Call, user: Row) -> None:
    rooms = room_units(call, user.client)
    if rooms is None:
        return
    units = [profile.doc["unitExtId"] for profile in call.box.store.children(PROFILES, user.client, user.ext_id)]
    if units and not rooms.intersection(units):
        raise call.deny_room()


def enter_unit(call: Call, client: str, unit: str) -> None:
    rooms = room_units(call, client)
    if rooms is not None and unit not in rooms:
        raise call.deny_room()


def room_units(call: Call, client: str) -> frozenset[str] | None:
    """The units the caller's data rooms reach, with all below them; None when nothing bounds them."""
    units = call.account.rooms.units
    if call.own or units is ALL:
        return None
    assert isinstance(units, frozenset)
    reached, front = set(units), list(units)
    while front:
        below = [unit.ext_id for above in front for unit in call.box.store.children(UNITS, client, above)]
        front = [unit for unit in below if unit not in reached]
        reached.update(front)
    return frozenset(reached)
