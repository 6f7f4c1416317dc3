"""Clients (nevisIDM's tenants): list, get, create, update, delete, and the lists of what belongs to one."""

from . import problem
from .box import Sandbox
from .condition import among
from .document import Shape, given, text, words
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import check_free, check_name, identifier, mandatory, new_ext_id, shown, simple_update
from .listing import Listing, page, statement
from .lookup import check_eroles, client_of, room_units
from .table import APPLICATIONS, CLIENTS, EROLES, POLICIES, UNITS, USERS, Table

_PATCH = Shape("ClientDTO", {"name": text(), "displayName": words})
_CREATE = Shape("ClientDTO", {"extId": identifier, **_PATCH.fields})


def list_all(call: Call) -> Answer:
    """The clients inside the caller's client data room."""
    listing = Listing(CLIENTS)
    made = statement(call, listing, "")
    rooms = call.account.rooms.clients
    if isinstance(rooms, frozenset):
        made.add(among("ext_id", rooms))
    return page(call, listing, made, lambda row: shown(call, row))


def get(call: Call) -> Answer:
    return Answer(200, shown(call, client_of(call, "extId")))


def create(call: Call) -> Answer:
    values = given(_CREATE, call.document(), call.box.switches)
    name, ext_id = mandatory(values, "name"), new_ext_id(call, values)
    check_free(call, CLIENTS, "client", "", ext_id)
    check_name(call, CLIENTS, "client", "", name)
    call.box.store.insert(CLIENTS, "", ext_id, {**values, "extId": ext_id})
    return call.created("clients", ext_id)


def patch(call: Call) -> Answer:
    return simple_update(call, CLIENTS, client_of(call, "extId"), _PATCH, "client")


def delete(call: Call) -> Answer:
    client = client_of(call, "extId")
    for table in (USERS, UNITS):
        if call.box.store.rows(table, "client = ? LIMIT 1", (client.ext_id,)):
            raise problem.rule("undeletedDependencies", "The client still has users or units.")
    call.box.store.delete(CLIENTS, client)
    return Answer(204)


def list_policies(call: Call) -> Answer:
    return _list(call, POLICIES)


def list_eroles(call: Call) -> Answer:
    """The client's enterprise roles inside the caller's data room."""
    check_eroles(call)
    return _list(call, EROLES, call.account.rooms.eroles)


def list_units(call: Call) -> Answer:
    return _list(call, UNITS, room_units(call, client_of(call, "extId").ext_id))


def list_applications(call: Call) -> Answer:
    """Applications are shared: one that says nothing of clients (`_clients`) belongs to all of them."""
    client, rooms = client_of(call, "extId").ext_id, call.account.rooms.applications
    every = call.box.store.children(APPLICATIONS, "", "")
    own = frozenset(row.ext_id for row in every if client in row.doc.get("_clients", (client,)))
    return _list(call, APPLICATIONS, own & rooms if isinstance(rooms, frozenset) else own, "")


def _list(call: Call, table: Table, rooms: object = None, client: str | None = None) -> Answer:
    client = client_of(call, "extId").ext_id if client is None else client
    listing = Listing(table)
    made = statement(call, listing, client)
    if isinstance(rooms, frozenset):
        made.add(among("ext_id", rooms))
    return page(call, listing, made, lambda row: shown(call, row))


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The clients of endpoints.yaml and the lists below them."""
    many, item = f"{CORE}/clients", f"{CORE}/clients/{{extId}}"
    seen = ("ClientView",)
    return (
        Endpoint("clients.list", "GET", many, list_all, seen, since="2.73"),
        Endpoint("clients.create", "POST", many, create, ("ClientCreate",), since="8.2605"),
        Endpoint("clients.get", "GET", item, get, seen),
        Endpoint("clients.update", "PATCH", item, patch, ("ClientModify",)),
        Endpoint("clients.delete", "DELETE", item, delete, ("ClientDelete",)),
        Endpoint(
            "clients.policies",
            "GET",
            f"{item}/policies",
            list_policies,
            (*seen, "PolicyConfigurationView"),
            since="2.79",
        ),
        Endpoint("clients.eroles", "GET", f"{item}/eroles", list_eroles, (*seen, "EnterpriseRoleView"), since="2.75.2"),
        Endpoint("clients.units", "GET", f"{item}/units", list_units, (*seen, "UnitView")),
        Endpoint("clients.applications", "GET", f"{item}/applications", list_applications, (*seen, "ApplicationView")),
    )
