"""Profiles: a user's memberships in units, and their properties."""

from collections.abc import Mapping, Sequence
from typing import Any

from . import problem
from .box import Sandbox
from .document import VALIDITY, Shape, check_interval, flag, given, text
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import change, check_free, identifier, new_ext_id, save, shown
from .listing import Listing, page, statement
from .lookup import enter_unit, entity_of, profile_of, user_of
from .properties import show, update
from .store import Row
from .table import AUTHORIZATIONS, EAUTHORIZATIONS, PROFILES, UNITS

_PROFILE = f"{CORE}/{{clientExtId}}/profiles/{{profileExtId}}"
_OF_USER = f"{CORE}/{{clientExtId}}/users/{{userExtId}}/profiles"
_LIST = Listing(PROFILES)


def _state(value: str) -> problem.Problem:
    return problem.invalid_parameter(f"Invalid ProfileState name '{value}'")


_PATCH = Shape(
    "ProfileDTO",
    {
        "profileState": text(choices=("active", "disabled", "archived"), refuse=_state),
        "name": text(),
        "isDefaultProfile": flag,
        "validity": VALIDITY,
        "remarks": text(),
        "modificationComment": text(),
    },
    frozenset(
        {"created", "lastModified", "clientExtId", "userExtId", "unitExtId", "deputedProfileExtId", "_classifications"}
    ),
)
_CREATE = Shape("ProfileDTO", {"extId": identifier, "unitExtId": text(), **_PATCH.fields}, _PATCH.shown)


def list_of_user(call: Call) -> Answer:
    user = user_of(call)
    made = statement(call, _LIST, user.client, parent=user.ext_id)
    if not call.box.switches.archived_listed:
        made.base += " AND state <> 'archived'"
    return page(call, _LIST, made, lambda row: profile_dto(call, row))


def create(call: Call) -> Answer:
    profile = make_profile(call, user_of(call), call.document())
    return call.created(profile.client, "profiles", profile.ext_id)


def make_profile(call: Call, user: Row, body: Mapping[str, Any]) -> Row:
    """A new profile of a user by all rules; the first one is the default one, and a new default one takes over."""
    values = given(_CREATE, body, call.box.switches)
    if user.doc["userState"] == "archived":
        raise problem.rule("modifyArchivedUser", "An archived user must not be modified.")
    others = call.box.store.children(PROFILES, user.client, user.ext_id)
    if user.doc["isTechnicalUser"] and others:
        raise problem.rule("techUser.oneProfile", "A technical user must not have more than one profile.")
    ext_id = new_ext_id(call, values)
    check_free(call, PROFILES, "profile", user.client, ext_id)
    check_interval(values.get("validity"))
    unit = values.get("unitExtId") or _default_unit(call, user.client)
    _check_unit(call, user.client, unit)
    made = {"profileState": "active", "name": user.doc["loginId"], "isDefaultProfile": not others, **values}
    own = {"extId": ext_id, "userExtId": user.ext_id, "unitExtId": unit, "clientExtId": user.client}
    _only_default(call, others, made)
    return call.box.store.insert(PROFILES, user.client, ext_id, {**made, **own}, parent=user.ext_id)


def _default_unit(call: Call, client: str) -> str:
    roots = call.box.store.children(UNITS, client, "")
    if not roots:
        raise problem.rule("noDefaultUnitInClient", "The client has no default unit.")
    return roots[0].ext_id


def _check_unit(call: Call, client: str, ext_id: str) -> None:
    unit = call.box.store.find(UNITS, client, ext_id)
    if unit is None:
        raise problem.invalid_parameter(f"Unit doesn't exist with extId '{ext_id}'")
    enter_unit(call, client, ext_id)
    if unit.doc.get("state") == "disabled":
        raise problem.rule("assignDisabledUnit", "A profile must not be assigned to a disabled unit.")
    if unit.doc.get("profileless"):
        raise problem.rule("assignProfilelessUnit", "A profile must not be assigned to a profileless unit.")


