"""Generic credentials: any external identity of a user, with free properties; listed per user and over all users of a client."""

from . import problem
from .box import Sandbox
from .credential_types import GENERIC
from .credentials import (
    all_of,
    begin,
    check_alive,
    credential_dto,
    list_of_type,
    one,
    patch_shape,
    patched,
    remove,
    shape,
    store_new,
    touch,
)
from .document import VALIDITY, Document, Kind, Shape, text, values_of_properties
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import mandatory
from .listing import Field, Listing, page, statement
from .lookup import client_of, room_units, user_of
from .policy import chosen
from .properties import VALUE_RIGHTS, WRITE_RIGHTS, checked, into, show, update
from .self_admin import check_token
from .store import Row
from .table import CREDENTIALS, IS_GENERIC
from .user_list import LISTED, with_rooms

_FIELDS: dict[str, Kind | Shape] = {"identification": text(), "validity": VALIDITY, "properties": values_of_properties}
_CREATE = shape("GenericCredentialDTO", **_FIELDS)
_PATCH = patch_shape("GenericCredentialDTO", policyExtId=text(), **_FIELDS)
_OF_CLIENT = Listing(
    CREDENTIALS,
    {
        **LISTED,
        "identification": Field("identification", "identification_l"),
        "userExtId": Field("parent"),
        "policyExtId": Field("policy"),
    },
)


def create(call: Call) -> Answer:
    user = user_of(call)
    doc = begin(call, user, GENERIC, _CREATE)
    if call.own and "validity" in doc:
        raise problem.validity_in_self_service()
    _check_identification(call, user, mandatory(doc, "identification"))
    into(call, CREDENTIALS, user.client, doc, doc.get("properties", {}), {})
    return store_new(call, user, GENERIC, doc)


def get(call: Call) -> Answer:
    return Answer(200, _dto(call, one(call, user_of(call), GENERIC)))


def patch(call: Call) -> Answer:
    user = user_of(call)
    row = one(call, user, GENERIC)
    doc = patched(call, row, _PATCH)
    if call.own and doc.get("validity") != row.doc.get("validity"):
        raise problem.validity_in_self_service()
    if mandatory(doc, "identification") != row.doc["identification"]:
        _check_identification(call, user, doc["identification"], row)
    if doc.get("policyExtId") != row.doc.get("policyExtId"):
        doc["policyExtId"] = chosen(call.box.store, user.client, GENERIC.policy or "", doc.get("policyExtId")).ext_id
    _patch_properties(call, row, doc)
    return Answer(200, _dto(call, touch(call, row, doc)))


def _patch_properties(call: Call, row: Row, doc: Document) -> None:
    before = row.doc.get("properties") or {}
    values = values_of_properties("properties", call.document().get("properties") or {})
    if values:
        call.require(*WRITE_RIGHTS)
    after = checked(call, CREDENTIALS.scope or "", row.client, row.ext_id, values, before)
    doc.pop("properties", None)
    if after:
        doc["properties"] = after


def delete(call: Call) -> Answer:
    user = user_of(call)
    check_token(call)
    return remove(call, one(call, user, GENERIC))


def list_of_user(call: Call) -> Answer:
    user = user_of(call)
    return list_of_type(call, user, GENERIC, lambda row: _dto(call, row))


def list_of_client(call: Call) -> Answer:
    """All generic credentials of all users of a client, each with its userExtId."""
    client = client_of(call, "extId").ext_id
    listing = _OF_CLIENT if call.box.switches.client_list_filters else Listing(CREDENTIALS, {"": Field("NULL")})
    made = statement(call, listing, client)
    with_rooms(made, "credentials.parent", room_units(call, client))
    made.base += f" AND {IS_GENERIC}"
    properties = call.box.switches.list_items_carry_properties
    return page(call, listing, made, lambda row: _dto(call, row, properties=properties), (GENERIC.name,))


def get_properties(call: Call) -> Answer:
    return show(call, CREDENTIALS, one(call, user_of(call), GENERIC))


def patch_properties(call: Call) -> Answer:
    user = user_of(call)
    check_token(call)
    row = one(call, user, GENERIC)
    check_alive(row)
    return update(call, CREDENTIALS, row)


def _check_identification(call: Call, user: Row, identification: str, itself: Row | None = None) -> None:
    """Unique among the generic credentials of the client, or of the user by the switch (gap 35)."""
    if call.box.switches.identification_scope == "user":
        taken = [row for row in all_of(call, user, GENERIC) if row.doc["identification"] == identification]
    else:
        where = f"client = ? AND {IS_GENERIC} AND identification = ?"
        taken = call.box.store.rows(CREDENTIALS, where, (user.client, identification))
    if any(itself is None or row.id != itself.id for row in taken):
        raise problem.duplicate_identification(call.box.switches.duplicate_status)


def _dto(call: Call, row: Row, *, properties: bool = True) -> Document:
    dto = credential_dto(call, row)
    if not properties or not call.may(*VALUE_RIGHTS):
        dto.pop("properties", None)
    return dto


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The generic credentials of endpoints.yaml."""
    many = f"{CORE}/{{clientExtId}}/users/{{userExtId}}/generic-credentials"
    item, of_client = f"{many}/{{extId}}", f"{CORE}/clients/{{extId}}/generic-credentials"
    seen, values = ("CredentialView",), f"{item}/properties"
    writing = (*VALUE_RIGHTS, *WRITE_RIGHTS)
    creating = ("CredentialCreate", "CredentialView", "CredentialModify", *writing)
    return (
        Endpoint("generic.create", "POST", many, create, creating, self_admin=True, since="2.73"),
        Endpoint("generic.list", "GET", many, list_of_user, seen, VALUE_RIGHTS, self_admin=True, since="2.73"),
        Endpoint("generic.get", "GET", item, get, seen, VALUE_RIGHTS, self_admin=True, since="2.73"),
        Endpoint(
            *("generic.update", "PATCH", item, patch, ("CredentialModify", "CredentialView"), WRITE_RIGHTS),
            self_admin=True,
            since="2.73",
        ),
        Endpoint("generic.delete", "DELETE", item, delete, ("CredentialDelete",), self_admin=True, since="2.73"),
        Endpoint(
            "generic.getProperties", "GET", values, get_properties, seen, VALUE_RIGHTS, self_admin=True, since="2.73"
        ),
        Endpoint(
            *(
                "generic.updateProperties",
                "PATCH",
                values,
                patch_properties,
                ("CredentialModify", "CredentialView"),
                writing,
            ),
            self_admin=True,
            since="2.73",
        ),
        Endpoint(
            *(
                "clients.genericCredentials",
                "GET",
                of_client,
                list_of_client,
                ("ClientView", "CredentialView"),
                VALUE_RIGHTS,
            ),
            since="7.2405",
            served=lambda box: box.switches.client_list_credentials,
        ),
    )
