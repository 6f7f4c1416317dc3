"""A resource type with one attribute of every kind that filters, paths and orders treat differently."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gateway.scim.schema import Attribute, ResourceType

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def table(*attributes: Attribute) -> Mapping[str, Attribute]:
    return {attribute.name.lower(): attribute for attribute in attributes}


@pytest.fixture(scope="session")
def user_type() -> ResourceType:
    emails = table(
        Attribute("value"), Attribute("type"), Attribute("primary", "boolean"), Attribute("since", "dateTime")
    )
    return ResourceType(
        name="User",
        endpoint="/Users",
        schema=CORE,
        description="",
        core=table(
            Attribute("id", case_exact=True),
            Attribute("externalId", case_exact=True),
            Attribute("schemas", "reference", multi_valued=True, case_exact=True),
            Attribute("userName"),
            Attribute("password", secret=True, returned="never", mutability="writeOnly"),
            Attribute("pin", returned="never"),
            Attribute("hint", mutability="writeOnly"),
            Attribute("notes", filterable=False),
            Attribute("active", "boolean"),
            Attribute("level", "integer"),
            Attribute("score", "decimal"),
            Attribute("photo", "binary"),
            Attribute("nickNames", multi_valued=True),
            Attribute("name", "complex", subs=table(Attribute("givenName"), Attribute("familyName"))),
            Attribute("app", "complex", subs=table(Attribute("value", case_exact=True), Attribute("display"))),
            Attribute("emails", "complex", multi_valued=True, subs=emails),
            Attribute(
                "keys", "complex", multi_valued=True, subs=table(Attribute("value", secret=True), Attribute("type"))
            ),
            Attribute("slots", "complex", multi_valued=True, subs=table(Attribute("value")), filterable=False),
            Attribute("properties", "complex", open=True),
            Attribute("tags", "complex", open=True, open_multi=True),
            Attribute(
                "meta", "complex", subs=table(Attribute("created", "dateTime"), Attribute("lastModified", "dateTime"))
            ),
        ),
        extensions={
            ENTERPRISE: table(
                Attribute("department"),
                Attribute(
                    "manager", "complex", subs=table(Attribute("value", case_exact=True), Attribute("displayName"))
                ),
            )
        },
        verbs=frozenset(("get", "search", "create", "replace", "modify", "delete")),
    )
