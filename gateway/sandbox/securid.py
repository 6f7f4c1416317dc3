"""SecurID credentials: at most one per user, mapping it to a `username` of the token server. There is nothing secret in them."""

from . import problem
from .box import Sandbox
from .credentials import (
    SECURID,
    all_of,
    begin,
    credential_dto,
    only,
    patch_shape,
    patched,
    remove,
    shape,
    store_new,
    touch,
)
from .document import text
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import mandatory
from .lookup import user_of
from .self_admin import check_token

_CREATE = shape("SecurIdDTO", username=text())
_PATCH = patch_shape("SecurIdDTO", username=text())


def create(call: Call) -> Answer:
    user = user_of(call)
    doc = begin(call, user, SECURID, _CREATE)
    mandatory(doc, "username")
    if all_of(call, user, SECURID):
        raise problem.rule("securidExists", "The user already has a SecurId credential.")
    return store_new(call, user, SECURID, doc)


def get(call: Call) -> Answer:
    return Answer(200, credential_dto(call, only(call, user_of(call), SECURID)))


def patch(call: Call) -> Answer:
    row = only(call, user_of(call), SECURID)
    doc = patched(call, row, _PATCH)
    mandatory(doc, "username")
    return Answer(200, credential_dto(call, touch(call, row, doc)))


def delete(call: Call) -> Answer:
    user = user_of(call)
    check_token(call)
    return remove(call, only(call, user, SECURID))


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """SecurID of endpoints.yaml."""
    path = f"{CORE}/{{clientExtId}}/users/{{userExtId}}/securid"
    changing = ("CredentialModify", "CredentialView")
    return (
        Endpoint("securid.create", "POST", path, create, ("CredentialCreate",), since="2.75.1"),
        Endpoint("securid.get", "GET", path, get, ("CredentialView",), self_admin=True, since="2.75.1"),
        Endpoint("securid.update", "PATCH", path, patch, changing, since="2.77"),
        Endpoint("securid.delete", "DELETE", path, delete, ("CredentialDelete",), self_admin=True, since="2.79"),
    )
