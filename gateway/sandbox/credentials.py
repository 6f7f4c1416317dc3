"""What all credentials share: extId, state, policy, DTO and the rules for finding, creating and changing them.

A credential is a document under its user; `_type` says which kind it is. Secrets live in `_hash`, a temporary lock in the
fields of LOCK (`locking.py`); both stay inside. Counters and dates of logins are plain fields of the DTO.
"""

from collections.abc import Callable, Mapping
from typing import Any

from . import problem
from .box import Sandbox
from .clock import stamp
from .condition import equal
from .credential_types import TYPES, Type
from .document import Document, Kind, Shape, check_interval, given, text
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import change, identifier, new_ext_id, save, shown
from .listing import Listing, page, statement
from .lookup import user_of
from .policy import chosen
from .self_admin import check_token
from .store import Row
from .table import CREDENTIALS

STATES = ("initial", "active", "tmp-locked", "fail-locked", "reset-code", "admin-changed", "disabled", "archived")
STATE: Kind = text(choices=STATES, refuse=problem.unknown_state)
LOCK = ("_lockedUntil", "_stateBefore")
NEW_COUNTERS = {"successfulLoginCount": 0, "failedLoginCount": 0}
_OWNERSHIP = frozenset(
    {"created", "lastModified", "userExtId", "createdBy", "modifiedBy", "lastChangeDate", "typeName"}
)
SHOWN = (
    _OWNERSHIP
    | NEW_COUNTERS.keys()
    | {"lastSuccessfulLoginDate", "lastFailedLoginDate", "stateChangeReason", "stateChangeDetail"}
)
_TECHNICAL = ("createdBy", "modifiedBy", "lastChangeDate")


def shape(name: str, **fields: "Kind | Shape") -> Shape:
    """The body of a create: what all credentials take, and this type's own fields."""
    return Shape(name, {"extId": identifier, "policyExtId": text(), "stateName": STATE, **fields}, SHOWN)


def patch_shape(name: str, **fields: "Kind | Shape") -> Shape:
    return Shape(name, {"stateName": STATE, "modificationComment": text(), **fields}, SHOWN | {"policyExtId"})


def all_of(call: Call, user: Row, kind: Type) -> list[Row]:
    """A user's credentials of one type."""
    where = "client = ? AND type = ? AND parent = ? ORDER BY created, ext_id"
    return call.box.store.rows(CREDENTIALS, where, (user.client, kind.name, user.ext_id))


def only(call: Call, user: Row, kind: Type) -> Row:
    """The one credential of a type that a user can have at most one of; 404 in the seed's words."""
    found = all_of(call, user, kind)
    if not found:
        raise problem.no_credential(user.ext_id, kind.noun)
    return found[0]


def one(call: Call, user: Row, kind: Type, name: str = "extId") -> Row:
    """The credential the path names, if it is this user's and of this type."""
    row = call.box.store.find(CREDENTIALS, user.client, call.path[name])
    if row is None or row.parent != user.ext_id or row.doc["_type"] != kind.name:
        raise problem.no_credential(user.ext_id, kind.noun)
    return row


def of_path(call: Call, user: Row, kind: Type) -> Row:
    """The credential a path means, which names it where a user may have several."""
    return one(call, user, kind) if kind.many else only(call, user, kind)


def begin(call: Call, user: Row, kind: Type, made: Shape, body: Document | None = None) -> Document:
    """The document of a user's new credential: the token, the body, the extId, the policy; not stored yet."""
    check_token(call)
    if user.doc["userState"] == "archived":
        raise problem.rule("modifyArchivedUser", "An archived user must not be modified.")
    doc = begin_unassigned(call, user.client, kind, made, call.document() if body is None else body)
    return {**doc, "userExtId": user.ext_id}


def begin_unassigned(call: Call, client: str, kind: Type, made: Shape, body: Document) -> Document:
    """The same for a credential that nobody has yet."""
    values = given(made, body, call.box.switches)
    ext_id = new_ext_id(call, values)
    if call.box.store.find(CREDENTIALS, client, ext_id):
        raise problem.duplicate_credential(ext_id, call.box.switches.duplicate_status)
    check_interval(values.get("validity"))
    doc = {
        "stateName": "active",
        **NEW_COUNTERS,
        **values,
        "extId": ext_id,
        "_type": kind.name,
    }
    if kind.policy:
        doc["policyExtId"] = chosen(call.box.store, client, kind.policy, values.get("policyExtId")).ext_id
    return {**doc, "createdBy": call.account.user, **_touched(call)}


def store_new(call: Call, user: Row, kind: Type, doc: Document, body: Any = None, status: int = 201) -> Answer:
    """Writes a new credential and answers with its Location."""
    call.box.store.insert(CREDENTIALS, user.client, doc["extId"], doc, parent=user.ext_id)
    item = (doc["extId"],) if kind.many else ()
    return call.created(user.client, "users", user.ext_id, kind.segment, *item, body=body, status=status)


def patched(call: Call, row: Row, made: Shape) -> Document:
    """The document a PATCH of a credential makes, after the token, the state and the version are checked; nothing is written yet."""
    check_token(call)
    check_alive(row)
    _, doc = change(call, row, made, call.document())
    doc.setdefault("stateName", row.doc["stateName"])
    if doc["stateName"] == "active" != row.doc["stateName"]:
        doc = {name: value for name, value in doc.items() if name not in LOCK}
    return doc


def check_alive(row: Row) -> None:
    """422 errors.modifyArchivedCredential: an archived credential is frozen."""
    if row.doc["stateName"] == "archived":
        raise problem.rule("modifyArchivedCredential", "An archived credential must not be modified.")


def touch(call: Call, row: Row, doc: Document) -> Row:
    """Writes a changed credential with who changed it and when."""
    return save(call, CREDENTIALS, row, {**doc, **_touched(call)} if doc != row.doc else doc)


def _touched(call: Call) -> Mapping[str, str]:
    return {"modifiedBy": call.account.user, "lastChangeDate": stamp(call.box.now())}


def remove(call: Call, row: Row) -> Answer:
    call.box.store.delete(CREDENTIALS, row)
    return Answer(204)


def credential_dto(call: Call, row: Row) -> Document:
    """The DTO; technical fields are hidden from a user that looks at itself."""
    dto = shown(call, row)
    return {name: value for name, value in dto.items() if not (call.own and name in _TECHNICAL)}


def list_of_type(call: Call, user: Row, kind: Type, item: Callable[[Row], Document]) -> Answer:
    """A user's credentials of one type, in pages."""
    listing = Listing(CREDENTIALS)
    made = statement(call, listing, user.client, parent=user.ext_id)
    made.add(equal("type", kind.name))
    return page(call, listing, made, item)


def list_of_user(call: Call) -> Answer:
    """Credentials of all types of a user, each with its type as the switch says."""
    user = user_of(call, "extId")
    listing = Listing(CREDENTIALS)
    made = statement(call, listing, user.client, parent=user.ext_id)
    name = call.box.switches.credential_discriminator

    def item(row: Row) -> Document:
        dto = credential_dto(call, row)
        return dto if name == "none" else {**dto, name: TYPES[row.doc["_type"]].label}

    return page(call, listing, made, item)


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The credentials of a user, of whatever type."""
    path = f"{CORE}/{{clientExtId}}/users/{{extId}}/credentials"
    return (
        Endpoint(
            *("users.listCredentials", "GET", path, list_of_user, ("CredentialView",)),
            self_admin=True,
            since="7.2405",
            served=lambda box: box.switches.client_list_credentials,
        ),
    )
