"""A resource type with every characteristic that requests, edits and answers treat differently, and an action."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from gateway.errors import ScimError
from gateway.scim.schema import Attribute, ResourceType

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CHECK = "urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"
ALL_VERBS = frozenset(("get", "search", "create", "replace", "modify", "delete"))


def table(*attributes: Attribute) -> Mapping[str, Attribute]:
    return {attribute.name.lower(): attribute for attribute in attributes}


def multi(name: str, *subs: Attribute, key: tuple[str, ...] = ("value",), **characteristics: object) -> Attribute:
    return Attribute(name, "complex", True, subs=table(*subs), composite_key=key, **characteristics)  # type: ignore[arg-type]


def reference(name: str, **characteristics: object) -> Attribute:
    subs = table(
        Attribute("value", case_exact=True, returned="always"), Attribute("$ref", "reference"), Attribute("display")
    )
    return Attribute(name, "complex", subs=subs, **characteristics)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def person() -> ResourceType:
    return ResourceType(
        name="User",
        endpoint="/Users",
        schema=CORE,
        description="",
        core=table(
            Attribute("id", mutability="readOnly", returned="always", case_exact=True),
            Attribute("externalId", case_exact=True),
            Attribute("userName", required=True, returned="always", min_length=1, max_length=20),
            Attribute("displayName"),
            Attribute("active", "boolean"),
            Attribute("level", "integer"),
            Attribute("score", "decimal"),
            Attribute("born", "dateTime"),
            Attribute("photo", "binary"),
            Attribute("profileUrl", "reference"),
            Attribute("userType", canonical=("Employee", "Contractor")),
            Attribute("employeeNumber", mutability="immutable"),
            Attribute("password", mutability="writeOnly", returned="never", secret=True, max_length=40),
            Attribute("pin", returned="never"),
            Attribute("badge", returned="request"),
            Attribute("nickNames", multi_valued=True),
            Attribute(
                "name",
                "complex",
                subs=table(
                    Attribute("givenName"),
                    Attribute("familyName", required=True),
                    Attribute("formatted", mutability="readOnly"),
                    Attribute("initials", returned="request"),
                ),
            ),
            multi(
                "emails",
                Attribute("value", required=True),
                Attribute("type", canonical=("work", "home")),
                Attribute("primary", "boolean"),
                Attribute("verified", "boolean", mutability="readOnly"),
                key=("value", "type"),
            ),
            multi(
                "addresses",
                Attribute("type"),
                Attribute("locality"),
                Attribute("country"),
                Attribute("primary", "boolean", mutability="readOnly", default=False),
                key=("type",),
            ),
            multi(
                "groups",
                Attribute("value", case_exact=True, returned="always", mutability="readOnly"),
                Attribute("$ref", "reference", mutability="readOnly"),
                Attribute("display", mutability="readOnly"),
                mutability="readOnly",
                returned="request",
            ),
            multi(
                "members",
                Attribute("value", case_exact=True, mutability="immutable", returned="always"),
                Attribute("$ref", "reference", mutability="readOnly"),
                Attribute("display"),
            ),
            reference("boss"),
            Attribute(
                "meta",
                "complex",
                mutability="readOnly",
                subs=table(
                    Attribute("created", "dateTime", mutability="readOnly"),
                    Attribute("lastModified", "dateTime", mutability="readOnly"),
                ),
            ),
        ),
        extensions={
            NEVIS: table(
                Attribute("unit", returned="request"),
                Attribute("state", mutability="readOnly"),
                Attribute("validTo", "dateTime"),
                Attribute("properties", "complex", open=True, returned="request"),
                Attribute("classifications", "complex", open=True, open_multi=True),
            ),
            ENTERPRISE: table(Attribute("department"), Attribute("costCenter", required=True), reference("manager")),
        },
        verbs=ALL_VERBS,
    )


@pytest.fixture(scope="session")
def action() -> ResourceType:
    return ResourceType(
        name="PasswordAuthenticator",
        endpoint="/PasswordAuthenticator",
        schema=CHECK,
        description="",
        core=table(
            Attribute("mappingAttribute"),
            Attribute("mappingAttributeValue", required=True, min_length=1, max_length=256),
            Attribute("password", required=True, mutability="writeOnly", secret=True),
            Attribute("includeMemberships", "boolean", default=False, mutability="writeOnly", required=True),
            Attribute("id", mutability="readOnly", returned="always"),
            multi("groups", Attribute("value"), Attribute("$ref"), mutability="readOnly", returned="request"),
        ),
        extensions={},
        verbs=frozenset(("act",)),
    )


@pytest.fixture(scope="session")
def refusal() -> Callable[[Callable[[], object]], ScimError]:
    """The ScimError that a call raises."""

    def caught(call: Callable[[], object]) -> ScimError:
        with pytest.raises(ScimError) as info:
            call()
        return info.value

    return caught
