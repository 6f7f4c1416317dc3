"""What the soak's workers ask: each changes people of its own, by every kind of write, and believes what it is told.

An answer of the first kind changes the belief, a clear error does not. Where nobody knows (GW505, GW506, a process that was
killed), the person is set aside until all is quiet: then the store must have it as it was before, or as it was to be; nothing else.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.faults.table import GENERIC, GRANT, IDCS, NEVIS, RFC, patched, replaced, somebody
from tests.soak.people import Person

GROUPS = ("crew-a", "crew-b")
DONE, NOTHING, OPEN = "done", "nothing was done", "open"
OPEN_CODES = frozenset(("GW505", "GW506"))
_CREATED = re.compile(r"Read \w+ (\S+); do not")

Send = Callable[[str, str, Any], Any]


@dataclass(slots=True)
class Change:
    """A request, and what is believed of the person once it is done: made of the answer's id, as creates bring one."""

    kind: str
    method: str
    path: str
    body: Any
    person: Person | None
    after: Callable[[str], Person | None]


@dataclass(slots=True)
class Belief:
    """All workers' people: those that are sure, and those of whom two things may be true."""

    sure: dict[str, Person | None] = field(default_factory=dict)
    open: dict[str, tuple[Person | None, Callable[[str], Person | None]]] = field(default_factory=dict)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    requests: dict[str, str] = field(default_factory=dict)
    last: defaultdict[str, deque[str]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=4)))


