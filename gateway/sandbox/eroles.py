"""Enterprise roles: a client's bundles of application roles. Those of nevisIDM itself cannot be bundled."""

from . import problem
from .box import Sandbox
from .document import Shape, text, words
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import identifier, save, shown, simple_create, simple_update
from .lookup import check_eroles, client_of, entity_of, erole_of
from .table import EAUTHORIZATIONS, EROLES, ROLES

_PATCH = Shape("EnterpriseRoleDTO", {"name": text(), "description": text(longest=1000), "displayName": words})
_CREATE = Shape("EnterpriseRoleDTO", {"extId": identifier, **_PATCH.fields})
IDM = "nevisIdm"


def create(call: Call) -> Answer:
    check_eroles(call)
    client = client_of(call).ext_id
    return simple_create(call, EROLES, _CREATE, "enterprise role", client, (client, "eroles"), clientExtId=client)


def get(call: Call) -> Answer:
    return Answer(200, shown(call, erole_of(call)))


def patch(call: Call) -> Answer:
    return simple_update(call, EROLES, erole_of(call), _PATCH, "enterprise role")


def delete(call: Call) -> Answer:
    row = erole_of(call)
    if call.box.store.rows(EAUTHORIZATIONS, "client = ? AND erole = ? LIMIT 1", (row.client, row.ext_id)):
        raise problem.rule("undeletedDependencies", "The enterprise role is still assigned to profiles.")
    call.box.store.delete(EROLES, row)
    return Answer(204)


def assign_role(call: Call) -> Answer:
    """Idempotent: a role already in the bundle stays there."""
    erole = erole_of(call, "eroleExtId")
    role = entity_of(call, ROLES, "Role", "", call.path["roleExtId"])
    if role.doc["applicationName"] == IDM:
        raise problem.rule("invalidAssignIdmroleToErole", "A nevisIDM role must not be assigned to an enterprise role.")
    roles = erole.doc.get("_roles", [])
    if role.ext_id not in roles:
        save(call, EROLES, erole, {**erole.doc, "_roles": [*roles, role.ext_id]})
    return Answer(204)


def remove_role(call: Call) -> Answer:
    erole = erole_of(call, "eroleExtId")
    role = entity_of(call, ROLES, "Role", "", call.path["roleExtId"])
    roles = [ext_id for ext_id in erole.doc.get("_roles", []) if ext_id != role.ext_id]
    save(call, EROLES, erole, {**erole.doc, "_roles": roles})
    return Answer(204)


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The enterprise roles of endpoints.yaml."""
    many = f"{CORE}/{{clientExtId}}/eroles"
    item, member, since = f"{many}/{{extId}}", f"{many}/{{eroleExtId}}/roles/{{roleExtId}}", "2.75.2"
    return (
        Endpoint("eroles.create", "POST", many, create, ("EnterpriseRoleCreate",), since=since),
        Endpoint("eroles.get", "GET", item, get, ("EnterpriseRoleView",), since=since),
        Endpoint("eroles.update", "PATCH", item, patch, ("EnterpriseRoleModify",), since=since),
        Endpoint("eroles.delete", "DELETE", item, delete, ("EnterpriseRoleDelete",), since=since),
        Endpoint("eroles.assignRole", "PUT", member, assign_role, ("EnterpriseRoleMemberCreate",), since=since),
        Endpoint("eroles.removeRole", "DELETE", member, remove_role, ("EnterpriseRoleMemberDelete",), since=since),
    )
