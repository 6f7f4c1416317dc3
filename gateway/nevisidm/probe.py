"""Asking an installation at start what it can do, by reads that change nothing.

nevisIDM may ignore a parameter it does not know and return everybody, or take it for a property that nobody has and return nobody. So each
filter is asked both ways: an impossible value must find nobody, a person who is there must be found. What cannot be proved stays as
it was set, and `findings` say so. The release cannot be asked. What the settings changed from its default is not asked at all.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Awaitable, Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any

from gateway.events import SILENT
from gateway.nevisidm.call import Call, Refusal
from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.client import Client
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in, parse_template, walk

Json = Any

USERS = "/core/v1/clients/{client}/users"
SAMPLE = 20
_NOT_THERE = frozenset({400, 404, 405, 422, 501})


@dataclass(frozen=True, slots=True)
class Probed:
    """What was found: the capabilities, the tenant's name if nevisIDM tells it, and sentences for the operator.

    `known`: by capability, how it is known: set, asked, or assumed and why.
    """

    capabilities: Capabilities
    client_name: str | None
    findings: tuple[str, ...] = ()
    known: Map[str, str] = field(default_factory=dict)


class Unclear(Exception):
    """nevisIDM neither answered nor said that it has no such thing."""


class NotThere(Exception):
    """This installation has no such call or parameter."""


async def probe(
    client: Client, tenant: str, capabilities: Capabilities, *, fixed: frozenset[str] = frozenset()
) -> Probed:
    """Ask what can be asked about the client (tenant) of that extId. Never raises: an installation that is down keeps its settings."""
    return await _Probe(client, tenant, capabilities, fixed).everything()


async def client_name(client: Client, tenant: str) -> str | None:
    """The name of the client (tenant) of that extId; None where it cannot be learnt."""
    try:
        return await _Probe(client, tenant, Capabilities(), frozenset()).name()
    except (Unclear, NotThere):
        return None


class _Probe:
    def __init__(self, client: Client, tenant: str, capabilities: Capabilities, fixed: frozenset[str]) -> None:
        self.run = Run(client, "probe", SILENT)
        self.lookup = lookup_in({"client": tenant})
        self.nobody = f"no-such-{uuid.uuid4().hex}"
        self.found = capabilities
        self.fixed = fixed | {
            each.name for each in dataclasses.fields(Capabilities) if getattr(capabilities, each.name) != each.default
        }
        self.findings: list[str] = []
        self.how: dict[str, str] = {}
        self.people: list[dict[str, Json]] = []

    async def everything(self) -> Probed:
        try:
            name = await self.name()
            self.people = await self.items(USERS, limit=str(SAMPLE))
        except Unclear as unclear:
            return self.result(None, f"nevisIDM was not asked what it can do: {unclear}")
        except NotThere:
            return self.result(None, "nevisIDM has no such client, or its URL is not the API's")
        steps: Map[str, Callable[[], Awaitable[Json]]] = {
            "total": self.total,
            "offset": self.offset,
            "desc_syntax": self.desc_syntax,
            "ieq": self.ieq,
            "sw": self.sw,
            "property_prefix": self.property_prefix,
            "property_ieq": self.property_ieq,
            "generic_list": self.generic_list,
            "query_enabled": self.query_enabled,
            "query_leading_wildcards": self.query_leading_wildcards,
        }
        for name_of, step in steps.items():
            if name_of not in self.fixed:
                await self.learn(name_of, step)
        return self.result(name)

    def result(self, name: str | None, *findings: str) -> Probed:
        """What is known by now."""
        usual = {each.name: "assumed" for each in dataclasses.fields(Capabilities)}
        known = usual | self.how | dict.fromkeys(self.fixed, "set")
        return Probed(self.found, name, (*self.findings, *findings), known)

    async def learn(self, capability: str, step: Callable[[], Awaitable[Json]]) -> None:
        """Put a step's answer into its field; an unclear one leaves the field as it is."""
        try:
            value = await step()
        except (Unclear, NotThere) as unclear:
            self.findings.append(f"{capability} stays {getattr(self.found, capability)}: {unclear}")
            self.how[capability] = f"assumed: {unclear}"
            return
        self.how[capability] = "asked"
        if value != getattr(self.found, capability):
            self.findings.append(f"{capability} is {value}")
            self.found = dataclasses.replace(self.found, **{capability: value})

    async def name(self) -> str | None:
        """The tenant's name; None where the gateway may not see it."""
        try:
            name = walk(await self.ask("/core/v1/clients/{client}"), ("name",))
        except Unclear as unclear:
            if "403" not in str(unclear):
                raise
            return None
        return name if isinstance(name, str) else None

    async def total(self) -> str:
        answer = await self.ask_or_none(USERS, limit="1", returnTotalResultCount="true")
        return "server" if isinstance(walk(answer, ("_pagination", "totalResult")), int) else "walk"

    async def offset(self) -> bool:
        self.need(2)
        answer = await self.ask_or_none(USERS, limit="1", offset="1")
        first = _ids(answer)[:1]
        return bool(first) and first != [self.people[0].get("extId")]

    async def desc_syntax(self) -> str:
        self.need(2)
        up = await self.ask_or_none(USERS, limit="1", sortBy="extId_ASC")
        down = await self.ask_or_none(USERS, limit="1", sortBy="extId_DESC")
        return "suffix" if up and down and _ids(up) != _ids(down) else "local"

    async def ieq(self) -> str:
        if not await self.finds_nobody("loginId_IEQ"):
            return "off"
        person = self.lettered()
        return "on" if await self.finds(person, loginId_IEQ=person["loginId"].swapcase()) else "off"

    async def sw(self) -> str:
        if not await self.finds_nobody("loginId_SW"):
            return "off"
        person = self.lettered()
        if not await self.finds(person, loginId_SW=person["loginId"]):
            return "off"
        return "ignore_case" if await self.finds(person, loginId_SW=person["loginId"].swapcase()) else "exact"

    async def property_prefix(self) -> str:
        person = next((each for each in self.people if _property(each)), None)
        if person is None:
            raise Unclear(f"none of the first {SAMPLE} users has a property")
        name, value = _property(person) or ("", "")
        for prefix in ("", "properties."):
            if await self.finds_nobody(prefix + name) and await self.finds(person, **{prefix + name: value}):
                return prefix
        raise Unclear("no spelling of a property filter finds who it should")

    async def property_ieq(self) -> bool:
        """Only finding somebody proves it: to find nobody, nevisIDM may take the parameter for a property of that name."""
        lettered = (_property(each, lettered=True) for each in self.people)
        person, own = next(((who, own) for who, own in zip(self.people, lettered, strict=True) if own), ({}, None))
        if own is None:
            return False
        name = f"{self.found.property_prefix}{own[0]}_IEQ"
        return await self.finds_nobody(name) and await self.finds(person, **{name: own[1].swapcase()})

    async def generic_list(self) -> bool:
        return await self.ask_or_none("/core/v1/clients/{client}/generic-credentials", limit="1") is not None

    async def query_enabled(self) -> bool:
        answer = await self.ask_or_none("/query/v1/users", q=f'extid:"{self.nobody}"', size="1")
        if walk(answer, ("messages", "infos")):
            self.findings.append("the query service is rebuilding its index")
        return isinstance(answer, dict) and "response" in answer

    async def query_leading_wildcards(self) -> bool:
        if not self.found.query_enabled:
            return False
        answer = await self.ask_or_none("/query/v1/users", q=f"loginid:*{self.nobody}", size="1")
        if walk(answer, ("messages", "infos")):
            raise Unclear("the query service is rebuilding its index")
        return answer is not None

    async def finds_nobody(self, parameter: str) -> bool:
        """Whether the parameter is looked at: an impossible value empties the list."""
        if not self.people:
            raise Unclear("the client has no users")
        answer = await self.ask_or_none(USERS, limit="1", **{parameter: self.nobody})
        return answer is not None and _ids(answer) == []

    async def finds(self, person: Map[str, Json], **filters: str) -> bool:
        """Whether the filter finds somebody who is there; the extId keeps the list short."""
        answer = await self.ask_or_none(USERS, extId=str(person["extId"]), **filters)
        return answer is not None and person["extId"] in _ids(answer)

    def lettered(self) -> dict[str, Json]:
        """Somebody whose login id looks different in the other case."""
        for person in self.people:
            login = person.get("loginId")
            if isinstance(login, str) and login.isascii() and login.swapcase() != login:
                return person
        raise Unclear(f"none of the first {SAMPLE} users has a login id with letters")

    def need(self, people: int) -> None:
        if len(self.people) < people:
            raise Unclear(f"the client has fewer than {people} users")

    async def items(self, path: str, **query: str) -> list[dict[str, Json]]:
        found = walk(await self.ask(path, **query), ("items",))
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    async def ask_or_none(self, path: str, **query: str) -> Json:
        """The answer; None where the installation has no such call or parameter."""
        try:
            return await self.ask(path, **query)
        except NotThere:
            return None

    async def ask(self, path: str, **query: str) -> Json:
        call = Call("probe", "GET", parse_template(path), tuple(query.items()))
        try:
            return (await self.run.call(call, self.lookup)).json
        except Refusal as refusal:
            if refusal.status in _NOT_THERE:
                raise NotThere(f"nevisIDM answers {refusal.status}") from None
            raise Unclear(f"nevisIDM answers {refusal.status or refusal.kind}") from None


def _ids(answer: Json) -> list[Json]:
    items = walk(answer, ("items",))
    return [walk(item, ("extId",)) for item in items] if isinstance(items, list) else []


def _property(person: Map[str, Json], *, lettered: bool = False) -> tuple[str, str] | None:
    """A custom property of somebody (`lettered`: with letters in it); its value is asked for, but never kept or logged."""
    properties = person.get("properties")
    pairs = properties.items() if isinstance(properties, dict) else ()
    return next(((name, value) for name, value in pairs if _fits(value, lettered)), None)


def _fits(value: Json, lettered: bool) -> bool:
    """Whether a value can be asked for, and in the other case if need be."""
    if not isinstance(value, str) or not value:
        return False
    return not lettered or (value.swapcase() != value and value.swapcase().lower() == value.lower())
