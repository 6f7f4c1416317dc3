"""Who am I, what may I do, and an X-Token for acting on myself (README section 3)."""

from . import problem
from .account import ALL
from .box import Sandbox
from .document import Shape, given, text
from .endpoint import PRINCIPAL, Answer, Call, Endpoint
from .secret import verify_secret
from .self_admin import issue_token
from .store import Row
from .table import CLIENTS, CREDENTIALS, PROFILES, USERS

_TOKEN = Shape("TokenRequestDTO", {name: text() for name in ("username", "password", "grant_type")}, frozenset())
_USABLE = ("initial", "active", "reset-code", "admin-changed")


def me(call: Call) -> Answer:
    """The caller's own user, with its default profile."""
    user = _caller(call)
    if user is None:
        raise problem.no_user(call.account.user, call.account.client)
    client = call.box.store.find(CLIENTS, "", user.client)
    profiles = call.box.store.children(PROFILES, user.client, user.ext_id)
    profile = next((row.doc for row in profiles if row.doc.get("isDefaultProfile")), {})
    name, contacts = user.doc.get("name", {}), user.doc.get("contacts", {})
    shown = {
        "userExtId": user.ext_id,
        "loginId": user.doc.get("loginId"),
        "fullName": " ".join(name[part] for part in ("firstName", "familyName") if part in name) or None,
        "email": contacts.get("email"),
        "displayLanguageCode": user.doc.get("languageCode"),
        "clientExtId": user.client,
        "clientName": client.doc["name"] if client else None,
        "profileExtId": profile.get("extId"),
        "unitExtId": profile.get("unitExtId"),
    }
    return Answer(200, {key: value for key, value in shown.items() if value is not None})


def permissions(call: Call) -> Answer:
    """The caller's elementary rights, without the `AccessControl.` prefix's loss: as the documentation prints them."""
    rights = call.account.rights
    return Answer(200, {"elementaryPermissions": sorted(call.box.known_rights if rights is ALL else _named(rights))})


def _named(rights: object) -> frozenset[str]:
    return rights if isinstance(rights, frozenset) else frozenset()


def token(call: Call) -> Answer:
    """An X-Token for the caller itself, by its own loginId and password."""
    values, user = given(_TOKEN, call.document(), call.box.switches), _caller(call)
    if values.get("grant_type") != "password":
        raise problem.invalid_parameter("The grant_type must be 'password'.")
    if (
        user is None
        or values.get("username") != user.doc.get("loginId")
        or not _right(call, user, values.get("password", ""))
    ):
        refusal = problem.rule("userLoginFailed", "Login failed.", 401)
        return Answer(401, refusal.body(), {"WWW-Authenticate": 'Bearer realm="nevisidm"'})
    made = {"access_token": issue_token(call.box, user.ext_id), "token_type": "bearer"}
    return Answer(200, made, {"Cache-Control": "no-store", "Pragma": "no-cache"})


def _caller(call: Call) -> Row | None:
    return call.box.store.find(USERS, call.account.client, call.account.user)


def _right(call: Call, user: Row, password: str) -> bool:
    where = "client = ? AND type = 'Password' AND parent = ?"
    found = call.box.store.rows(CREDENTIALS, where, (user.client, user.ext_id))
    return any(row.doc["stateName"] in _USABLE and verify_secret(password, row.doc["_hash"]) for row in found)


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The principal API of endpoints.yaml. SelfAdmin is what a self-admin account has by being one."""
    return (
        Endpoint("principal.me", "GET", f"{PRINCIPAL}/me", me, ("SelfAdmin",)),
        Endpoint("principal.permissions", "GET", f"{PRINCIPAL}/permissions", permissions, since="2.80"),
        Endpoint("principal.token", "POST", f"{PRINCIPAL}/token", token, ("SelfAdmin",)),
    )
