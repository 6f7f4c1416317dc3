"""docs/callers.md: the table of built-in roles is the one that the gateway has, and its examples name roles that there are."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from gateway.settings.roles import ROLES
from tests.house.page import DOCS, Page, table

PAGE = "callers.md"


def roles() -> str:
    rows = [
        [
            f"`{name}`",
            "; ".join(f"{', '.join(rule.may)} on {', '.join(rule.types)}".replace("*", "all types") for rule in rules),
        ]
        for name, rules in ROLES.items()
    ]
    return table(["built-in role", "may"], rows)


def test_the_table_of_roles_is_the_built_in_one(page: Callable[[str], Page]) -> None:
    page(PAGE).holds("roles", roles())


def test_the_examples_name_roles_that_there_are() -> None:
    text = (DOCS / PAGE).read_text(encoding="utf-8")
    block = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])
    known = {*ROLES, *block["roles"]}
    assert {role for caller in block["callers"] for role in caller["roles"]} <= known
