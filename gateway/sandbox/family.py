"""A type of credential as data, and the five calls that all of them share: create, list, get, update, delete.

A Family says what is particular: its own fields, which of them must be there and which may change, how many a user may have, what the
server makes itself and tells once. Everything else is what `credentials.py` knows of all credentials. Tables of families stand in
`outside.py`, `authenticators.py`, `handed_out.py`, `certificates.py`, `questions.py` and `passwords.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from . import problem
from .box import Sandbox
from .credential_types import Type
from .credentials import (
    all_of,
    begin,
    credential_dto,
    list_of_type,
    of_path,
    patch_shape,
    patched,
    remove,
    shape,
    touch,
)
from .document import Document, Kind, Shape, text
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import mandatory
from .lookup import user_of
from .policy import chosen
from .self_admin import check_token
from .store import Row
from .table import CREDENTIALS

Fields = Mapping[str, Kind | Shape]
Check = Callable[[Call, Row, Document, Row | None], None]  # the user, the document to be, what is there already
Make = Callable[[Call, Row, Document], tuple[Document, Document | None]]
Show = Callable[[Call, Row, Document], Document]
CALLS = ("create", "list", "get", "update", "delete")
_METHODS = {"create": "POST", "list": "GET", "get": "GET", "update": "PATCH", "delete": "DELETE"}
_RIGHTS = {
    "list": ("CredentialView",),
    "get": ("CredentialView",),
    "update": ("CredentialModify", "CredentialView"),
    "delete": ("CredentialDelete",),
}


def _no_check(*_: Any) -> None:
    return None


def _as_given(_: Call, __: Row, doc: Document) -> tuple[Document, Document | None]:
    return doc, None


def _as_stored(_: Call, __: Row, dto: Document) -> Document:
    return dto


@dataclass(frozen=True, slots=True)
class Family:
    """`id` is the prefix of endpoints.yaml, `since` the release of each call (of all, under "").

    `most` and `taken` bound how many a user may have, with the code and the text of the refusal. `make` completes a new document; what it
    says besides is answered once, in the DTO of the 201 (None: no body). `show` makes the DTO of a stored one.
    """

    id: str
    type: Type
    since: Mapping[str, str]
    fields: Fields = field(default_factory=dict)
    mandatory: Sequence[str] = ()
    changeable: Sequence[str] = ()
    most: int | None = None
    taken: tuple[str, str] = ("", "")
    check: Check = _no_check
    make: Make = _as_given
    show: Show = _as_stored
    calls: Sequence[str] = CALLS
    creating: Sequence[str] = ("CredentialCreate",)
    changes_state: bool = False  # a state in the body of a create needs CredentialChangeState
    own_create: bool = False  # users may create it for themselves
    replaces: bool = False  # a new one takes the place of the one before
    served: Callable[[Sandbox], bool] = lambda _: True
    without_body: bool = False  # a create may come without a body

    @property
    def dto(self) -> str:
        return f"{self.type.name}DTO"

    def since_of(self, call: str) -> str:
        """The release a call came with."""
        return self.since.get(call) or self.since.get("", "2.71")


def create(family: Family, call: Call) -> Answer:
    """POST: checked, completed, stored; 201 with the Location and what the family tells."""
    user = user_of(call)
    body = {} if family.without_body and call.body is None else call.document()
    if family.changes_state and body.get("stateName"):
        call.require("CredentialChangeState")
    doc = begin(call, user, family.type, shape(family.dto, **family.fields), body)
    for name in family.mandatory:
        mandatory(doc, name)
    _make_room(family, call, user)
    family.check(call, user, doc, None)
    doc, told = family.make(call, user, doc)
    row = call.box.store.insert(CREDENTIALS, user.client, doc["extId"], doc, parent=user.ext_id)
    answer = None if told is None else {**dto(family, call, row), **told}
    item = (row.ext_id,) if family.type.many else ()
    return call.created(user.client, "users", user.ext_id, family.type.segment, *item, body=answer)


def _make_room(family: Family, call: Call, user: Row) -> None:
    most, there = family.most if family.type.many else 1, all_of(call, user, family.type)
    if family.replaces:
        for row in there:
            call.box.store.delete(CREDENTIALS, row)
    elif most is not None and len(there) >= most:
        raise problem.rule(*family.taken)


def dto(family: Family, call: Call, row: Row) -> Document:
    """How a stored one is shown."""
    return family.show(call, row, credential_dto(call, row))


def list_all(family: Family, call: Call) -> Answer:
    return list_of_type(call, user_of(call), family.type, lambda row: dto(family, call, row))


def get(family: Family, call: Call) -> Answer:
    return Answer(200, dto(family, call, of_path(call, user_of(call), family.type)))


def update(family: Family, call: Call) -> Answer:
    """PATCH: state, comment and the changeable fields."""
    user = user_of(call)
    row = of_path(call, user, family.type)
    own = {name: text() if name == "policyExtId" else family.fields[name] for name in family.changeable}
    doc = patched(call, row, patch_shape(family.dto, **own))
    for name in family.mandatory:
        mandatory(doc, name)
    if doc.get("policyExtId") != row.doc.get("policyExtId"):
        doc["policyExtId"] = chosen(
            call.box.store, user.client, family.type.policy or "", doc.get("policyExtId")
        ).ext_id
    family.check(call, user, doc, row)
    return Answer(200, dto(family, call, touch(call, row, doc)))


def delete(family: Family, call: Call) -> Answer:
    user = user_of(call)
    check_token(call)
    return remove(call, of_path(call, user, family.type))


_HANDLERS: Mapping[str, Callable[[Family, Call], Answer]] = {
    "create": create,
    "list": list_all,
    "get": get,
    "update": update,
    "delete": delete,
}


def endpoints_of(family: Family) -> tuple[Endpoint, ...]:
    """The calls a family has, under the ids of endpoints.yaml. Users may see, delete and, if the family says so, create their own."""
    made = [_endpoint(family, name) for name in family.calls if name != "list" or family.type.many]
    return tuple(made)


def path_of(family: Family, *rest: str) -> str:
    """A path of a family: of all of a user's, or of one by adding `{extId}`."""
    return "/".join((f"{CORE}/{{clientExtId}}/users/{{userExtId}}/{family.type.segment}", *rest))


def _endpoint(family: Family, name: str) -> Endpoint:
    item = ("{extId}",) if family.type.many and name in ("get", "update", "delete") else ()
    own = family.own_create if name == "create" else name != "update"
    return Endpoint(
        *(f"{family.id}.{name}", _METHODS[name], path_of(family, *item), partial(_HANDLERS[name], family)),
        family.creating if name == "create" else _RIGHTS[name],
        ("CredentialChangeState",) if name == "create" and family.changes_state else (),
        self_admin=own,
        since=family.since_of(name),
        served=family.served,
    )


def all_with(call: Call, client: str, kind: Type, name: str, value: Any, itself: Row | None) -> list[Row]:
    """The credentials of a type in a client that have this value in a field, without `itself`."""
    where = "client = ? AND type = ? AND json_extract(doc, ?) = ?"
    rows = call.box.store.rows(CREDENTIALS, where, (client, kind.name, f"$.{name}", value))
    return [row for row in rows if itself is None or row.id != itself.id]
