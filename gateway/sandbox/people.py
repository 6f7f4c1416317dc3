"""Sample people: the same ones every time, as many as wanted, cheap beyond the first fifty.

`people` is pure; `fill` puts them into a running sandbox together with two apps (technical users). Who they are and what their passwords
are is said in GUIDE, which `sandbox --help` prints. They live in client 100 and use the names of `installation.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from .box import Sandbox
from .clock import millis
from .people_credentials import of_every_type
from .people_first import DAY, FIRST, SITUATIONS, Person
from .query_index import Index
from .secret import hash_secret
from .table import USERS

CLIENT = "100"
FIRST_NUMBER = 1001
OWN_PASSWORDS = 1000  # so many people have a password of their own; making one costs 0.1 ms
SHARED_PASSWORD = "Welcome-everybody"
APP_PASSWORDS = {
    "reporting-app": "reporting-app-device-password-0001",
    "legacy-app": "legacy-app-device-password-00000002",
}

GUIDE = f"""\
Sample people (client {CLIENT} "Default"), the same every time:
  extId      u-1001, u-1002, … in the order they were created, one a second
  loginId    the first fifty have names (u-1001 is bjensen, u-1002 mmuster), the others user1051, user1052, …
  e-mail     <loginId>@example.org, unless the loginId has characters that no e-mail has
  password   Welcome-<number>, so bjensen's is Welcome-1001; from user{FIRST_NUMBER + OWN_PASSWORDS} on all have {SHARED_PASSWORD}
Special among the first fifty:
  locked.for.now (for an hour), locked.for.good, expired, initial, admin.changed and reset.code (must change), blocked.password, nopassword,
  disabled, archived, noprofile, formerly and in.future (validity), csmith and CSmith (differ by case only)
  names with quotes, backslashes, brackets, " and ", " or ", wildcards, accents, emoji, other scripts; everything has a bit of all
Credentials: database passwords (generic, identification scim-db-<extId>), badges (generic, badge-<number>), SecurID (securid-<number>);
  everything has one of every other type, its password for the context mainframe is context-1050
Apps (technical users with a device password):
  reporting-app  active    {APP_PASSWORDS["reporting-app"]}
  legacy-app     disabled  {APP_PASSWORDS["legacy-app"]}
