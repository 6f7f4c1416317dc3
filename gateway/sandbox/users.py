"""Users: create, identity, get, update, delete, archive, list of a client, and their properties.

States are README section 2: disabling disables every profile; archiving is final, archives the profiles and deletes the credentials, and
keeps the names taken; deleting takes everything below along.
"""

from typing import Any

from . import problem
from .box import Sandbox
from .credential_types import MTAN
from .credentials import all_of
from .document import Document, check_interval, given
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import change, check_free, new_ext_id, save
from .listing import page, statement
from .lookup import client_of, room_units, user_of
from .policy import parameters
from .profiles import make_profile, set_state
from .properties import VALUE_RIGHTS, WRITE_RIGHTS, checked, into, show, update
from .self_admin import check_protected
from .store import Row
from .table import AUTHORIZATIONS, CONSENTS, CREDENTIALS, EAUTHORIZATIONS, PROFILES, USERS, Table
from .user_list import USER_LIST, with_rooms
from .user_rules import CREATE_USER, PATCH_USER, check_user
from .user_view import user_dto

_USERS = f"{CORE}/{{clientExtId}}/users"
_USER = f"{_USERS}/{{extId}}"


def create(call: Call) -> Answer:
    client = client_of(call).ext_id
    user = make_user(call, client, call.document())
    if call.box.switches.auto_profile:
        make_profile(call, user, {})
    return call.created(client, "users", user.ext_id)


def create_identity(call: Call) -> Answer:
    """User and profile in one transaction; the Location is the user's."""
    client, body = client_of(call).ext_id, call.document()
    for name in ("user", "profile"):
        if not isinstance(body.get(name), dict):
            raise problem.rule("nullParameter", f"The parameter '{name}' must not be null or empty.")
    user = make_user(call, client, body["user"])
    make_profile(call, user, body["profile"])
    return call.created(client, "users", user.ext_id)


def make_user(call: Call, client: str, body: Document) -> Row:
    """A new user by all rules; asks for the rights that only some bodies need."""
    values = given(CREATE_USER, body, call.box.switches)
    if values.get("isTechnicalUser"):
        call.require("UserCreateTechUser")
    if values.get("properties"):
        call.require("PropertyValueCreate")
    ext_id = new_ext_id(call, values)
    doc = {"userState": "active", "isTechnicalUser": False, **values, "extId": ext_id, "clientExtId": client}
    _choose_login_id(call, client, doc, chosen="loginId" in values)
    check_free(call, USERS, "user", client, ext_id)
    check_user(call, client, doc)
    check_interval(doc.get("validity"))
    into(call, USERS, client, doc, values.get("properties", {}), {})
    return call.box.store.insert(USERS, client, ext_id, doc)


def _choose_login_id(call: Call, client: str, doc: Document, *, chosen: bool) -> None:
    """With the loginId generator on, choosing one needs LoginIdOverride and leaving it out is fine."""
    if parameters(call.box.store, client, "ClientPolicy")["login.id.generator"] != "true":
        return
    if chosen:
        call.require("LoginIdOverride")
    else:
        doc["loginId"] = call.box.new_id()


def get(call: Call) -> Answer:
    return Answer(200, user_dto(call, user_of(call, "extId")))


def patch(call: Call) -> Answer:
    user = user_of(call, "extId")
    if user.doc["userState"] == "archived":
        raise problem.rule("modifyArchivedUser", "An archived user must not be modified.")
    body = call.document()
    technical = body.get("isTechnicalUser", user.doc["isTechnicalUser"])
    if technical != user.doc["isTechnicalUser"]:
        raise problem.rule("modifyReadonlyData", "The field 'isTechnicalUser' is read-only.")
    body = {name: value for name, value in body.items() if name != "isTechnicalUser"}
    values, doc = change(call, user, PATCH_USER, body)
    check_protected(call, user.doc, doc)
    _patch_properties(call, user, values, doc)
    doc.setdefault("userState", user.doc["userState"])
    if doc.get("loginId") != user.doc.get("loginId") and _generated(call, user.client):
        call.require("LoginIdOverride")
    check_user(call, user.client, doc, user)
    _check_mobile(call, user, doc)
    changed = _move(call, user, save(call, USERS, user, doc))
    return Answer(200, user_dto(call, changed))


def _check_mobile(call: Call, user: Row, doc: Document) -> None:
    """A mobile number that an mTAN is sent to must not be cleared."""
    before, after = ((one.get("contacts") or {}).get("mobile") for one in (user.doc, doc))
    if before and not after and all_of(call, user, MTAN):
        raise problem.rule("mobileCannotBeDeleted", "The mobile number is still used by an mTAN credential.")


def _generated(call: Call, client: str) -> bool:
    return parameters(call.box.store, client, "ClientPolicy")["login.id.generator"] == "true"


