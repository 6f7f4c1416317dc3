"""Passwords, device passwords and context passwords: set, change, reset, unlock, state. The secret is hashed at once and never answered.

A user has at most one password, device passwords as many as devices, and one context password for each context. With the policy's
resetCodeEnabled the server makes the secret: none may be sent, and the answer carries a fragment of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from . import problem
from .box import Sandbox
from .credential_types import CONTEXT_PASSWORD, DEVICE_PASSWORD, PASSWORD
from .credentials import LOCK, NEW_COUNTERS, all_of, begin, check_alive, of_path, only, shape, store_new, touch
from .document import Document, Shape, given, text
from .endpoint import Answer, Call, Endpoint
from .entity import mandatory
from .family import CALLS, Family, endpoints_of, path_of
from .lookup import user_of
from .password_rules import check_password, make_password
from .policy import number, parameters
from .secret import hash_secret, shown_hash, verify_secret
from .self_admin import check_token
from .store import Row

_CHANGE = Shape("PasswordChangeDTO", {"oldPassword": text(), "newPassword": text()}, frozenset())
_LOCKED = ("tmp-locked", "fail-locked")


def _other_context(call: Call, user: Row, doc: Document, before: Row | None) -> None:
    if before is None and any(row.doc["context"] == doc["context"] for row in all_of(call, user, CONTEXT_PASSWORD)):
        raise problem.rule("duplicateValue", "A Context Password already exists with the same context.")


def _with_hash(call: Call, row: Row, shown: Document) -> Document:
    """Documented: a GET answers the hash with the prefix of its algorithm; the name of its field is not public."""
    return {**shown, "password": shown_hash(row.doc["_hash"])} if call.box.switches.hashes_shown else shown


_CRUD = CALLS[1:]  # to create one follows rules of its own
_PASSWORD = Family("password", PASSWORD, {"reset": "2.78", "unlock": "2.78"}, {"password": text()}, calls=_CRUD)
_DEVICE = Family(
    *("devicePassword", DEVICE_PASSWORD, {"change": "8.2511", "reset": "8.2511"}, {"password": text()}), calls=_CRUD
)
_CONTEXT = Family(
    *("contextPassword", CONTEXT_PASSWORD, {"": "2.73", "reset": "2.79"}),
    {"password": text(), "context": text()},
    ("context",),
    check=_other_context,
    show=_with_hash,
    calls=_CRUD,
)


def create_password(call: Call) -> Answer:
    user = user_of(call)
    if all_of(call, user, PASSWORD):
        raise problem.rule("passwordExists", "The user already has a password.")
    return _create(call, user, _PASSWORD, "initial")


def create_device_password(call: Call) -> Answer:
    user = user_of(call)
    mandatory(call.document(), "extId")
    return _create(call, user, _DEVICE, "active")


def create_context_password(call: Call) -> Answer:
    return _create(call, user_of(call), _CONTEXT, "initial")


def _create(call: Call, user: Row, family: Family, state: str) -> Answer:
    body = call.document()
    if body.get("stateName"):
        call.require(*(("CredentialChangeState",) if family is _PASSWORD else ()))
    doc = begin(call, user, family.type, shape(family.dto, **family.fields))
    for name in family.mandatory:
        mandatory(doc, name)
    family.check(call, user, doc, None)
    rules = _rules(call, user, family, doc)
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
    return store_new(call, user, family.type, doc, body_back, status)


def change(family: Family) -> Callable[[Call], Answer]:
    """Sets another secret: by the user itself with the old one, by anybody else without; it also ends a lock."""

    def handler(call: Call) -> Answer:
        user = user_of(call)
        check_token(call)
        credential = of_path(call, user, family.type)
        values = given(_CHANGE, call.document(), call.box.switches)
        new, rules = mandatory(values, "newPassword"), _rules(call, user, family, credential.doc)
        check_alive(credential)
        if rules["resetCodeEnabled"] == "true":
            raise problem.invalid_parameter("The password must not be changed when the reset code is enabled.")
        if call.own and not verify_secret(values.get("oldPassword", ""), credential.doc["_hash"]):
            raise problem.rule("userLoginFailed", "The old password is not correct.")
        check_password(new, user.doc.get("loginId", ""), rules)
        state = "active" if call.own else call.box.switches.admin_change_state
        _renew(call, credential, {"_hash": hash_secret(new), "stateName": state, "failedLoginCount": 0})
        return Answer(204)

    return handler


def reset(family: Family) -> Callable[[Call], Answer]:
    """Lets the server make a secret. A fragment of it is answered with a reset code and for contexts; else it goes other ways (204)."""

    def handler(call: Call) -> Answer:
        user = user_of(call)
        check_token(call)
        credential = of_path(call, user, family.type)
        check_alive(credential)
        rules, count = _rules(call, user, family, credential.doc), credential.doc.get("_resets", 0) + 1
        if 0 <= number(rules, "maxResetCount") < count:
            raise problem.rule("maxResetCount", "The maximum number of resets has been reached.")
        secret = make_password(rules)
        _renew(
            call, credential, {"_hash": hash_secret(secret), "_resets": count, "stateName": "initial", **NEW_COUNTERS}
        )
        told = rules["resetCodeEnabled"] == "true" or family is _CONTEXT
        return Answer(201, {"passwordFragment": secret}) if told else Answer(204)

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


def _rules(call: Call, user: Row, family: Family, doc: Document) -> Mapping[str, str]:
    return parameters(call.box.store, user.client, family.type.policy or "", doc.get("policyExtId"))


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """Passwords, device passwords and context passwords of endpoints.yaml."""
    devices, contexts = (*_beyond(_DEVICE, create_device_password),), (*_beyond(_CONTEXT, create_context_password),)
    return (*_password_routes(), *devices, *contexts)


def _beyond(family: Family, create: Callable[[Call], Answer], state: tuple[str, ...] = ()) -> tuple[Endpoint, ...]:
    """The shared calls of a family, and those that only secrets have."""
    item = ("{extId}",) if family.type.many else ()
    changing, resetting = path_of(family, *item, "change"), path_of(family, *item, "reset")
    modify, changed = ("CredentialModify",), ("CredentialModify", "CredentialView")
    return (
        Endpoint(
            *(f"{family.id}.create", "POST", path_of(family), create, ("CredentialCreate",), state),
            since=family.since_of("create"),
        ),
        *endpoints_of(family),
        Endpoint(
            *(f"{family.id}.change", "POST", changing, change(family), modify),
            self_admin=True,
            since=family.since_of("change"),
        ),
        Endpoint(
            *(f"{family.id}.reset", "POST", resetting, reset(family), changed),
            self_admin=True,
            since=family.since_of("reset"),
        ),
    )


def _password_routes() -> tuple[Endpoint, ...]:
    made = _beyond(_PASSWORD, create_password, ("CredentialChangeState",))
    served: Mapping[str, Callable[[Sandbox], bool]] = {
        "password.get": lambda box: box.switches.password_get,
        "password.change": lambda box: box.switches.password_change_path,
    }
    unlocking, rights = path_of(_PASSWORD, "unlock"), ("CredentialModify", "CredentialView")
    return (
        *(replace(endpoint, served=served.get(endpoint.id, endpoint.served)) for endpoint in made),
        Endpoint("password.unlock", "POST", unlocking, unlock, rights, since=_PASSWORD.since_of("unlock")),
    )
