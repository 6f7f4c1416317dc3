"""Password and device password: set, change, reset, unlock, state. The secret is hashed at once and never answered.

A user has at most one password, and device passwords as many as devices. With the policy's resetCodeEnabled the server makes the secret:
none may be sent, and the answer carries a fragment of it.
"""

from collections.abc import Callable, Mapping

from . import problem
from .box import Sandbox
from .condition import equal
from .credential_types import DEVICE_PASSWORD, PASSWORD, Type
from .credentials import (
    LOCK,
    NEW_COUNTERS,
    all_of,
    begin,
    credential_dto,
    one,
    only,
    patch_shape,
    patched,
    remove,
    shape,
    store_new,
    touch,
)
from .document import Document, Shape, given, text
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import mandatory
from .listing import Listing, page, statement
from .lookup import user_of
from .password_rules import check_password, make_password
from .policy import number, parameters
from .secret import hash_secret, verify_secret
from .self_admin import check_token
from .store import Row
from .table import CREDENTIALS

_CREATE = shape("PasswordDTO", password=text())
_PATCH = patch_shape("PasswordDTO")
_CHANGE = Shape("PasswordChangeDTO", {"oldPassword": text(), "newPassword": text()}, frozenset())
_LOCKED = ("tmp-locked", "fail-locked")


def create_password(call: Call) -> Answer:
    user = user_of(call)
    if all_of(call, user, PASSWORD):
        raise problem.rule("passwordExists", "The user already has a password.")
    return _create(call, user, PASSWORD, "initial")


def create_device_password(call: Call) -> Answer:
    user = user_of(call)
    mandatory(call.document(), "extId")
    return _create(call, user, DEVICE_PASSWORD, "active")


def _create(call: Call, user: Row, kind: Type, state: str) -> Answer:
    body = call.document()
    if body.get("stateName"):
        call.require(*(("CredentialChangeState",) if kind is PASSWORD else ()))
    doc = begin(call, user, kind, _CREATE)
    rules = _rules(call, user, kind, doc)
    secret, body_back, status = doc.pop("password", None), None, call.box.switches.password_create_status
    if rules["resetCodeEnabled"] == "true":
        if secret is not None:
            raise problem.invalid_parameter("The password must not be provided when the reset code is enabled.")
        secret, state, status = make_password(rules), "reset-code", 201
        body_back = {"passwordFragment": secret}
    elif secret is None:
        mandatory({}, "password")
    check_password(secret or "", user.doc.get("loginId", ""), rules)
    doc |= {"stateName": body.get("stateName") or state, "_hash": hash_secret(secret or "")}
    return store_new(call, user, kind, doc, body_back, status)


def change(find: "Callable[[Call, Row], Row]", kind: Type) -> Callable[[Call], Answer]:
    """Sets another secret: by the user itself with the old one, by anybody else without; it also ends a lock."""

    def handler(call: Call) -> Answer:
        user = user_of(call)
        check_token(call)
        credential = find(call, user)
        values = given(_CHANGE, call.document(), call.box.switches)
        new, rules = mandatory(values, "newPassword"), _rules(call, user, kind, credential.doc)
        _check_alive(credential)
        if rules["resetCodeEnabled"] == "true":
            raise problem.invalid_parameter("The password must not be changed when the reset code is enabled.")
        if call.own and not verify_secret(values.get("oldPassword", ""), credential.doc["_hash"]):
            raise problem.rule("userLoginFailed", "The old password is not correct.")
        check_password(new, user.doc.get("loginId", ""), rules)
        state = "active" if call.own else call.box.switches.admin_change_state
        _renew(call, credential, {"_hash": hash_secret(new), "stateName": state, "failedLoginCount": 0})
        return Answer(204)

    return handler


def reset(find: "Callable[[Call, Row], Row]", kind: Type) -> Callable[[Call], Answer]:
    """Lets the server make a secret. With a reset code its fragment is answered, without the user gets it by other ways (204)."""

    def handler(call: Call) -> Answer:
        user = user_of(call)
        check_token(call)
        credential = find(call, user)
        _check_alive(credential)
        rules, count = _rules(call, user, kind, credential.doc), credential.doc.get("_resets", 0) + 1
        if 0 <= number(rules, "maxResetCount") < count:
            raise problem.rule("maxResetCount", "The maximum number of resets has been reached.")
        secret = make_password(rules)
        _renew(
            call, credential, {"_hash": hash_secret(secret), "_resets": count, "stateName": "initial", **NEW_COUNTERS}
        )
        return Answer(201, {"passwordFragment": secret}) if rules["resetCodeEnabled"] == "true" else Answer(204)

    return handler


