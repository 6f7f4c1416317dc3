"""A refusal about a field of nevisIDM's names the attribute that stands on it: what a client policy wants of every user, and how."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.refusing import SOMEBODY, Rule, mandatory, patch, policy, somebody
from tests.faults.test_error_codes import ROOTS, prepare

EMAIL = 'emails[type eq "work"].value'
MOBILE = 'phoneNumbers[type eq "mobile"].value'
PHONE = 'phoneNumbers[type eq "work"].value'
UNIQUE = {"validation__user__mobile__unique": "true"}
CASES = [
    (Rule("POST", "/Users", somebody(), before=[mandatory("mobile")]), 400, f"The value of {MOBILE} is missing"),
    (Rule("POST", "/Users", somebody(), before=[mandatory("sex")]), 400, "is missing, and nevisIDM wants one"),
    (Rule("PATCH", f"/Users/{SOMEBODY}", patch(EMAIL, "nobody")), 400, f"nevisIDM refused the value of {EMAIL}"),
    (
        Rule(
            "POST",
            "/Users",
            somebody(phoneNumbers=[{"value": "+41790001002", "type": "mobile"}]),
            before=[policy("ClientPolicy", **UNIQUE)],
        ),
        409,
        f"The value of {MOBILE} is taken already",
    ),
    (
        Rule(
            "PATCH",
            f"/Users/{SOMEBODY}",
            patch(PHONE, "12"),
            before=[policy("ClientPolicy", validation__user__phone__regex=r"\+[0-9]{11}")],
        ),
        400,
        f"nevisIDM refused the value of {PHONE}",
    ),
]


@pytest.mark.parametrize("root", ROOTS, ids=["idcs", "rfc"])
@pytest.mark.parametrize(("rule", "status", "detail"), CASES)
async def test_the_attribute_and_the_cure_are_named(
    make_upstream: Any, rule: Rule, status: int, detail: str, root: str
) -> None:
    up = await make_upstream()
    await prepare(up, rule)
    reply = await up.send(rule.method, root + rule.path, rule.sent)
    assert reply.status_code == status, reply.text
    assert detail in reply.json()["detail"]
