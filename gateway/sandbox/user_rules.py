"""What makes a user valid: the client policy's mandatory fields, formats, unique values and the loginId's own rules."""

import re
from collections.abc import Mapping
from typing import Any

from . import problem
from .document import VALIDITY, Document, Shape, day, flag, text, values_of_properties
from .endpoint import Call
from .entity import identifier
from .policy import parameters
from .store import Row
from .table import USERS

USER_STATES = ("active", "disabled", "archived")
LONGEST_LOGIN_ID = 300


def _state(value: str) -> problem.Problem:
    return problem.invalid_parameter(f"Invalid UserState name '{value}'")


def _postbox(name: str, value: Any) -> int | str:
    """A number by the DTO; its text is taken too."""
    return value if isinstance(value, int) and not isinstance(value, bool) else text()(name, value)


NAME = Shape("NameDTO", {"title": text(), "firstName": text(), "familyName": text()}, frozenset())
CONTACTS = Shape("ContactsDTO", {name: text() for name in ("email", "telephone", "mobile", "telefax")}, frozenset())
ADDRESS = Shape(
    "AddressDTO",
    {
        "addressline1": text(longest=100),
        "addressline2": text(longest=100),
        **{name: text() for name in ("street", "houseNumber", "dwellingNumber", "postOfficeBoxText", "postalCode")},
        "postOfficeBoxNumber": _postbox,
        "city": text(longest=50),
        "locality": text(),
        "countryCode": text(),
    },
    frozenset(),
)
PATCH_USER = Shape(
    "UserDTO",
    {
        "userState": text(choices=USER_STATES, refuse=_state),
        "loginId": text(longest=1_000_000),
        "languageCode": text(),
        "name": NAME,
        "sex": text(choices=("male", "female", "other")),
        "gender": text(choices=("male", "female", "other")),
        "birthDate": day,
        "address": ADDRESS,
        "contacts": CONTACTS,
        "validity": VALIDITY,
        "remarks": text(),
        "modificationComment": text(),
        "properties": values_of_properties,
    },
)
CREATE_USER = Shape("UserDTO", {"extId": identifier, "isTechnicalUser": flag, **PATCH_USER.fields})

_MANDATORY = (
    ("name", ("name", "familyName"), "userNameNull", "The name of the user must not be null."),
    ("firstname", ("name", "firstName"), "userFirstNameNull", "The first name of the user must not be null."),
    ("email", ("contacts", "email"), "userEmailNull", "The e-mail of the user must not be null."),
    ("mobile", ("contacts", "mobile"), "userMobileNull", "The mobile number of the user must not be null."),
    ("sex", ("sex",), "userSexNull", "The sex of the user must not be null."),
    ("country", ("address", "countryCode"), "userCountryNull", "The country of the user must not be null."),
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def check_user(call: Call, client: str, doc: Document, itself: Row | None = None) -> None:
    """Every rule about the fields of a user, new or (as `itself`) changed."""
    rules = parameters(call.box.store, client, "ClientPolicy")
    _check_login_id(call, client, doc, rules, itself)
    for name, path, code, message in _MANDATORY:
        if rules[f"validation.user.{name}.mandatory"] == "true" and not _at(doc, path):
            raise problem.rule(code, message)
    _check_formats(doc, rules)
    _check_unique(call, client, doc, rules, itself)


def _check_login_id(call: Call, client: str, doc: Document, rules: Mapping[str, str], itself: Row | None) -> None:
    login_id = doc.get("loginId")
    if login_id is None:
        raise problem.rule("userLoginIdNull", "The loginId of the user must not be null.")
    wide = rules["login.id.allowed.characters.version"] != "V1"
    allowed = r"[\x21-\x7e]+" if wide else r"[a-zA-Z0-9./_:(){}\[\]=!~+]+"
    if len(login_id) > LONGEST_LOGIN_ID or not re.fullmatch(allowed, login_id):
        raise problem.identifier_violated(len(login_id), LONGEST_LOGIN_ID)
    taken = call.box.store.rows(USERS, "client = ? AND login_id = ?", (client, login_id))
    if any(itself is None or row.id != itself.id for row in taken):
        raise problem.duplicate_name("user", "loginId", login_id, call.box.switches.duplicate_status)


def _check_formats(doc: Document, rules: Mapping[str, str]) -> None:
    contacts = doc.get("contacts") or {}
    if "email" in contacts and not _EMAIL.fullmatch(contacts["email"]):
        raise problem.rule("userEmailFormat", "The e-mail of the user has an invalid format.")
    phone = rules["validation.user.phone.regex"]
    if phone and any(
        name in contacts and not re.fullmatch(phone, contacts[name]) for name in ("telephone", "mobile", "telefax")
    ):
        raise problem.rule("userPhoneFormat", "A phone number of the user has an invalid format.")
    if "other" in (doc.get("sex"), doc.get("gender")) and rules["validation.user.gender.other"] != "true":
        raise problem.rule("otherGenderPolicyDisabled", "The gender 'other' is not enabled by the client policy.")
    language = doc.get("languageCode")
    if language is not None and language.lower() not in rules["allowed.user.languages"].lower().split(","):
        raise problem.invalid_parameter(f"Invalid language code '{language}'")


def _check_unique(call: Call, client: str, doc: Document, rules: Mapping[str, str], itself: Row | None) -> None:
    contacts = doc.get("contacts") or {}
    for name, code, column in (("email", "duplicateEmail", "email_l"), ("mobile", "duplicateMobile", "mobile")):
        value = contacts.get(name)
        if value is None or rules[f"validation.user.{name}.unique"] != "true":
            continue
        value = value.lower() if column == "email_l" else value
        taken = call.box.store.rows(USERS, f"client = ? AND {column} = ? LIMIT 2", (client, value))
        if any(itself is None or row.id != itself.id for row in taken):
            raise problem.rule(code, f"A user with this {name} already exists.")


def _at(doc: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = doc
    for name in path:
        found = (found or {}).get(name)
    return found