Units root, sales, sales-emea, it, hr; applications Portal, Payments, nevisIdm; enterprise roles Employee, Accountant, Communicator
"""

_GIVEN = (
    "Anna",
    "Beat",
    "Carla",
    "Daniel",
    "Elena",
    "Fabian",
    "Greta",
    "Hugo",
    "Irina",
    "Jan",
    "Klara",
    "Léa",
    "Marco",
    "Noémie",
    "Oskar",
)
_FAMILY = (
    "Ammann",
    "Brunner",
    "Cavelti",
    "Dubois",
    "Egger",
    "Frei",
    "Graf",
    "Huber",
    "Iten",
    "Keller",
    "Lüthi",
    "Meier",
    "Nef",
)
_UNITS = ("sales", "sales-emea", "it", "hr", "root")
_LANGUAGES = ("DE", "FR", "IT", "EN")
_LOCALES = ("de-CH", "fr-CH", "it-CH", "en-GB")
_ROLES = ("portal-reader", "portal-editor", "payments-viewer")


def people(n: int, *, now: datetime) -> Iterator[Person]:
    """The first n people, in the form `Store.add_users` takes, created one a second since long before `now`."""
    present = millis(now)
    shared = hash_secret(SHARED_PASSWORD)
    for place in range(min(n, len(FIRST))):
        yield _first(place, present)
    for place in range(len(FIRST), n):
        yield _further(place, present, shared)


def password_of(ext_id: str) -> str:
    """The password of a sample person, by its extId."""
    number = int(ext_id.removeprefix("u-"))
    return f"Welcome-{number}" if number < FIRST_NUMBER + OWN_PASSWORDS else SHARED_PASSWORD


def apps(*, now: datetime) -> Iterator[Person]:
    """The two technical users."""
    created = min(_BEGIN, millis(now) - 400 * DAY) - DAY
    for place, (name, secret) in enumerate(APP_PASSWORDS.items()):
        state = "disabled" if name == "legacy-app" else "active"
        device = {
            "type": "DevicePassword",
            "extId": f"{name}-device",
            "secret": secret,
            "policyExtId": f"{CLIENT}-DevicePasswordPolicy",
        }
        role = {"roleExtId": ("payments-viewer", "portal-reader")[place]}
        profile = {
            "unitExtId": "it",
            "name": name,
            "isDefaultProfile": True,
            "authorizations": [role, {"roleExtId": "nevisidm-soaptechaccess", "_rooms": {"clients": [CLIENT]}}],
        }
        yield {
            "extId": f"app-{name}",
            "loginId": name,
            "isTechnicalUser": True,
            "userState": state,
            "languageCode": "EN",
            "name": {"firstName": "App", "familyName": name.replace("-", " ").title()},
            "contacts": {"email": f"{name}@example.org"},
            "properties": {"displayName": name.replace("-", " ").title(), "locale": "en-GB"},
            "created": created,
            "profiles": [profile],
            "credentials": [device],
        }


def fill(box: Sandbox, n: int) -> int:
    """Puts n people and the two apps into a sandbox, brings the search index up to date; answers how many users that made.

    A store that has its sample people already is left alone. With a lag set, the index learns of them when the lag is over.
    """
    now = box.clock()
    if box.store.find(USERS, CLIENT, f"app-{next(iter(APP_PASSWORDS))}"):
        return 0
    count = sum(box.store.add_users(CLIENT, made) for made in (apps(now=now), people(n, now=now)))
    if box.switches.query_enabled:
        Index(box.store).catch_up(box.now() - box.switches.query_lag_seconds * 1000)
    return count


def _first(place: int, now: int) -> Person:
    login, given, family, special = FIRST[place]
    person = _person(place, now, login, given, family)
    number = FIRST_NUMBER + place
    person["credentials"] = [_password(number, secret=password_of(person["extId"]))]
    for situation in special.split():
        if made := _CREDENTIALS.get(situation):
            person["credentials"].append(made(number))
        elif situation == "factors":
            person["credentials"] += of_every_type(number)
        elif situation.startswith("email:"):
            person["contacts"]["email"] = situation.removeprefix("email:")
        else:
            SITUATIONS[situation](person, now)
    return person


def _further(place: int, now: int, shared: str) -> Person:
    number = FIRST_NUMBER + place
    round_ = place // (len(_GIVEN) * len(_FAMILY))
    family = _FAMILY[place % len(_FAMILY)] + (f" {round_}" if round_ else "")
    person = _person(place, now, f"user{number}", _GIVEN[place % len(_GIVEN)], family)
    own = place < OWN_PASSWORDS
    secret = {"secret": password_of(person["extId"])} if own else {"hash": shared}
    person["credentials"] = [_password(number, **secret)]
    person["contacts"]["mobile"] = f"+4178{number:07d}"
    if place % 3 == 0:
        person["profiles"][0]["authorizations"] = [{"roleExtId": _ROLES[place % len(_ROLES)]}]
    if place % 10 == 0:
        person["credentials"].append(_database(number))
    if place % 17 == 0:
        person["userState"] = person["profiles"][0]["profileState"] = "disabled"
    return person


def _person(place: int, now: int, login: str, given: str, family: str) -> Person:
    """An ordinary person: name, e-mail, birthday, language, sex, an employee number, one profile."""
    number = FIRST_NUMBER + place
    return {
        "extId": f"u-{number}",
        "loginId": login,
        "userState": "active",
        "languageCode": _LANGUAGES[place % 4],
        "name": {"firstName": given, "familyName": family},
        "sex": ("female", "male")[place % 2],
        "gender": ("female", "male")[place % 2],
        "birthDate": (_BIRTH + timedelta(days=place * 37 % 14_000)).date().isoformat(),
        "contacts": {"email": f"{login if _is_mail(login) else number}@example.org"},
        "address": {"city": ("Zürich", "Genève", "Lugano", "Bern")[place % 4], "countryCode": "ch"},
        "properties": {"employee_id": str(number), "costCentre": f"CC-{place % 40}", "locale": _LOCALES[place % 4]},
        "created": min(_BEGIN, now - 400 * DAY) + place * 1000,
        "profiles": [{"unitExtId": _UNITS[place % len(_UNITS)], "name": "Default profile", "isDefaultProfile": True}],
    }


def _password(number: int, **secret: str) -> Person:
    return {"type": "Password", "extId": f"pw-{number}", "policyExtId": f"{CLIENT}-PwdPolicy", **_COUNTERS, **secret}


def _database(number: int) -> Person:
    """Four made-up verifiers, in the form of real ones: nobody's password, and no two alike."""
    salt, mixed = (hashlib.sha256(f"{kind} {number}".encode()).hexdigest() for kind in ("salt", "mixed salt"))
    hashes = [hashlib.sha256(f"sample {one}".encode()).hexdigest() for one in (salt, mixed)]
    return {
        "type": "Generic",
        "extId": f"db-{number}",
        "identification": f"scim-db-u-{number}",
        "policyExtId": f"{CLIENT}-GenericCredentialPolicy",
        "properties": {
            "dbPassword": hashes[0],
            "dbSalt": salt[:32],
            "dbMixedPassword": hashes[1],
            "dbMixedSalt": mixed[:32],
            "description": f"Database password of u-{number}",
        },
        **_COUNTERS,
    }


def _badge(number: int) -> Person:
    properties = {"system": "Gate", "note": f'Badge "{number}" and lanyard', "environment": "production"}
    head = {"type": "Generic", "extId": f"badge-{number}", "identification": f"badge-{number}"}
    return {**head, "policyExtId": f"{CLIENT}-GenericCredentialPolicy", "properties": properties, **_COUNTERS}


def _securid(number: int) -> Person:
    return {"type": "SecurId", "extId": f"securid-{number}", "username": f"securid-{number}", **_COUNTERS}


_CREDENTIALS = {"database": _database, "badge": _badge, "securid": _securid}
_COUNTERS = {"successfulLoginCount": 0, "failedLoginCount": 0}
_BIRTH = datetime(1960, 1, 1, tzinfo=UTC)
_BEGIN = millis(datetime(2024, 1, 1, 8, tzinfo=UTC))


def _is_mail(login: str) -> bool:
    return all(char.isalnum() or char in ".+-_" for char in login)