def _patch_properties(call: Call, user: Row, values: Document, doc: Document) -> None:
    before = user.doc.get("properties") or {}
    doc.pop("properties", None)
    if values.get("properties"):
        call.require(*WRITE_RIGHTS)
    after = checked(call, USERS.scope or "", user.client, user.ext_id, values.get("properties") or {}, before)
    if after:
        doc["properties"] = after


def _move(call: Call, before: Row, after: Row) -> Row:
    """What a new state of the user does to its profiles and credentials."""
    old, new = before.doc["userState"], after.doc["userState"]
    if old == new:
        return after
    if new == "archived":
        _bury(call, after)
    elif new == "disabled":
        set_state(call, after, ("active",), "disabled")
    elif call.box.switches.reactivate_profiles:
        set_state(call, after, ("disabled",), "active")
    return after


def archive(call: Call) -> Answer:
    user = user_of(call, "extId")
    if user.doc["isTechnicalUser"]:
        call.require("UserArchiveTechUser")
    if user.doc["userState"] != "archived":
        _bury(call, call.box.store.update(USERS, user, {**user.doc, "userState": "archived"}))
    return Answer(204)


def _bury(call: Call, user: Row) -> None:
    set_state(call, user, ("active", "disabled"), "archived")
    for credential in call.box.store.children(CREDENTIALS, user.client, user.ext_id):
        call.box.store.delete(CREDENTIALS, credential)


def delete(call: Call) -> Answer:
    user = user_of(call, "extId")
    if user.doc["userState"] != "archived" and call.box.switches.delete_active == "refused":
        raise problem.rule("undeletedDependencies", "The user must be archived before it can be deleted.")
    store = call.box.store
    for profile in store.children(PROFILES, user.client, user.ext_id):
        delete_below(call, (AUTHORIZATIONS, EAUTHORIZATIONS), profile)
    delete_below(call, (PROFILES, CREDENTIALS, CONSENTS), user)
    store.delete(USERS, user)
    return Answer(204)


def delete_below(call: Call, tables: tuple[Table, ...], row: Row) -> None:
    for table in tables:
        for child in call.box.store.children(table, row.client, row.ext_id):
            call.box.store.delete(table, child)


def list_of_client(call: Call) -> Answer:
    client = client_of(call, "extId").ext_id
    made = statement(call, USER_LIST, client)
    with_rooms(made, "users.ext_id", room_units(call, client))
    kinds: tuple[str, ...] = ()
    if not call.box.switches.archived_listed:
        made.base += " AND state <> 'archived'"
        kinds = ("active", "disabled")

    def item(row: Row) -> Any:
        return user_dto(call, row, properties=call.box.switches.user_list_carries_properties)

    return page(call, USER_LIST, made, item, kinds)


def get_properties(call: Call) -> Answer:
    return show(call, USERS, user_of(call, "extId"))


def patch_properties(call: Call) -> Answer:
    user = user_of(call, "extId")
    if user.doc["userState"] == "archived":
        raise problem.rule("modifyArchivedUser", "An archived user must not be modified.")
    return update(call, USERS, user)


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The users of endpoints.yaml."""
    creating = ("LoginIdOverride", "UserCreateTechUser")
    of_identity = (*creating, "UserView", "UserModify", *VALUE_RIGHTS, *WRITE_RIGHTS)
    identity = f"{CORE}/{{clientExtId}}/identity"
    of_client = f"{CORE}/clients/{{extId}}/users"
    seen = ("ClientView", "UserView")
    return (
        Endpoint("users.create", "POST", _USERS, create, ("UserCreate",), creating),
        Endpoint("identity.create", "POST", identity, create_identity, ("UserCreate", "ProfileCreate"), of_identity),
        Endpoint("users.get", "GET", _USER, get, ("UserView",), VALUE_RIGHTS, self_admin=True),
        Endpoint("users.update", "PATCH", _USER, patch, ("UserView", "UserModify"), self_admin=True),
        Endpoint("users.delete", "DELETE", _USER, delete, ("UserDelete",)),
        Endpoint(
            *(
                "users.archive",
                "POST",
                f"{_USER}/archive",
                archive,
                ("UserView", "UserArchive"),
                ("UserArchiveTechUser",),
            ),
            since="2.73",
        ),
        Endpoint("users.listOfClient", "GET", of_client, list_of_client, seen, VALUE_RIGHTS),
        Endpoint("users.getProperties", "GET", f"{_USER}/properties", get_properties, ("UserView", *VALUE_RIGHTS)),
        Endpoint(
            *("users.updateProperties", "PATCH", f"{_USER}/properties", patch_properties),
            ("UserModify", "UserView", *VALUE_RIGHTS, *WRITE_RIGHTS),
            since="2.79",
        ),
    )