class Worker:
    """One client with people of its own."""

    def __init__(self, number: int, belief: Belief, groups: dict[str, str], seed: int) -> None:
        self.number = number
        self.belief = belief
        self.groups = groups
        self.dice = random.Random(f"{seed}/{number}")
        self.logins = (f"soak-{number}-{each}" for each in itertools.count(1))
        self.mine: dict[str, Person] = {}

    async def step(self, send: Send) -> None:
        """One request, and what is made of its answer."""
        if self.mine and self.dice.random() < 0.25:
            await self._look(send)
            return
        change = self._change()
        login = change.person.login if change.person is not None else change.body["userName"]
        self.belief.open[login] = (change.person, change.after)
        self.mine.pop(login, None)
        self.belief.sure.pop(login, None)
        self.belief.last[login].append(f"{change.kind} …")
        answer = await send(change.method, change.path, change.body)  # a kill leaves the person open
        outcome, made = judged(answer)
        if change.method == "DELETE" and answer.status_code == 404:
            outcome = DONE  # it is not there, says the answer; who asked does not learn whose work that was
        self.belief.told[(change.kind, outcome if outcome != NOTHING else f"{answer.status_code}")] += 1
        self.belief.last[login][-1] = (
            f"{change.kind} {answer.status_code} {answer.headers.get('proxy-status', '')[-7:-1]}"
        )
        self.belief.requests[login] = answer.headers.get("opc-request-id") or answer.headers.get("x-request-id", "")
        if outcome == OPEN:
            return
        del self.belief.open[login]
        after = change.after(made or "") if outcome == DONE else change.person
        self.belief.sure[login] = after
        if after is not None:
            self.mine[login] = after

    async def _look(self, send: Send) -> None:
        """A read must say what is believed, or fail."""
        login, person = self.dice.choice(sorted(self.mine.items()))
        by_id = self.dice.random() < 0.5
        path = f"/Users/{person.id}" if by_id else f'/Users?filter=userName eq "{login}"'
        answer = await send("GET", self.dice.choice((IDCS, RFC)) + path, None)
        self.belief.told[
            ("read" if by_id else "search", "done" if answer.status_code == 200 else f"{answer.status_code}")
        ] += 1
        if answer.status_code != 200:
            if answer.status_code in (400, 404):
                self.belief.wrong.append(f"read of somebody who is there: {answer.status_code}")
            return
        shown = answer.json()
        shown = shown if by_id else next(iter(shown["Resources"]), {})
        if (shown.get("id"), shown.get("name", {}).get("familyName"), shown.get("title")) != (
            person.id,
            person.family,
            person.title,
        ):
            told, way = "another" if shown else "nobody", "by id" if by_id else "by search"
            self.belief.wrong.append(f"{login}: a read {way} shows {told} instead of what was acknowledged")

    def _change(self) -> Change:
        if len(self.mine) < 3 or self.dice.random() < 0.15:
            return self._create()
        person = self.mine[self.dice.choice(sorted(self.mine))]
        return self.dice.choice(
            (self._one, self._two, self._put, self._password, self._member, self._grant, self._badge, self._delete)
        )(person)

    def _create(self) -> Change:
        login = next(self.logins)
        password = f"Correct-Horse-{self.dice.randrange(10**6)}" if self.dice.random() < 0.5 else None
        title = self.dice.choice((None, "Engineer"))
        body = somebody(login, **({"password": password} if password else {}), **({"title": title} if title else {}))
        return Change(
            "create", "POST", f"{self._root()}/Users", body, None,
            lambda made: Person(made, login, title=title, password=password),
        )  # fmt: skip

    def _one(self, person: Person) -> Change:
        family = self._word("Name")
        return self._patched("patch", person, replaced(**{"name.familyName": family}), family=family)

    def _two(self, person: Person) -> Change:
        family, centre, title = self._word("Name"), self._word("CC"), self._word("Title")
        body = replaced(**{"name.familyName": family, "title": title, NEVIS: {"profile": {"costCentre": centre}}})
        return self._patched("patch of two records", person, body, family=family, centre=centre, title=title)

    def _put(self, person: Person) -> Change:
        family, title, centre = self._word("Name"), self._word("Title"), self._word("CC")
        body = {
            NEVIS: {"profile": {"costCentre": centre}},
            **somebody(person.login, title=title),
            "name": {"givenName": "New", "familyName": family},
        }
        after = dataclasses.replace(person, family=family, title=title, centre=centre)
        return Change("put", "PUT", f"{IDCS}/Users/{person.id}", body, person, lambda _: after)

    def _password(self, person: Person) -> Change:
        password = f"Correct-Horse-{self.dice.randrange(10**6)}"
        return self._patched("password", person, replaced(password=password), password=password)

    def _member(self, person: Person) -> Change:
        group = self.groups[self.dice.choice(GROUPS)]
        if group in person.groups:
            edit = {"op": "remove", "path": f'members[value eq "{person.id}"]'}
            after = dataclasses.replace(person, groups=person.groups - {group})
        else:
            edit = {"op": "add", "path": "members", "value": [{"value": person.id}]}
            after = dataclasses.replace(person, groups=person.groups | {group})
        return Change("member", "PATCH", f"{self._root()}/Groups/{group}", patched(edit), person, lambda _: after)

    def _grant(self, person: Person) -> Change:
        if person.grant is not None:
            after = dataclasses.replace(person, grant=None)
            return Change("revoke", "DELETE", f"{IDCS}/Grants/{person.grant}", None, person, lambda _: after)
        body = {
            "schemas": [GRANT],
            "grantee": {"type": "User", "value": person.id},
            "grantMechanism": "ADMINISTRATOR_TO_USER",
            "entitlement": {"attributeName": "appRoles", "attributeValue": "portal~portal-reader"},
        }
        return Change(
            "grant", "POST", f"{IDCS}/Grants", body, person, lambda made: dataclasses.replace(person, grant=made)
        )

    def _badge(self, person: Person) -> Change:
        if person.badges:
            badge = min(person.badges)
            after = dataclasses.replace(person, badges=person.badges - {badge})
            path = f"{IDCS}/UserGenericCredentials/{badge[1]}"
            return Change("credential goes", "DELETE", path, None, person, lambda _: after)
        name = self._word("door")
        body = {"schemas": [GENERIC], "user": {"value": person.id}, "identification": name, "properties": {"note": "n"}}
        return Change(
            "credential", "POST", f"{IDCS}/UserGenericCredentials", body, person,
            lambda made: dataclasses.replace(person, badges=person.badges | {(name, made)}),
        )  # fmt: skip

    def _delete(self, person: Person) -> Change:
        return Change("delete", "DELETE", f"{self._root()}/Users/{person.id}", None, person, lambda _: None)

    def _patched(self, kind: str, person: Person, body: Any, **fields: Any) -> Change:
        after = dataclasses.replace(person, **fields)
        return Change(kind, "PATCH", f"{self._root()}/Users/{person.id}", body, person, lambda _: after)

    def _root(self) -> str:
        return self.dice.choice((IDCS, RFC))

    def _word(self, kind: str) -> str:
        return f"{kind}-{self.number}-{self.dice.randrange(10**6)}"


def judged(answer: httpx.Response) -> tuple[str, str | None]:
    """What an answer promises, and the id that it names."""
    if answer.status_code < 300:
        return DONE, (answer.json().get("id") if answer.content else None)
    code = answer.headers.get("proxy-status", "").partition('details="')[2].rstrip('"')
    if code == "GW508":
        found = _CREATED.search(answer.json()["detail"])
        return DONE, found[1] if found else None
    return (OPEN if code in OPEN_CODES else NOTHING), None