def unlock(call: Call) -> Answer:
    """Active again, both counters 0."""
    credential = only(call, user_of(call), PASSWORD)
    if credential.doc["stateName"] not in (*_LOCKED, "active"):
        raise problem.invalid_parameter(f"The credential is not locked but {credential.doc['stateName']}.")
    _renew(call, credential, {"stateName": "active", **NEW_COUNTERS})
    return Answer(204)


def _renew(call: Call, credential: Row, values: Mapping[str, object]) -> None:
    doc = {**credential.doc, **values}
    for name in LOCK:
        doc.pop(name, None)
    touch(call, credential, doc)


def get(find: "Callable[[Call, Row], Row]") -> Callable[[Call], Answer]:
    return lambda call: Answer(200, credential_dto(call, find(call, user_of(call))))


def patch(find: "Callable[[Call, Row], Row]") -> Callable[[Call], Answer]:
    """State and comment only, never the secret."""

    def handler(call: Call) -> Answer:
        credential = find(call, user_of(call))
        return Answer(200, credential_dto(call, touch(call, credential, patched(call, credential, _PATCH))))

    return handler


def delete(find: "Callable[[Call, Row], Row]") -> Callable[[Call], Answer]:
    def handler(call: Call) -> Answer:
        user = user_of(call)
        check_token(call)
        return remove(call, find(call, user))

    return handler


def list_device_passwords(call: Call) -> Answer:
    user, listing = user_of(call), Listing(CREDENTIALS)
    made = statement(call, listing, user.client, parent=user.ext_id)
    made.add(equal("type", DEVICE_PASSWORD.name))
    return page(call, listing, made, lambda row: credential_dto(call, row))


def _rules(call: Call, user: Row, kind: Type, doc: Document) -> Mapping[str, str]:
    return parameters(call.box.store, user.client, kind.policy or "", doc.get("policyExtId"))


def _check_alive(credential: Row) -> None:
    if credential.doc["stateName"] == "archived":
        raise problem.rule("modifyArchivedCredential", "An archived credential must not be modified.")


def _the_password(call: Call, user: Row) -> Row:
    return only(call, user, PASSWORD)


def _the_device_password(call: Call, user: Row) -> Row:
    return one(call, user, DEVICE_PASSWORD)


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """Passwords and device passwords of endpoints.yaml."""
    seen, changed, gone = ("CredentialView",), ("CredentialModify", "CredentialView"), ("CredentialDelete",)
    return (*_password_routes(seen, changed, gone), *_device_routes(seen, changed, gone))


def _password_routes(seen: tuple[str, ...], changed: tuple[str, ...], gone: tuple[str, ...]) -> tuple[Endpoint, ...]:
    path, find = f"{CORE}/{{clientExtId}}/users/{{userExtId}}/password", _the_password
    made, modify = ("CredentialCreate",), ("CredentialModify",)
    return (
        Endpoint("password.create", "POST", path, create_password, made, ("CredentialChangeState",)),
        Endpoint(
            *("password.get", "GET", path, get(find), seen),
            self_admin=True,
            served=lambda box: box.switches.password_get,
        ),
        Endpoint("password.update", "PATCH", path, patch(find), changed),
        Endpoint(
            *("password.change", "POST", f"{path}/change", change(find, PASSWORD), modify),
            self_admin=True,
            served=lambda box: box.switches.password_change_path,
        ),
        Endpoint(
            *("password.reset", "POST", f"{path}/reset", reset(find, PASSWORD), changed), self_admin=True, since="2.78"
        ),
        Endpoint("password.unlock", "POST", f"{path}/unlock", unlock, changed, since="2.78"),
        Endpoint("password.delete", "DELETE", path, delete(find), gone, self_admin=True),
    )


def _device_routes(seen: tuple[str, ...], changed: tuple[str, ...], gone: tuple[str, ...]) -> tuple[Endpoint, ...]:
    path, find = f"{CORE}/{{clientExtId}}/users/{{userExtId}}/device-password", _the_device_password
    item, late = f"{path}/{{extId}}", "8.2511"
    changing, resetting = change(find, DEVICE_PASSWORD), reset(find, DEVICE_PASSWORD)
    return (
        Endpoint("devicePassword.create", "POST", path, create_device_password, ("CredentialCreate",)),
        Endpoint("devicePassword.list", "GET", path, list_device_passwords, seen, self_admin=True),
        Endpoint("devicePassword.get", "GET", item, get(find), seen, self_admin=True),
        Endpoint("devicePassword.update", "PATCH", item, patch(find), changed),
        Endpoint("devicePassword.delete", "DELETE", item, delete(find), gone, self_admin=True),
        Endpoint(
            *("devicePassword.change", "POST", f"{item}/change", changing, ("CredentialModify",)),
            self_admin=True,
            since=late,
        ),
        Endpoint("devicePassword.reset", "POST", f"{item}/reset", resetting, changed, self_admin=True, since=late),
    )
