"""A type with one attribute for each rule of its JSON Schemas, and two actions."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gateway.scim.schema import Attribute, ResourceType

CORE = "urn:ietf:params:scim:schemas:core:2.0:Thing"
EXTRA = "urn:ietf:params:scim:schemas:extension:extra:2.0:Thing"


def table(*attributes: Attribute) -> Mapping[str, Attribute]:
    return {attribute.name.lower(): attribute for attribute in attributes}


def thing() -> ResourceType:
    kinds = table(
        Attribute("flag", "boolean"),
        Attribute("number", "integer"),
        Attribute("amount", "decimal"),
        Attribute("moment", "dateTime"),
        Attribute("photo", "binary"),
        Attribute("link", "reference"),
    )
    return ResourceType(
        name="Thing",
        endpoint="/Things",
        schema=CORE,
        description="",
        core={
            **table(
                Attribute("id", mutability="readOnly", returned="always"),
                Attribute("title", required=True, min_length=1, max_length=9, description="Its title."),
                Attribute("colour", canonical=("red", "blue")),
                Attribute("made", "dateTime", mutability="readOnly"),
                Attribute("secret", mutability="writeOnly", secret=True),
                Attribute("gone", returned="never"),
                Attribute("words", multi_valued=True),
                Attribute(
                    "parts",
                    "complex",
                    multi_valued=True,
                    subs=table(Attribute("value", required=True), Attribute("type", canonical=("a", "b"))),
                ),
                Attribute("map", "complex", open=True),
                Attribute("lists", "complex", open=True, open_multi=True),
            ),
            **kinds,
        },
        extensions={EXTRA: table(Attribute("more"))},
        verbs=frozenset(("get", "search", "create", "modify")),
        required_extensions=frozenset((EXTRA,)),
    )


@pytest.fixture(scope="session")
def types() -> Mapping[str, ResourceType]:
    core = table(Attribute("password", mutability="writeOnly"))
    check = ResourceType("Check", "/Check", "urn:check", "Checks a password.", core, {}, frozenset(("act",)))
    change = ResourceType("Change", "/Change", "urn:change", "", core, {}, frozenset(("act", "replace")))
    return {kind.endpoint[1:].lower(): kind for kind in (thing(), check, change)}
