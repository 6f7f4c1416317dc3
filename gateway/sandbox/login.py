"""The auth API: a technical caller has somebody's password or device password checked; and login-info, which records an outcome unchecked.

An attempt that was processed is answered 200, whatever came of it: `statusCode` tells. What cannot be attempted is 4xx: no such credential,
not active, locked for good, not valid (gap 44). Each wrong secret counts once and locks as the policy says; during a temporary lock nothing
is compared and nothing counted.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from . import problem
from .box import Sandbox
from .clock import stamp
from .credential_types import DEVICE_PASSWORD, PASSWORD, TYPES, Type
from .credentials import all_of
from .document import Shape, flag, given, text
from .endpoint import AUTH, CORE, Answer, Call, Endpoint
from .entity import mandatory
from .locking import DESCRIPTIONS, FAILED, OK, PAUSED, expired, failed, lifted, succeeded, within
from .lookup import user_of
from .policy import parameters
from .secret import verify_secret
from .store import Row
from .table import CREDENTIALS, USERS

_LOGIN = Shape("LoginDTO", {"password": text(), "credentialExtId": text()}, frozenset())
_INFO = Shape("LoginInfoUpdateDTO", {"success": flag, "credentialExtId": text()}, frozenset())
_USABLE = ("active", "tmp-locked")
_UNFINISHED = ("initial", "reset-code", "admin-changed")


def login(kind: Type, call: Call) -> Answer:
    """One attempt with a password or device password."""
    user = user_of(call)
    values = given(_LOGIN, call.document(), call.box.switches)
    secret = mandatory(values, "password")
    if call.box.switches.login_checks_user:
        _check_user(call, user)
    credential = (
        _password(call, user) if kind is PASSWORD else _device(call, user, mandatory(values, "credentialExtId"))
    )
    _check_usable(call, credential)
    if lifted(credential.doc, call.box.now())["stateName"] == "tmp-locked":
        return _status(PAUSED)
    code, _ = _record(call, user, credential, success=verify_secret(secret, credential.doc["_hash"]))
    return _status(code)


def login_info(call: Call) -> Answer:
    """Records a success or a failure of a user and, if one is named, of a credential."""
    user = user_of(call)
    values = given(_INFO, call.document(), call.box.switches)
    if "success" not in values:
        raise problem.rule("nullParameter", "The parameter 'success' must not be null or empty.")
    success, now = values["success"], stamp(call.box.now())
    code = OK if success else FAILED
    answer = {
        "userExtId": user.ext_id,
        "clientExtId": user.client,
        "userLastLogin" if success else "userLastLoginFailure": now,
    }
    if "credentialExtId" in values:
        credential = _named(call, user, values["credentialExtId"])
        _check_usable(call, credential)
        code, after = _record(call, user, credential, success=success)
        answer |= _of_credential(after)
    else:
        _record_user(call, user, success=success)
    shown = call.box.switches.login_info_code if success else code
    text = "Login successful." if success else DESCRIPTIONS[code]
    return Answer(200, {"statusCode": shown, "description": text, **answer})


def _record(call: Call, user: Row, credential: Row, *, success: bool) -> tuple[int, Row]:
    """Counts an outcome; a change of state raises the credential's version, mere counting does not."""
    now = call.box.now()
    doc = lifted(credential.doc, now)
    code, after = (OK, succeeded(doc, now)) if success else failed(doc, _rules(call, credential), now)
    quiet = after["stateName"] == credential.doc["stateName"]
    _record_user(call, user, success=success)
    return code, call.box.store.update(CREDENTIALS, credential, dict(after), quiet=quiet)


def _record_user(call: Call, user: Row, *, success: bool) -> None:
    """The dates the query service calls loginInfo."""
    field = "_lastLogin" if success else "_lastFailure"
    call.box.store.update(USERS, user, {**user.doc, field: call.box.now()}, quiet=True)


def _password(call: Call, user: Row) -> Row:
    found = all_of(call, user, PASSWORD)
    if not found:
        raise _missing(call, user, PASSWORD)
    return found[0]


def _device(call: Call, user: Row, ext_id: str) -> Row:
    row = call.box.store.find(CREDENTIALS, user.client, ext_id)
    if row is None or row.parent != user.ext_id or row.doc["_type"] != DEVICE_PASSWORD.name:
        raise _missing(call, user, DEVICE_PASSWORD)
    return row


def _named(call: Call, user: Row, ext_id: str) -> Row:
    """A credential of any type, which must be the user's."""
    row = call.box.store.find(CREDENTIALS, user.client, ext_id)
    if row is None or row.parent != user.ext_id:
        raise problem.no_entity("Credential", ext_id)
    return row


def _missing(call: Call, user: Row, kind: Type) -> problem.Problem:
    found = problem.no_credential(user.ext_id, kind.noun)
    return problem.Problem(call.box.switches.login_missing_status, found.code, found.message)


def _check_user(call: Call, user: Row) -> None:
    if user.doc["userState"] != "active" or not within(user.doc, call.box.now()):
        raise problem.Problem(422, "error.login.userState", "The user is not active.")


def _check_usable(call: Call, credential: Row) -> None:
    """errors.credentialNotActive for a state or a validity that allows no attempt."""
    unfinished = _UNFINISHED if call.box.switches.initial_password_login else ()
    now, doc = call.box.now(), credential.doc
    if doc["stateName"] not in (*_USABLE, *unfinished) or expired(
        doc, _rules(call, credential), credential.created, now
    ):
        raise problem.rule(
            "credentialNotActive", "The credential is not active.", call.box.switches.login_inactive_status
        )


def _rules(call: Call, credential: Row) -> Mapping[str, str]:
    policy = TYPES[credential.doc["_type"]].policy or ""
    return parameters(call.box.store, credential.client, policy, credential.doc.get("policyExtId"))


def _of_credential(row: Row) -> dict[str, Any]:
    shown = {
        "credentialExtId": row.ext_id,
        "credentialType": TYPES[row.doc["_type"]].label,
        "credentialLastLogin": row.doc.get("lastSuccessfulLoginDate"),
        "credentialLastLoginFailure": row.doc.get("lastFailedLoginDate"),
        "credentialSuccessCount": row.doc.get("successfulLoginCount", 0),
        "credentialFailureCount": row.doc.get("failedLoginCount", 0),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _status(code: int) -> Answer:
    return Answer(200, {"statusCode": code, "description": DESCRIPTIONS[code]})


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """Both login paths, each with and without the slash at its end, of which one is served; and login-info."""
    user = "{clientExtId}/users/{userExtId}"
    recording = ("CredentialModify", "UserModify", "UserView", "CredentialView")
    return (
        *_login_routes("auth.passwordLogin", f"{AUTH}/{user}/password/login", partial(login, PASSWORD)),
        *_login_routes(
            "auth.devicePasswordLogin", f"{AUTH}/{user}/device-password/login", partial(login, DEVICE_PASSWORD)
        ),
        Endpoint("loginInfo.update", "POST", f"{CORE}/{user}/login-info", login_info, recording, since="2.88"),
    )


def _login_routes(name: str, path: str, handler: Callable[[Call], Answer]) -> tuple[Endpoint, ...]:
    rights = ("CredentialView",)
    return (
        Endpoint(
            name, "POST", path, handler, rights, since="2.88", served=lambda box: not box.switches.auth_trailing_slash
        ),
        Endpoint(
            name, "POST", f"{path}/", handler, rights, since="2.88", served=lambda box: box.switches.auth_trailing_slash
        ),
    )
