"""Applications and their roles, shared by all clients. A role is looked up by its extId alone, whichever application owns it."""

from . import problem
from .box import Sandbox
from .condition import among
from .document import Shape, flag, text, words
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import identifier, shown, simple_create, simple_update
from .listing import Listing, page, statement
from .lookup import entity_of
from .store import Row
from .table import APPLICATIONS, ROLES

_TEXT = {"name": text(), "description": text(longest=1000)}
_APPLICATION = Shape("ApplicationDTO", {"displayed": flag, "url": text(), "displayName": words, **_TEXT})
_NEW_APPLICATION = Shape("ApplicationDTO", {"extId": identifier, **_APPLICATION.fields})
_ROLE = Shape("RoleDTO", _TEXT, frozenset({"created", "lastModified", "applicationExtId", "applicationName"}))
_NEW_ROLE = Shape("RoleDTO", {"extId": identifier, **_ROLE.fields}, _ROLE.shown)


def application_of(call: Call, name: str = "extId") -> Row:
    """The application in the path, inside the caller's application data room."""
    row = entity_of(call, APPLICATIONS, "Application", "", call.path[name])
    if row.ext_id not in call.account.rooms.applications:
        raise call.deny_room()
    return row


def list_applications(call: Call) -> Answer:
    listing = Listing(APPLICATIONS)
    made = statement(call, listing, "")
    rooms = call.account.rooms.applications
    if isinstance(rooms, frozenset):
        made.add(among("ext_id", rooms))
    return page(call, listing, made, lambda row: shown(call, row))


def create_application(call: Call) -> Answer:
    _check_name(call.document().get("name"))
    owned: dict[str, list[str]] = {} if call.box.switches.new_application == "everywhere" else {"_clients": []}
    return simple_create(call, APPLICATIONS, _NEW_APPLICATION, "application", "", ("applications",), **owned)


def get_application(call: Call) -> Answer:
    return Answer(200, shown(call, application_of(call)))


def _check_name(name: object) -> None:
    if name is None or name == "":
        raise problem.rule("applicationNameNull", "The name of the application must not be null.")


def patch_application(call: Call) -> Answer:
    _check_name(call.document().get("name", "unchanged"))
    return simple_update(call, APPLICATIONS, application_of(call), _APPLICATION, "application")


def delete_application(call: Call) -> Answer:
    row = application_of(call)
    if call.box.store.children(ROLES, "", row.ext_id):
        raise problem.rule("undeletedDependencies", "The application still has roles.")
    call.box.store.delete(APPLICATIONS, row)
    return Answer(204)


def list_roles(call: Call) -> Answer:
    application, listing = application_of(call), Listing(ROLES)
    made = statement(call, listing, "", parent=application.ext_id)
    return page(call, listing, made, lambda row: shown(call, row))


def create_role(call: Call) -> Answer:
    application = application_of(call)
    owner = {"applicationExtId": application.ext_id, "applicationName": application.doc["name"]}
    path = ("applications", application.ext_id, "roles")
    return simple_create(call, ROLES, _NEW_ROLE, "role", "", path, parent=application.ext_id, **owner)


def _role_of(call: Call) -> Row:
    application = application_of(call, "applicationExtId")
    row = entity_of(call, ROLES, "Role", "", call.path["extId"])
    if row.parent != application.ext_id:
        raise problem.no_entity("Role", row.ext_id)
    return row


def get_role(call: Call) -> Answer:
    return Answer(200, shown(call, _role_of(call)))


def patch_role(call: Call) -> Answer:
    return simple_update(call, ROLES, _role_of(call), _ROLE, "role")


def delete_role(call: Call) -> Answer:
    row = _role_of(call)
    if call.box.store.connection.execute(
        "SELECT 1 FROM authorizations WHERE role = ? LIMIT 1", (row.ext_id,)
    ).fetchone():
        raise problem.rule("undeletedDependencies", "The role is still assigned to profiles.")
    call.box.store.delete(ROLES, row)
    return Answer(204)


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """Applications and roles of endpoints.yaml."""
    many, item = f"{CORE}/applications", f"{CORE}/applications/{{extId}}"
    roles, role = f"{item}/roles", f"{many}/{{applicationExtId}}/roles/{{extId}}"
    seen = ("ApplicationView",)
    return (
        Endpoint("applications.list", "GET", many, list_applications, seen),
        Endpoint("applications.create", "POST", many, create_application, ("ApplicationCreate",)),
        Endpoint("applications.get", "GET", item, get_application, seen),
        Endpoint("applications.update", "PATCH", item, patch_application, ("ApplicationModify",)),
        Endpoint("applications.delete", "DELETE", item, delete_application, ("ApplicationDelete",)),
        Endpoint("roles.list", "GET", roles, list_roles, (*seen, "RoleView")),
        Endpoint("roles.create", "POST", roles, create_role, ("RoleCreate", *seen), since="2.74"),
        Endpoint("roles.get", "GET", role, get_role, ("RoleView",)),
        Endpoint("roles.update", "PATCH", role, patch_role, ("RoleModify",)),
        Endpoint("roles.delete", "DELETE", role, delete_role, ("RoleDelete",)),
    )
