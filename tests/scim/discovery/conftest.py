"""Resource types made by hand in which every rule of discovery shows, and a way to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from gateway.scim.body import Limits
from gateway.scim.dialect import RFC, Dialect
from gateway.scim.discovery.answer import Question, answer_discovery
from gateway.scim.reply import Reply
from gateway.scim.request import Caller
from gateway.scim.schema import Attribute, ResourceType

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
TOKEN = "urn:ietf:params:scim:schemas:nevisidm:2.0:Token"
CHECK = "urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"
META = Attribute(
    "meta",
    "complex",
    mutability="readOnly",
    subs={
        "created": Attribute("created", "dateTime", mutability="readOnly"),
        "version": Attribute("version", mutability="readOnly", filterable=False),
    },
)
SCHEMAS = Attribute("schemas", multi_valued=True, mutability="readOnly", returned="always", filterable=False)
ID = Attribute("id", mutability="readOnly", returned="always", uniqueness="global", case_exact=True)


def table(*attributes: Attribute) -> Mapping[str, Attribute]:
    return {attribute.name.lower(): attribute for attribute in attributes}


def person() -> ResourceType:
    return ResourceType(
        name="User",
        endpoint="/Users",
        schema=USER,
        description="One user.",
        core=table(
            SCHEMAS,
            ID,
            Attribute("externalId", case_exact=True),
            Attribute("userName", required=True, returned="always", uniqueness="global", min_length=1, max_length=300),
            Attribute("name", "complex", subs=table(Attribute("familyName", required=True), Attribute("givenName"))),
            Attribute("nickname", "complex", subs=table(Attribute("value", required=True, default="none"))),
            Attribute(
                "emails",
                "complex",
                multi_valued=True,
                subs=table(Attribute("value", required=True), Attribute("type", canonical=("work", "home"))),
                composite_key=("value", "type"),
            ),
            Attribute(
                "groups",
                "complex",
                multi_valued=True,
                mutability="readOnly",
                returned="request",
                subs=table(
                    Attribute("value", returned="always"), Attribute("$ref", "reference", reference_types=("Groups",))
                ),
            ),
            Attribute(
                "token",
                "complex",
                subs=table(Attribute("value"), Attribute("$ref", "reference", reference_types=("Tokens",))),
            ),
            Attribute("password", mutability="writeOnly", secret=True),
            Attribute("photo", "binary"),
            Attribute("notes", filterable=False),
            Attribute("level", "integer", default=1, required=True),
            Attribute("pin", "complex", returned="never", subs=table(Attribute("value"))),
            META,
        ),
        extensions={
            NEVIS: table(
                Attribute("properties", "complex", open=True, returned="request"),
                Attribute(
                    "marks",
                    "complex",
                    open=True,
                    open_multi=True,
                    subs=table(Attribute("colour")),
                    description="Marks.",
                ),
            )
        },
        verbs=frozenset(("get", "search", "create", "modify", "delete")),
        required_extensions=frozenset((NEVIS,)),
    )


def token() -> ResourceType:
    core = table(SCHEMAS, ID, Attribute("serial", mutability="readOnly"))
    return ResourceType("Token", "/Tokens", TOKEN, "", core, {}, frozenset(("get", "delete")))


def check() -> ResourceType:
    core = table(
        SCHEMAS,
        Attribute("password", required=True, mutability="writeOnly", secret=True),
        Attribute("includeMemberships", "boolean", mutability="writeOnly", default=False),
        Attribute("id", mutability="readOnly"),
    )
    return ResourceType("PasswordAuthenticator", "/PasswordAuthenticator", CHECK, "", core, {}, frozenset(("act",)))


@pytest.fixture(scope="session")
def types() -> Mapping[str, ResourceType]:
    return {kind.endpoint[1:].lower(): kind for kind in (person(), token(), check())}


Ask = Callable[..., Reply | None]


@pytest.fixture(scope="session")
def ask(types: Mapping[str, ResourceType]) -> Ask:
    """One request at a dialect's address."""

    def asked(method: str, tail: str, dialect: Dialect = RFC, body: Any = None, **more: Any) -> Reply | None:
        path, _, query = tail.partition("?")
        question = Question(
            method,
            path,
            query,
            {"content-type": "application/json"},
            b"" if body is None else orjson.dumps(body),
            types=types,
            dialect=dialect,
            base=f"https://host{dialect.root}",
            caller=more.get("caller", Caller("me")),
            request_id="r1",
            limits=Limits(),
        )
        return answer_discovery(question)

    return asked


@pytest.fixture(scope="session")
def read(ask: Ask) -> Callable[..., Any]:
    """The JSON of an answer."""

    def found(method: str, tail: str, dialect: Dialect = RFC, body: Any = None) -> Any:
        reply = ask(method, tail, dialect, body)
        assert reply is not None
        assert reply.status == 200
        assert reply.body is not None
        return orjson.loads(reply.body)

    return found
