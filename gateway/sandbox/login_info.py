"""login-info and bulk-login-info: the outcome of a login that happened elsewhere, recorded without a check."""

from collections.abc import Mapping
from typing import Any

from . import problem
from .attempt import check_usable, named, record, record_user
from .box import Sandbox
from .clock import stamp
from .credential_types import TYPES
from .document import Shape, flag, given, mismatch, text
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import mandatory
from .locking import DESCRIPTIONS, FAILED, OK
from .lookup import user_of
from .store import Row

_INFO = Shape("LoginInfoUpdateDTO", {"success": flag, "credentialExtId": text()}, frozenset())


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise mismatch(name, "an array")
    return value


_BULK = Shape("BulkLoginInfoUpdateDTO", {"userLoginSuccessful": flag, "credentials": _list}, frozenset())


def update(call: Call) -> Answer:
    """Records a success or a failure of a user and, if one is named, of a credential."""
    user = user_of(call)
    values = given(_INFO, call.document(), call.box.switches)
    success = _flag_of(values, "success")
    if "credentialExtId" not in values:
        record_user(call, user, success=success)
        return Answer(200, _info(call, user, OK if success else FAILED, success=success))
    return Answer(200, _of_credential(call, user, values["credentialExtId"], success=success))


def update_bulk(call: Call) -> Answer:
    """The same for a user and several credentials at once: each that cannot be recorded is a failure, the others are recorded."""
    user = user_of(call)
    values = given(_BULK, call.document(), call.box.switches)
    record_user(call, user, success=_flag_of(values, "userLoginSuccessful"))
    successes: list[Mapping[str, Any]] = []
    failures: list[Mapping[str, Any]] = []
    for one in values.get("credentials", ()):
        item = given(_INFO, one, call.box.switches, path="credentials.")
        ext_id, success = mandatory(item, "credentialExtId"), _flag_of(item, "success")
        try:
            successes.append(_of_credential(call, user_of(call), ext_id, success=success))
        except problem.Problem as refusal:
            identifier = {"clientExtId": user.client, "userExtId": user.ext_id, "extId": ext_id}
            failures.append({"identifier": identifier, "code": refusal.code, "message": refusal.message})
    return Answer(200, {"successes": successes, "failures": failures})


def _flag_of(values: Mapping[str, Any], name: str) -> bool:
    if name not in values:
        raise problem.rule("nullParameter", f"The parameter '{name}' must not be null or empty.")
    return bool(values[name])


def _of_credential(call: Call, user: Row, ext_id: str, *, success: bool) -> dict[str, Any]:
    credential = named(call, user, ext_id)
    check_usable(call, credential)
    code, after = record(call, user, credential, success=success)
    shown = {
        "credentialExtId": after.ext_id,
        "credentialType": TYPES[after.doc["_type"]].label,
        "credentialLastLogin": after.doc.get("lastSuccessfulLoginDate"),
        "credentialLastLoginFailure": after.doc.get("lastFailedLoginDate"),
        "credentialSuccessCount": after.doc.get("successfulLoginCount", 0),
        "credentialFailureCount": after.doc.get("failedLoginCount", 0),
    }
    own = {name: value for name, value in shown.items() if value is not None}
    return {**_info(call, user, code, success=success), **own}


def _info(call: Call, user: Row, code: int, *, success: bool) -> dict[str, Any]:
    return {
        "statusCode": call.box.switches.login_info_code if success else code,
        "description": "Login successful." if success else DESCRIPTIONS[code],
        "userExtId": user.ext_id,
        "clientExtId": user.client,
        "userLastLogin" if success else "userLastLoginFailure": stamp(call.box.now()),
    }


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """Both calls of endpoints.yaml."""
    path = f"{CORE}/{{clientExtId}}/users/{{userExtId}}"
    rights = ("CredentialModify", "UserModify", "UserView", "CredentialView")
    return (
        Endpoint("loginInfo.update", "POST", f"{path}/login-info", update, rights, since="2.88"),
        Endpoint(
            "loginInfo.bulkUpdate",
            "POST",
            f"{path}/bulk-login-info",
            update_bulk,
            ("CredentialModify",),
            since="8.2511",
        ),
    )
