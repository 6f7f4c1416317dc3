"""The first fifty sample people, each with a situation of its own, so that every mapping and every awkward name meets somebody.

`FIRST` says who they are: loginId, given name, family name and what is special about them, in words that `SITUATIONS` turns into changes of
an ordinary person. A situation is a function from the person (a UserDTO with profiles and credentials, see `bulk.py`) and the present.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .clock import stamp

Person = dict[str, Any]
Situation = Callable[[Person, int], None]

HOUR, DAY = 3_600_000, 86_400_000

FIRST: Sequence[tuple[str, str, str, str]] = (
    ("bjensen", "Barbara", "Jensen", "profiles roles properties securid database badge phones"),
    ("mmuster", "Martina", "Muster", "roles title securid database badge phones german"),
    ("jdupont", "Jérôme", "Dupont-Lévêque", "roles securid database french phones"),
    ("gbianchi", "Giulia", "Bianchi", "profiles eroles securid badge italian"),
    ("mobrien", "Miles", "O'Brien", "securid database"),
    ("rtables", 'Robert "Bob"', "Tables", "securid badge"),
    ("bslash", "Back\\Slash", 'Sl\\ash\\" End', "database"),
    ("salt.and.pepper", "Salt and Pepper", "Rock and Roll", "roles"),
    ("now.or.never", "Now or Never", "not (pr or co)", "database"),
    ("pjones", "Paula (Pam)", "Jones [ext.]", "phones"),
    ("percent", "100% Real", "50%_off", "badge"),
    ("ann+test", "Ann+", "Plus + Minus", "phones"),
    ("smiley", "😀 Smiley", "Grin 🎉", "roles"),
    ("yamada", "太郎", "山田", "database"),
    ("ipetrov", "Иван", "Петров", "securid"),
    ("alarabi", "محمد", "العربي", "badge"),
    ("apapadopoulos", "Αλέξανδρος", "Παπαδόπουλος", "phones"),
    ("sozturk", "Şule İpek", "Öztürk Işık", "roles"),
    ("aangstrom", "Åse", "Ångström", "database"),
    ("csmith", "Carol", "Smith", "phones"),
    ("CSmith", "Charles", "Smith", "phones email:charles.smith@example.org"),  # nevisIDM tells upper from lower case in a loginId
    ("MUeller", "Max", "Müller", "email:Max.MUELLER+Tag@Example.ORG"),
    ("nophone", "Nora", "Phoneless", ""),
    ("jweiss", "Jörg", "Weiß-Straßer", "german"),
    ("locked.for.now", "Theo", "Temporary", "tmp-locked"),
    ("locked.for.good", "Fiona", "Failure", "fail-locked"),
    ("expired", "Erika", "Expired", "expired"),
    ("initial", "Ines", "Initial", "initial"),
    ("admin.changed", "Adam", "Administered", "admin-changed"),
    ("reset.code", "Rita", "Resetcode", "reset-code"),
    ("disabled", "Dora", "Disabled", "disabled-user"),
    ("archived", "Archie", "Archived", "archived-user"),
    ("blocked.password", "Bruno", "Blocked", "disabled-password"),
    ("nopassword", "Nils", "Passwordless", "no-password"),
    ("noprofile", "Nina", "Profileless", "no-profile"),
    ("formerly", "Frida", "Former", "ended"),
    ("in.future", "Gustav", "Future", "begins"),
    ("alladdress", "Alice", "Address", "address phones"),
    ("twoprofiles", "Tara", "Twice", "profiles disabled-profile"),
    ("longname", "Maximiliana Theodora Alexandra Josephine " * 3 + "M.", "von und zu " * 8 + "Langenstein", "long"),
    ("spaces", " Anna  Maria ", "de la  Cruz", ""),
    ("star*user?", "A*B?C", "_under_score_~^", "database"),
    ("null", "true", "null", "badge"),
    ("zoe.composed", "Zo\u00eb", "Caf\u00e9", ""),  # one code point each
    ("zoe.combining", "Zoe\u0308", "Cafe\u0301", ""),  # the same to the eye, two code points
    ("punctuation", "Smith, John; <jr.>", "& Co: #1/2 = 'x' | {y}", "database"),
    ("sapostrophe", "D’Angelo", "“Quoted” – Dash", "badge"),
    ("expiring.db", "Evan", "Expiring", "database expired-database"),
    ("english", "Ed", "English", "english lastlogin"),
    ("everything", "Eve", "Everything",
     "profiles roles eroles properties scim securid database badge factors phones address title lastlogin"),
)  # fmt: skip


def _profile(person: Person, now: int) -> None:
    default = person["profiles"][0]
    more = {
        "unitExtId": "it",
        "name": "Second profile",
        "profileState": "active",
        "validity": {"from": stamp(now - 90 * DAY)},
    }
    roles = [{"roleExtId": "portal-editor", "validity": {"from": stamp(now - 90 * DAY), "to": stamp(now + 900 * DAY)}}]
    person["profiles"] = [default, {**more, "authorizations": roles, "properties": {"function": "Deputy"}}]


def _roles(person: Person, _: int) -> None:
    granted = ("portal-reader", "portal-publisher", "payments-approver", "nevisidm-selfadmin")
    rooms = {"units": ["sales"], "applications": ["portal"], "eroles": ["employee"]}
    person["profiles"][0]["authorizations"] = [
        {"roleExtId": role, **({"_rooms": rooms} if role == "nevisidm-selfadmin" else {})} for role in granted
    ]


def _eroles(person: Person, _: int) -> None:
    person["profiles"][0]["eauthorizations"] = [{"enterpriseRoleExtId": role} for role in ("employee", "accountant")]


def _properties(person: Person, _: int) -> None:
    number = person["extId"].removeprefix("u-")
    person["properties"] |= {
        "displayName": f"{person['name']['firstName']} {person['name']['familyName']}",
        "jobTitle": "Engineer, 2nd class",
        "timezone": "Europe/Zurich",
        "department": "R&D and more",
        "employmentType": "internal",
        "scimExternalId": f"ext-{number}",
    }
    own = {
        "employee_id": number,
        "costCentre": "CC-77",
        "function": "Lead",
        "workPlace": 'Desk "7"',
        "signingRight": "joint",
    }
    person["profiles"][0]["properties"] = own


def _scim(person: Person, _: int) -> None:
    """A property for everything that SCIM has an attribute and nevisIDM no field for."""
    number, login = person["extId"].removeprefix("u-"), person["loginId"]
    names = {"middleName": "E.", "honorificSuffix": "PhD", "nickName": "Evie", "userType": "Employee"}
    urls = {"profileUrl": f"https://people.example.org/{login}", "photoUrl": f"https://people.example.org/{login}.jpg"}
    mails = {f"email{kind}": f"{login}@{kind.lower()}.example.org" for kind in ("Home", "Other", "Recovery")}
    phones = {f"phone{kind}": f"+4152000{number}" for kind in ("Home", "Pager", "Other", "Recovery")}
    home = {"homeStreetAddress": "Seeweg 3", "homeLocality": "Uster", "homePostalCode": "8610", "homeCountry": "CH"}
    work = {"employeeNumber": number, "costCenter": "CC-77", "organization": "Example", "division": "Central"}
    unix = {"uidNumber": number, "gidNumber": "100", "homeDirectory": f"/home/{login}", "loginShell": "/bin/sh"}
    more = {
        "imXmpp": f"{login}@xmpp.example.org",
        "addressRegion": "ZH",
        "manager": "u-1001",
        "isFederatedUser": "false",
    }
    person["properties"] |= names | urls | mails | phones | home | work | unix | more


def _phones(person: Person, _: int) -> None:
    digits = person["extId"][-4:]
    person["contacts"] |= {
        "telephone": f"+41 44 000 {digits[:2]} {digits[2:]}",
        "mobile": f"+4179000{digits}",
        "telefax": f"044/000-{digits}",
    }


def _address(person: Person, _: int) -> None:
    person["address"] = {
        "addressline1": "c/o Beispiel AG", "addressline2": "Abteilung \"Süd\"", "street": "Hauptstrasse", "houseNumber": "12a",
        "dwellingNumber": "4.07", "postOfficeBoxText": "Postfach", "postOfficeBoxNumber": 1234, "postalCode": "8001",
        "city": "Zürich", "locality": "Altstadt", "countryCode": "ch",
    }  # fmt: skip


def _tmp_locked(person: Person, now: int) -> None:
    lock = {"stateName": "tmp-locked", "failedLoginCount": 2, "_lockedUntil": now + HOUR, "_stateBefore": "active"}
    _password(person).update(lock, lastFailedLoginDate=stamp(now))


def _password(person: Person) -> dict[str, Any]:
    return next(credential for credential in person["credentials"] if credential["type"] == "Password")


def _state(state: str, **more: Any) -> Situation:
    return lambda person, _: _password(person).update(stateName=state, **more)


def _expired(person: Person, now: int) -> None:
    _password(person)["validity"] = {"from": stamp(now - 400 * DAY), "to": stamp(now - DAY)}


def _expired_database(person: Person, now: int) -> None:
    for credential in person["credentials"]:
        if credential["type"] == "Generic":
            credential["validity"] = {"to": stamp(now - DAY)}


def _user_state(state: str) -> Situation:
    def change(person: Person, _: int) -> None:
        person["userState"] = state
        for profile in person["profiles"]:
            profile["profileState"] = state
        if state == "archived":
            person["credentials"] = []

    return change


def _validity(begin: int, end: int) -> Situation:
    return lambda person, now: person.update(validity={"from": stamp(now + begin * DAY), "to": stamp(now + end * DAY)})


def _language(code: str) -> Situation:
    return lambda person, _: person.update(languageCode=code)


def _last_login(person: Person, now: int) -> None:
    person |= {"_lastLogin": now - DAY, "_lastFailure": now - 2 * DAY}
    _password(person).update(
        successfulLoginCount=7, lastSuccessfulLoginDate=stamp(now - DAY), lastFailedLoginDate=stamp(now - 2 * DAY)
    )


def _long(person: Person, _: int) -> None:
    person["remarks"] = "A long remark, for instance with \n a line break and \t a tab. " * 20


SITUATIONS: Mapping[str, Situation] = {
    "profiles": _profile,
    "roles": _roles,
    "eroles": _eroles,
    "properties": _properties,
    "scim": _scim,
    "phones": _phones,
    "address": _address,
    "title": lambda person, _: person["name"].update(title="Dr. med."),
    "german": _language("DE"),
    "french": _language("FR"),
    "italian": _language("IT"),
    "english": _language("EN"),
    "tmp-locked": _tmp_locked,
    "fail-locked": _state("fail-locked", failedLoginCount=3),
    "expired": _expired,
    "initial": _state("initial"),
    "admin-changed": _state("admin-changed"),
    "reset-code": _state("reset-code"),
    "disabled-user": _user_state("disabled"),
    "archived-user": _user_state("archived"),
    "disabled-password": _state("disabled", stateChangeReason="lost", stateChangeDetail="reported by phone"),
    "no-password": lambda person, _: person["credentials"].remove(_password(person)),
    "no-profile": lambda person, _: person["profiles"].clear(),
    "ended": _validity(-900, -1),
    "begins": _validity(30, 900),
    "disabled-profile": lambda person, _: person["profiles"][1].update(profileState="disabled"),
    "expired-database": _expired_database,
    "lastlogin": _last_login,
    "long": _long,
}
