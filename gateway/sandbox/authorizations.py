"""What profiles are given: roles by authorizations, enterprise roles by enterprise authorizations."""

from . import problem
from .account import ALL
from .box import Sandbox
from .document import VALIDITY, Shape, check_interval, flag, given, text
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import change, check_free, identifier, mandatory, new_ext_id, save, shown
from .eroles import IDM
from .listing import Listing, page, statement
from .lookup import check_eroles, profile_of
from .store import Row
from .table import AUTHORIZATIONS, EAUTHORIZATIONS, EROLES, ROLES, Table

_FLAGS = dict.fromkeys(("clientGlobal", "unitGlobal", "appGlobal", "enterpriseRoleGlobal"), flag)
_SHOWN = frozenset({"created", "lastModified"})
_PATCH = Shape("AuthorizationDTO", {**_FLAGS, "validity": VALIDITY}, _SHOWN | {"roleExtId"})
_CREATE = Shape("AuthorizationDTO", {"roleExtId": text(), **_PATCH.fields}, _SHOWN)
_CREATE_E = Shape(
    "EnterpriseAuthorizationDTO", {"extId": identifier, "enterpriseRoleExtId": text(), "validity": VALIDITY}, _SHOWN
)


def _list(call: Call, table: Table) -> Answer:
    profile, listing = profile_of(call), Listing(table)
    made = statement(call, listing, profile.client, parent=profile.ext_id)
    return page(call, listing, made, lambda row: shown(call, row))


def _one(call: Call, table: Table, kind: str) -> Row:
    profile = profile_of(call)
    row = call.box.store.find(table, profile.client, call.path["extId"])
    if row is None or row.parent != profile.ext_id:
        raise problem.no_entity(kind, call.path["extId"])
    return row


def _alive(profile: Row) -> Row:
    if profile.doc["profileState"] == "archived":
        raise problem.rule("modifyArchivedProfile", "An archived profile must not be modified.")
    return profile


def list_authorizations(call: Call) -> Answer:
    return _list(call, AUTHORIZATIONS)


def create(call: Call) -> Answer:
    """The extId is the server's; it comes back in the Location."""
    profile = _alive(profile_of(call))
    values = given(_CREATE, call.document(), call.box.switches)
    role = call.box.store.find(ROLES, "", mandatory(values, "roleExtId"))
    if role is None:
        raise problem.invalid_parameter(f"Role doesn't exist with extId '{values['roleExtId']}'")
    if role.parent not in call.account.rooms.applications:
        raise call.deny_room()
    if role.doc["applicationName"] == IDM and role.doc["name"] != "SelfAdmin" and call.account.rights is not ALL:
        text = "A role of nevisIDM must not be granted by who does not have all its rights."
        raise problem.rule("potentialPrivilegeEscalation", text, 403)
    check_interval(values.get("validity"))
    ext_id = call.box.new_id()
    doc = {**dict.fromkeys(_FLAGS, False), **values, "extId": ext_id}
    call.box.store.insert(AUTHORIZATIONS, profile.client, ext_id, doc, parent=profile.ext_id)
    return call.created(profile.client, "profiles", profile.ext_id, "authorizations", ext_id)


def authorization_of(call: Call) -> Row:
    """The authorization in the path, of the profile in the path."""
    return _one(call, AUTHORIZATIONS, "Authorization")


def get(call: Call) -> Answer:
    return Answer(200, shown(call, authorization_of(call)))


def patch(call: Call) -> Answer:
    row = authorization_of(call)
    _, doc = change(call, row, _PATCH, call.document())
    return Answer(200, shown(call, save(call, AUTHORIZATIONS, row, doc)))


def delete(call: Call) -> Answer:
    call.box.store.delete(AUTHORIZATIONS, authorization_of(call))
    return Answer(204)


def list_enterprise(call: Call) -> Answer:
    check_eroles(call)
    return _list(call, EAUTHORIZATIONS)


def create_enterprise(call: Call) -> Answer:
    check_eroles(call)
    profile = _alive(profile_of(call))
    values = given(_CREATE_E, call.document(), call.box.switches)
    erole = mandatory(values, "enterpriseRoleExtId")
    if call.box.store.find(EROLES, profile.client, erole) is None:
        raise problem.invalid_parameter(f"EnterpriseRole doesn't exist with extId '{erole}'")
    if erole not in call.account.rooms.eroles:
        raise call.deny_room()
    check_interval(values.get("validity"))
    ext_id = new_ext_id(call, values)
    check_free(call, EAUTHORIZATIONS, "enterprise authorization", profile.client, ext_id)
    call.box.store.insert(EAUTHORIZATIONS, profile.client, ext_id, {**values, "extId": ext_id}, parent=profile.ext_id)
    return call.created(profile.client, "profiles", profile.ext_id, "eauthorizations", ext_id)


def get_enterprise(call: Call) -> Answer:
    check_eroles(call)
    return Answer(200, shown(call, _one(call, EAUTHORIZATIONS, "EnterpriseAuthorization")))


def delete_enterprise(call: Call) -> Answer:
    check_eroles(call)
    call.box.store.delete(EAUTHORIZATIONS, _one(call, EAUTHORIZATIONS, "EnterpriseAuthorization"))
    return Answer(204)


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """Authorizations and enterprise authorizations of endpoints.yaml."""
    profile = f"{CORE}/{{clientExtId}}/profiles/{{profileExtId}}"
    many, e_many = f"{profile}/authorizations", f"{profile}/eauthorizations"
    item, e_item, late = f"{many}/{{extId}}", f"{e_many}/{{extId}}", "2.75.2"
    seen, e_seen, e_changed = ("AuthorizationView",), ("ProfileView",), ("ProfileModify",)
    return (
        Endpoint("authorizations.list", "GET", many, list_authorizations, seen, self_admin=True),
        Endpoint("authorizations.create", "POST", many, create, ("AuthorizationCreate",)),
        Endpoint("authorizations.get", "GET", item, get, seen, self_admin=True),
        Endpoint("authorizations.update", "PATCH", item, patch, ("AuthorizationModify",)),
        Endpoint("authorizations.delete", "DELETE", item, delete, ("AuthorizationDelete",)),
        Endpoint("eauthorizations.list", "GET", e_many, list_enterprise, e_seen, self_admin=True, since=late),
        Endpoint("eauthorizations.create", "POST", e_many, create_enterprise, e_changed, since=late),
        Endpoint("eauthorizations.get", "GET", e_item, get_enterprise, e_seen, self_admin=True, since=late),
        Endpoint("eauthorizations.delete", "DELETE", e_item, delete_enterprise, e_changed, since=late),
    )