def _only_default(call: Call, others: Sequence[Row], doc: Mapping[str, Any]) -> None:
    if doc.get("isDefaultProfile"):
        for other in others:
            if other.doc.get("isDefaultProfile"):
                call.box.store.update(PROFILES, other, {**other.doc, "isDefaultProfile": False})


def get(call: Call) -> Answer:
    return Answer(200, profile_dto(call, profile_of(call)))


def patch(call: Call) -> Answer:
    profile = profile_of(call)
    _check_alive(profile)
    _, doc = change(call, profile, _PATCH, call.document())
    doc.setdefault("profileState", profile.doc["profileState"])
    others = [row for row in call.box.store.children(PROFILES, profile.client, profile.parent) if row.id != profile.id]
    if doc != profile.doc:
        _only_default(call, others, doc)
    return Answer(200, profile_dto(call, save(call, PROFILES, profile, doc)))


def delete(call: Call) -> Answer:
    profile = profile_of(call)
    for table in (AUTHORIZATIONS, EAUTHORIZATIONS):
        for grant in call.box.store.children(table, profile.client, profile.ext_id):
            call.box.store.delete(table, grant)
    call.box.store.delete(PROFILES, profile)
    return Answer(204)


def get_unit(call: Call) -> Answer:
    profile = profile_of(call)
    return Answer(200, shown(call, entity_of(call, UNITS, "Unit", profile.client, profile.doc["unitExtId"])))


def change_unit(call: Call) -> Answer:
    profile = profile_of(call)
    _check_alive(profile)
    unit = entity_of(call, UNITS, "Unit", profile.client, call.path["unitExtId"])
    _check_unit(call, profile.client, unit.ext_id)
    save(call, PROFILES, profile, {**profile.doc, "unitExtId": unit.ext_id})
    return Answer(204)


def get_properties(call: Call) -> Answer:
    return show(call, PROFILES, profile_of(call))


def patch_properties(call: Call) -> Answer:
    profile = profile_of(call)
    _check_alive(profile)
    return update(call, PROFILES, profile)


def set_state(call: Call, user: Row, states: Sequence[str], state: str) -> None:
    """Moves all profiles of a user that are in one of the states."""
    for profile in call.box.store.children(PROFILES, user.client, user.ext_id):
        if profile.doc["profileState"] in states:
            call.box.store.update(PROFILES, profile, {**profile.doc, "profileState": state})


def profile_dto(call: Call, row: Row) -> dict[str, Any]:
    """The ProfileDTO; properties have an endpoint of their own."""
    dto = shown(call, row)
    dto.pop("properties", None)
    return dto


def _check_alive(profile: Row) -> None:
    if profile.doc["profileState"] == "archived":
        raise problem.rule("modifyArchivedProfile", "An archived profile must not be modified.")


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The profiles of endpoints.yaml."""
    seen, changed = ("ProfileView",), ("ProfileModify",)
    unit = f"{_PROFILE}/unit/{{unitExtId}}"
    values = f"{_PROFILE}/properties"
    return (
        Endpoint("profiles.list", "GET", _OF_USER, list_of_user, ("UserView", "ProfileView"), self_admin=True),
        Endpoint("profiles.create", "POST", _OF_USER, create, ("ProfileCreate", "AuthorizationCreate")),
        Endpoint("profiles.get", "GET", _PROFILE, get, seen, self_admin=True),
        Endpoint("profiles.update", "PATCH", _PROFILE, patch, (*changed, *seen)),
        Endpoint("profiles.delete", "DELETE", _PROFILE, delete, ("ProfileDelete",)),
        Endpoint("profiles.getUnit", "GET", f"{_PROFILE}/unit", get_unit, seen, self_admin=True),
        Endpoint("profiles.changeUnit", "PUT", unit, change_unit, changed),
        Endpoint("profiles.getProperties", "GET", values, get_properties, seen, since="2.79"),
        Endpoint("profiles.updateProperties", "PATCH", values, patch_properties, changed, since="2.79"),
    )
