"""Anything at all, as body and as address: never a 500, never anything but a SCIM Error in the envelope of its dialect."""

from __future__ import annotations

import json
import os
import random
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.raw import ACTION, NEVIS, PATCH_OP, ROOTS, SEARCH, STORED, USER, check_calm, check_error, send


@pytest.fixture
async def world(make_world: Any) -> Any:
    """The usual world, which Hypothesis need not print."""
    made = await make_world()
    made.__class__ = type("World", (type(made),), {"__repr__": lambda _: "the usual world"})
    return made


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["schemas", "userName", "name", "emails", "value", "type", "Operations", "op", "path", "user", "filter", "count",
                         "identification", "validity", "properties", "password", "id", "meta", NEVIS, "profile", "x", "dbPassword",
                         "mappingAttributeValue", "familyName", "method", "bulkId", "data", "attributes"])
        | st.text(max_size=4),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip
TARGETS = [
    *STORED, ACTION, "/Bulk", "/.search", "/Me", "/Users/.search", "/Users/u-1001", "/Users/u-1002",
    "/UserGenericCredentials/u-1001~badge-1001", "/UserSecurIdCredentials/u-1001~~securid",
    "/UserDbCredentials/u-1001~db-1001", "/MyUserDbCredentials", "/Schemas", "/ResourceTypes",
    "/ServiceProviderConfig",
]  # fmt: skip
URNS = [
    USER,
    PATCH_OP,
    SEARCH,
    "urn:ietf:params:scim:schemas:nevisidm:2.0:UserGenericCredentials",
    "urn:ietf:params:scim:schemas:oracle:idcs:UserDbCredentials",
    "urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator",
    "urn:ietf:params:scim:api:messages:2.0:BulkRequest",
]
OPS = ["add", "replace", "remove"]
PATHS = [
    "name",
    "emails",
    "title",
    "active",
    'emails[type eq "work"].value',
    NEVIS,
    f"{NEVIS}:profile.costCentre",
    "properties",
    "user",
]
FUZZ = settings(
    max_examples=int(os.environ.get("INPUT_EXAMPLES", "120")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Random JSON, often under the schemas that would be right, sometimes damaged."""
    value = draw(JSONS)
    if isinstance(value, dict) and draw(st.booleans()):
        value["schemas"] = [draw(st.sampled_from(URNS))]
        if PATCH_OP in value["schemas"]:
            op = st.fixed_dictionaries(
                {"op": st.sampled_from(OPS), "path": st.sampled_from(PATHS)}, optional={"value": JSONS}
            )
            value["Operations"] = draw(st.lists(op, max_size=3))
    text = json.dumps(value).encode()
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.binary(max_size=3)) + text[place + draw(st.integers(0, 3)) :]
    return text


@FUZZ
@given(
    root=st.sampled_from(ROOTS),
    method=st.sampled_from(["POST", "PUT", "PATCH", "POST", "GET", "DELETE"]),
    target=st.sampled_from(TARGETS),
    body=bodies(),
)
async def test_no_body_breaks_anything(world: Any, root: str, method: str, target: str, body: bytes) -> None:
    answer = await send(world, method, root + target, body)
    check_calm(world, answer)
    if answer.status >= 400 and target != "/Bulk":
        check_error(world, root, answer)


KNOWN = [*STORED, ACTION, "/Me", "/.search", "/u-1001", "/Schemas", "/Bulk", "/..", "/.", "/", "/ResourceTypes"]
SEGMENTS = (
    st.sampled_from([each[1:] for each in KNOWN])
    | st.text(max_size=6).map(lambda text: quote(text, safe="", errors="replace"))
    | st.text("%/.~abcdef0129{}", max_size=6)
)


@FUZZ
@given(
    root=st.sampled_from(ROOTS),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    path=st.lists(SEGMENTS, max_size=4),
    query=st.dictionaries(
        st.sampled_from(
            [
                "filter",
                "count",
                "startIndex",
                "sortBy",
                "attributes",
                "excludedAttributes",
                "attributeSets",
                "cursor",
                "x",
            ]
        ),
        st.text(max_size=12) | st.sampled_from(["userName pr", "1", "-1", "id", "all", 'emails[type eq "work"]']),
        max_size=3,
    ),
)
async def test_no_address_breaks_anything(
    world: Any, root: str, method: str, path: list[str], query: dict[str, str]
) -> None:
    asked = "&".join(f"{name}={quote(value, safe='', errors='replace')}" for name, value in query.items())
    answer = await send(world, method, f"{root}/{'/'.join(path)}?{asked}", b"{}" if method[0] == "P" else b"")
    check_calm(world, answer)
    if answer.status >= 400 and method != "HEAD":
        check_error(world, root, answer)


async def test_random_bytes_are_no_request(world: Any) -> None:
    chance = random.Random(5)
    for _ in range(100):
        body = chance.randbytes(chance.randint(1, 200))
        answer = await send(world, "POST", f"{chance.choice(ROOTS)}/Users", body)
        check_calm(world, answer)
        assert answer.status == 400
