"""What is asked over sockets: the works of the bench in process that fit, and those that only make sense on a whole gateway."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.asking import Ask, Asker
from benchmarks.contest import Ground
from benchmarks.works import CHECKED, FIRST, LONG, NINE, PATCH, password, retitled

CLIENT = ("benchmark", "the benchmark's secret")
"""Client id and secret at the token endpoint."""
SIZES = (10, 1_000, 10_000)
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
USERS = "/scim/v2/Users"

GET, LIST = "GET one user", "list of 50 users"
NAMES, EQ = "list of 50, attributes=userName", "search userName eq"
COMPOUND = "search, 1 condition asked, 2 checked on 103 rows"
DATABASE, PASSWORD = "search UserDbCredentials of a user", "PasswordAuthenticator"
EDIT, MANY, TOKEN = "PATCH one attribute", "Bulk of 100 PATCHes", "token endpoint"


def joining(size: int) -> str:
    """The name of the work that adds one member to a group of so many."""
    return f"add 1 member to a group of {size:,}"


@dataclass(frozen=True, slots=True)
class Work:
    """Requests that are asked in turn. `upstream`: nevisIDM is asked; `reference`: R can do it; `connections` at once."""

    name: str
    asks: tuple[Ask, ...]
    upstream: bool = True
    reference: bool = False
    connections: int = 32


def works(ground: Ground, spread: int = 100) -> tuple[Work, ...]:
    """All but those of groups. So many people, and values, come in turn where that matters."""
    page = (("startIndex", "4"), ("count", "50"))
    people = ground.people[:spread]
    return (
        Work(GET, (Ask("GET", f"{USERS}/{ground.person}"),), reference=True),
        Work(LIST, (Ask("GET", USERS, page),), reference=True),
        Work(NAMES, (Ask("GET", USERS, (*page, ("attributes", "userName"))),)),
        Work(EQ, tuple(_searched(f'userName eq "person{number:04}"') for number in range(spread))),
        Work(COMPOUND, (_searched(CHECKED),)),
        Work(
            LONG,
            tuple(_searched(NINE.replace("Manager", f"Manager {number}")) for number in range(spread)),
            connections=8,
        ),
        Work(DATABASE, (Ask("GET", "/admin/v1/UserDbCredentials", (("filter", f'user.value eq "{FIRST}"'),)),)),
        Work(PASSWORD, (Ask("POST", "/admin/v1/PasswordAuthenticator", body=password()),)),
        Work(EDIT, tuple(Ask("PATCH", f"{USERS}/{one}", body=retitled("A")) for one in people)),
        Work(MANY, (Ask("POST", "/scim/v2/Bulk", body=_bulk(people)),), connections=2),
        Work(TOKEN, (_token(),), upstream=False),
    )


def group_works(ground: Ground, sizes: Sequence[int] = SIZES, spread: int = 16) -> tuple[Work, ...]:
    """One member more, in groups of several sizes; several people come in turn."""
    return tuple(Work(joining(size), tuple(_added(size, one) for one in ground.people[:spread])) for size in sizes)


async def populate(ground: Ground, sizes: Sequence[int] = SIZES) -> None:
    """Groups of these sizes with their members, in the emulator's store."""
    store = ground.inside.app.state.sandbox.store
    for size in sizes:
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "externalId": _group(size)}
        told = await Asker(
            ground.gateway(), (Ask("POST", "/scim/v2/Groups", body={**body, "displayName": _group(size)}),)
        ).one()
        if told.status != 201:
            raise RuntimeError(f"{_group(size)}: {told.status} {told.body!r}")
        store.add_users("100", (_member(size, number) for number in range(size)))


def _group(size: int) -> str:
    return f"group-of-{size}"


def _member(size: int, number: int) -> Mapping[str, Any]:
    name = f"member-{size}-{number}"
    held = [{"enterpriseRoleExtId": _group(size)}]
    profile = {"unitExtId": "it", "name": "Default profile", "isDefaultProfile": True, "eauthorizations": held}
    return {
        "extId": name,
        "loginId": name,
        "userState": "active",
        "languageCode": "DE",
        "name": {},
        "profiles": [profile],
    }


def _added(size: int, person: str) -> Ask:
    body = {"op": "add", "path": "members", "value": [{"value": person}]}
    return Ask("PATCH", f"/scim/v2/Groups/{_group(size)}", body={"schemas": [PATCH], "Operations": [body]})


def _searched(filter_: str) -> Ask:
    return Ask("GET", USERS, (("filter", filter_),))


def _bulk(people: tuple[str, ...]) -> dict[str, Any]:
    edits = [
        {"method": "PATCH", "path": f"/Users/{one}", "data": retitled(f"Bulk {number}")}
        for number, one in enumerate(people)
    ]
    return {"schemas": [BULK], "Operations": edits}


def _token() -> Ask:
    login = base64.b64encode(":".join(CLIENT).encode()).decode()
    form = (("grant_type", "client_credentials"), ("scope", "urn:opc:idm:__myscopes__"))
    return Ask("POST", "/oauth2/v1/token", form=form, authorization=f"Basic {login}")
