"""The work that is measured: requests as the five source documents and usual clients send them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.asking import Ask

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
AUTHENTICATOR = "urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"
FIRST = "u-1001"  # the emulator's first sample person: with roles, a password and a database password
NINE = (
    'active eq true and (userName sw "person" or emails.value co "@example") and name.familyName co "ller" '
    'and not (title eq "Manager") and meta.created gt "2020-01-01T00:00:00Z" and timezone pr '
    'and emails[type eq "work" and value ew ".org"]'
)
CHECKED = 'active eq true and userName sw "person000" and not (title eq "Engineer 1")'
INDEXED = 'title eq "Engineer 2" and not (name.familyName ew "3" or name.familyName ew "4" or name.familyName ew "5")'
LONG = "search, nine conditions checked on 103 rows"


@dataclass(frozen=True, slots=True)
class Work:
    """What is asked, in turn; `reference` says whether the hand-written gateway can do it too."""

    name: str
    asks: tuple[Ask, ...]
    reference: bool = False


def works(person: str) -> tuple[Work, ...]:
    """All of it; `person` is the id of somebody with every attribute filled."""
    users = "/scim/v2/Users"
    page = (("startIndex", "4"), ("count", "50"))
    return (
        Work("GET one user", (Ask("GET", f"{users}/{person}"),), reference=True),
        Work("list of 50 users", (Ask("GET", users, page),), reference=True),
        Work("list of 50, attributes=userName", (Ask("GET", users, (*page, ("attributes", "userName"))),)),
        Work("search userName eq", (Ask("GET", users, (("filter", 'userName eq "person0007"'),)),)),
        Work("search, 1 condition asked, 2 checked on 103 rows", (Ask("GET", users, (("filter", CHECKED),)),)),
        Work(LONG, tuple(Ask("GET", users, (("filter", each),)) for each in _long())),
        Work("search by index, its 12 rows read", (Ask("GET", users, (("filter", INDEXED),)),)),
        Work(
            "search UserDbCredentials of a user",
            (Ask("GET", "/admin/v1/UserDbCredentials", (("filter", f'user.value eq "{FIRST}"'),)),),
        ),
        Work("PasswordAuthenticator", (Ask("POST", "/admin/v1/PasswordAuthenticator", body=password()),)),
        Work(
            "PATCH one attribute", tuple(Ask("PATCH", f"{users}/{person}", body=retitled(text)) for text in ("A", "B"))
        ),
    )


def _long() -> list[str]:
    """Filters of one shape with a new text each."""
    return [NINE.replace("Manager", f"Manager {number}") for number in range(8)]


def password() -> dict[str, Any]:
    """What asks whether the first sample person's password is right."""
    return {"schemas": [AUTHENTICATOR], "mappingAttributeValue": "bjensen", "password": "Welcome-1001"}


def retitled(text: str) -> dict[str, Any]:
    """What changes one attribute."""
    return {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": text}]}
