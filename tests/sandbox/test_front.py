"""The way in: authentication, paths, media types, bodies, the journal."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from gateway.sandbox.box import Entry
from gateway.sandbox.endpoint import Endpoint
from gateway.sandbox.router import Router


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer wrong", "Basic YWxsOmFsbA==", "all"])
async def test_without_a_known_token_everything_is_401_without_json(nevis: Any, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    for path in ("/nevisidm/api/core/v1/clients", "/nevisidm/api/nowhere"):
        reply = await nevis.http.get(path, headers=headers)
        assert (reply.status_code, reply.headers["content-type"]) == (401, "text/html; charset=utf-8")
        assert reply.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "path", ["/", "/nevisidm/api/core/v2/clients", "/api/core/v1/clients", "clients/100/nothing", "clients/"]
)
async def test_an_unknown_path_is_404_with_html(nevis: Any, path: str) -> None:
    reply = await nevis("GET", path)
    assert (reply.status_code, reply.headers["content-type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"{}", "text/plain", 415, "unsupportedMediaType"),
        (b"{}", "application/scim+json", 415, "unsupportedMediaType"),
        (b"{}", "", 415, "unsupportedMediaType"),
        (b"{", "application/json", 400, "jsonProcessingError"),
        (b"\xff", "application/json", 400, "jsonProcessingError"),
        (b'"\\ud800"', "application/json", 400, "jsonProcessingError"),
        (b"[" * 2000, "application/json", 400, "jsonProcessingError"),
        (b"[]", "application/json", 422, "deserialization"),
        (b"null", "application/json", 422, "nullRequestBody"),
        (b"", "application/json", 422, "nullRequestBody"),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(
    nevis: Any, content: bytes, media_type: str, status: int, code: str
) -> None:
    headers = {"Authorization": "Bearer all", **({"Content-Type": media_type} if media_type else {})}
    reply = await nevis.http.post("/nevisidm/api/core/v1/100/users", content=content, headers=headers)
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (status, f"errors.{code}")


async def test_a_charset_behind_the_media_type_is_fine(nevis: Any) -> None:
    headers = {"Authorization": "Bearer all", "Content-Type": "application/json; charset=UTF-8"}
    body = json.dumps({"extId": "e", "name": "Rôle"}).encode()
    reply = await nevis.http.post("/nevisidm/api/core/v1/100/eroles", content=body, headers=headers)
    assert reply.status_code == 201


@pytest.mark.parametrize("ext_id", ["a/b", "a%2Fb", "a?b=c", "Zürich", "日本", "a;b", "+", "..%", "a#b", "\\'"])
async def test_any_character_of_an_ext_id_can_stand_in_a_path(nevis: Any, ext_id: str) -> None:
    body = {
        "extId": ext_id,
        "loginId": "x",
        "name": {"firstName": "A", "familyName": "B"},
        "contacts": {"email": "x@y"},
    }
    location = await nevis.made("100/users", body)
    assert location == f"http://nevis/nevisidm/api/core/v1/100/users/{quote(ext_id, safe='')}"
    assert (await nevis.seen(location.removeprefix("http://nevis")))["extId"] == ext_id


async def test_the_journal_keeps_the_calls_in_order_without_secrets(nevis: Any) -> None:
    nevis.box.journal.on = True
    await nevis.user()
    await nevis("POST", "100/users/user-123/password", {"password": "Geheim-2026"})
    await nevis("GET", "clients/100/users?limit=1")
    await nevis("GET", "nothing")
    assert nevis.box.journal()[1:] == [
        Entry("POST", "/nevisidm/api/core/v1/100/users/user-123/password", "", {"password": "***"}, 201),
        Entry("GET", "/nevisidm/api/core/v1/clients/100/users", "limit=1", None, 200),
    ]


async def test_the_journal_is_off_until_asked_for(nevis: Any) -> None:
    await nevis.user()
    assert nevis.box.journal() == []


@pytest.mark.parametrize(
    ("release", "since", "served"),
    [
        *[("2.71", "2.71", True), ("2.71", "2.75.2", False), ("2.90", "2.88", True), ("2.90", "7.2405", False)],
        *[
            ("7.2405", "7.2405", True),
            ("8.2405", "7.2405", True),
            ("8.2511", "8.2605", False),
            ("9.2605", "8.2605", True),
        ],
        *[("2.75.2", "2.75.2", True), ("2.75.1", "2.75.2", False), ("8.2405.1", "2.88", True)],
    ],
)
async def test_an_endpoint_exists_from_its_release_on(nevis: Any, release: str, since: str, served: bool) -> None:
    nevis.switch(release=release)
    router = Router([Endpoint("x", "GET", "/a/{b}", lambda call: call, since=since)])
    assert (router.find(nevis.box, "GET", "/a/1") is not None) is served


async def test_a_literal_segment_wins_over_a_hole(nevis: Any) -> None:
    rows = [("hole", "/{a}/users/{b}"), ("literal", "/clients/{a}/users")]
    router = Router([Endpoint(name, "GET", path, lambda call: call) for name, path in rows])
    found = [router.find(nevis.box, "GET", path) for path in ("/clients/users/users", "/c/users/u")]
    assert [one and (one[0].id, one[1]) for one in found] == [
        ("literal", {"a": "users"}),
        ("hole", {"a": "c", "b": "u"}),
    ]
