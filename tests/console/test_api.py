"""The console's API: who may ask it, what it shows of a request, what an edited mapping does, and what it never tells."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from gateway.console.recent import Recent
from gateway.console.wanted import is_wanted
from gateway.errors import ConfigError
from gateway.events import RequestEnded
from gateway.mapping.load import find_mappings
from gateway.settings import Settings
from tests.conftest import World
from tests.console.conftest import Page, Pages
from tests.test_explain import Explain, explain

__all__ = ["explain"]
pytestmark = pytest.mark.anyio
USER = "mappings/User.yaml"
KEY = "k" * 24
FILTER = (
    '/admin/v1/Users?filter=active eq true and (userName eq "bjensen" or name.familyName co "ens")&attributes=userName'
)


def user_with(line: str, instead: str) -> dict[str, Any]:
    text = (find_mappings() / "User.yaml").read_text(encoding="utf-8")
    assert line in text
    return {"mappings": [{"file": USER, "text": text.replace(line, instead)}]}


# what is shown of a request


async def test_a_request_is_told_from_its_filter_to_its_answer(page: Page) -> None:
    told = await page.run(FILTER)
    active, either = told["plan"]["tree"]["terms"]
    assert active["on"]["list"] == {"fate": "pushed", "pushed": ["userState=active"]}
    assert either["on"]["list"]["fate"] == "checked"
    assert [each["place"].startswith(f"{USER}:") for each in either["terms"]] == [True, True]
    (call,) = told["run"]["calls"]
    assert call["call"].startswith("GET /core/v1/clients/100/users?userState=active")
    assert call["reply"]["items"][0]["loginId"]
    assert call["lines"]["items/loginId"] == told["run"]["answer"]["lines"]["userName"] == either["terms"][0]["place"]
    assert [each["stage"] for each in told["stages"]] == ["parse", "plan", "nevisidm", "check", "shape"]
    assert told["run"]["answer"]["body"]["totalResults"] == 2


async def test_every_call_of_every_example_names_the_line_that_says_it_and_shows_no_secret(page: Page) -> None:
    files: dict[str, list[str]] = {}
    for example in (await page.get("/api/start")).json()["examples"]:
        body = "" if example["body"] is None else json.dumps(example["body"])
        told = await page.run(unquote_plus(example["path"]), example["method"], body=body)
        assert "Welcome-" not in json.dumps(told), example["title"]
        if example["title"].startswith("Refused"):
            continue
        assert told["run"]["answer"]["status"] < 500, example["title"]
        assert told["run"]["calls"], example["title"]
        for call in told["run"]["calls"]:
            name, line, _ = call["place"].split(":")
            files.setdefault(name, (find_mappings().parent / name).read_text(encoding="utf-8").splitlines())
            assert call["call"].split()[0] in files[name][int(line) - 1], (
                example["title"],
                call["call"],
                call["place"],
            )


async def test_each_attribute_of_an_answer_names_its_line(page: Page) -> None:
    told = await page.run("/scim/v2/Users/u-1001")
    lines = (find_mappings() / "User.yaml").read_text(encoding="utf-8").splitlines()
    named = told["run"]["answer"]["lines"]
    assert {"id", "userName", "name/givenName", "emails/value", "meta/created"} <= set(named)
    for path in ("userName", "name/givenName", "meta/created", "id"):
        line = lines[int(named[path].split(":")[1]) - 1].strip()
        assert line.startswith(path.replace("/", ".")), (path, line)


async def test_it_is_the_document_that_explain_prints(page: Page, explain: Explain) -> None:
    def timeless(told: Any) -> Any:
        if isinstance(told, dict):
            spoiled = ("milliseconds", "began", "stages", "findings", "edited", "body", "reply", "lines", "routes")
            return {name: timeless(each) for name, each in told.items() if name not in spoiled}
        return [timeless(each) for each in told] if isinstance(told, list) else told

    said = await asyncio.to_thread(explain, "--json", "--run", f"GET {FILTER}")
    printed = json.loads(said.output)
    assert timeless(await page.run(FILTER)) == timeless(printed)


async def test_a_refused_request_is_shown_as_it_is_refused(page: Page) -> None:
    told = await page.run('/scim/v2/Users?filter=usrName eq "b"')
    assert (told["status"], told["code"]) == (400, "GW105")
    assert "userName" in told["refused"]["detail"]
    assert "Users" in (await page.run("/nowhere"))["problem"]


@pytest.mark.parametrize("path", ["Schemas", "ServiceProviderConfig", "Bulk", "Me"])
async def test_what_has_no_plan_of_its_own_is_said_to_have_none(page: Page, path: str) -> None:
    assert "no plan of its own" in (await page.run(f"/scim/v2/{path}"))["problem"]
    assert "problem" not in await page.run("/scim/v2/Users/.search", "POST", body='{"filter": "usrName pr"}')


async def test_a_refusal_of_nevisidm_names_the_row_that_says_what_it_means(page: Page) -> None:
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bjensen"}
    body |= {"name": {"givenName": "B", "familyName": "J"}, "emails": [{"value": "b@example.org", "type": "work"}]}
    answer = (await page.run("/scim/v2/Users", "POST", body=json.dumps(body)))["run"]["answer"]
    assert answer["status"] == 409
    file, line = answer["place"].split(":")[:2]
    text = (await page.get(f"/api/mapping/{file}")).json()["text"].splitlines()[int(line) - 1]
    assert "uniqueness" in text


async def test_no_password_is_shown_anywhere(page: Page) -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "zoe",
        "name": {"givenName": "Zoe", "familyName": "Top"},
        "emails": [{"value": "zoe@example.org", "type": "work", "primary": True}],
        "password": "Hidden-Secret-1",
    }
    told = await page.run("/scim/v2/Users", "POST", body=json.dumps(body))
    assert told["run"]["answer"]["status"] == 201
    assert "***" in json.dumps([each.get("sent") for each in told["run"]["calls"]])
    assert "Hidden-Secret-1" not in json.dumps(told)
    check = {
        "schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"],
        "mappingAttribute": "userName",
    }
    check |= {"mappingAttributeValue": "zoe", "password": "Hidden-Secret-1"}
    told = await page.run("/admin/v1/PasswordAuthenticator", "POST", body=json.dumps(check))
    assert told["run"]["calls"]
    assert "Hidden-Secret-1" not in json.dumps(told)
    told = await page.run('/admin/v1/UserDbCredentials?filter=user.value eq "u-1001"')
    assert told["run"]["answer"]["body"]["Resources"][0]["dbPassword"] == "***"
    stored = [each for each in told["run"]["calls"][0]["reply"]["items"] if "properties" in each]
    assert stored
    assert all(
        "hash" not in key.lower() or value == "***" for each in stored for key, value in each["properties"].items()
    )


# edited mappings


async def test_an_edit_with_a_mistake_is_told_with_its_place_and_runs_nothing(page: Page) -> None:
    edit = user_with("userName:          { idm: user.loginId,", "userName:          { idm: user.lognId,")
    (found,) = [each for each in (await page.post("lint", edit)).json()["findings"] if each["level"] == "error"]
    text = edit["mappings"][0]["text"].splitlines()[found["line"] - 1]
    assert text[found["column"] - 1 :].startswith("user.lognId")
    assert (found["code"], found["file"]) == ("M301", USER)
    assert "loginId" in found["cure"]
    told = await page.run("/scim/v2/Users/u-1001", **edit)
    assert "errors" in told["problem"]
    assert "run" not in told
    assert found in told["findings"]


async def test_an_edit_is_run_and_never_served(page: Page, world: World) -> None:
    before = world.context.mappings
    edit = user_with(
        "nickName:          { idm: properties.nickName }",
        "nickName:          { idm: user.loginId, as: upper, mutability: readOnly }",
    )
    told = await page.run("/scim/v2/Users/u-1001?attributes=nickName", **edit)
    assert told["run"]["answer"]["body"]["nickName"] == "BJENSEN"
    assert told["edited"] is True
    assert world.context.mappings is before
    served = await world.send("GET", "/scim/v2/Users/u-1001?attributes=nickName")
    assert served.json().get("nickName") != "BJENSEN"
    assert (await page.run("/scim/v2/Users/u-1001?attributes=nickName"))["run"]["answer"]["body"].get(
        "nickName"
    ) != "BJENSEN"


@pytest.mark.parametrize(
    "name", ["mappings/_errors.yaml", "mappings/../../etc/passwd", "mappings/Nobody.yaml", "/etc/passwd"]
)
async def test_only_files_of_types_are_edited(page: Page, name: str) -> None:
    answer = await page.post("lint", {"mappings": [{"file": name, "text": "format: 1\n"}]})
    assert answer.status_code == 404


async def test_no_file_but_a_mapping_is_read(page: Page) -> None:
    assert (await page.get(f"/api/mapping/{USER}")).json()["text"].count("resource: User\n") == 1
    for path in (
        "/api/mapping/mappings/..%2f..%2fpyproject.toml",
        "/api/mapping/..%2f/pyproject.toml",
        "/..%2fapp.py",
        "/app.py",
        "/__init__.py",
    ):
        assert (await page.get(path)).status_code == 404, path


# browsing


async def test_attributes_say_where_they_come_from(page: Page, world: World) -> None:
    types = (await page.get("/api/types")).json()["types"]
    assert {each["resource"] for each in types} == set(world.context.mappings.by_name)
    user = (await page.get("/api/types/User")).json()
    named = {each["name"]: each for each in user["attributes"]}
    assert named["userName"]["origin"][0]["fields"] == ["user.loginId"]
    assert {"op": "eq", "fate": "pushed", "route": "list"} in named["userName"]["filter"]
    assert named["preferredLanguage"]["origin"][0]["lens"] == "lower"
    assert named["emails.value"]["origin"][0]["slot"] == "work"
    assert (named["password"]["mutability"], named["password"]["returned"], named["password"]["filter"]) == (
        "writeOnly",
        "never",
        [],
    )
    assert named["nevis:unit"]["place"].startswith(f"{USER}:")
    assert (await page.get("/api/types/Nobody")).status_code == 404


async def test_every_type_can_be_browsed(page: Page, world: World) -> None:
    for name in ("Group", "Grant", "PasswordAuthenticator", "MyDevice", "UserDbCredentials"):
        assert (await page.get(f"/api/types/{name}")).json()["attributes"], name


# the live view


async def test_recent_requests_are_shapes() -> None:
    recent = Recent(2)
    for number in range(3):
        recent(
            RequestEnded(
                f"r{number}", "rfc", "search", "User", 200, None, "userName eq ?", 0.01, (("parse", 0.001),), 1
            )
        )
    told = recent.since(0)
    assert [each["number"] for each in told["requests"]] == [2, 3], "bounded: the oldest is gone"
    assert told["last"] == 3
    assert recent.since(3)["requests"] == []
    assert set(told["requests"][0]) == {
        *(
            "number",
            "at",
            "dialect",
            "operation",
            "resource",
            "shape",
            "status",
            "code",
            "milliseconds",
            "calls",
            "stages",
        )
    }
    recent(RequestEnded("r", "rfc", "BJENSEN", "", 400, "GW112", None, 0.01, (), 0))
    assert recent.since(3)["requests"][0]["operation"] == "?", "a method is a client's word"


# who may ask


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:9090", "127.0.0.1.evil.example", "localhost.evil.example", ""]
)
async def test_a_name_that_is_not_ours_gets_nothing(page: Page, host: str) -> None:
    for path in ("", "/main.js", "/api/start", "/api/types"):
        assert (await page.get(path, host=host)).status_code == 421
    assert (await page.post("run", {}, host=host)).status_code == 421


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:9090", "[::1]:9090", "192.0.2.7", "console.localhost:1", "gateway.example:9090"]
)
async def test_addresses_and_names_of_ours_may(page_for: Pages, host: str) -> None:
    assert (await page_for(hosts=("gateway.example",)).get("/api/start", host=host)).status_code == 200


async def test_another_sites_page_runs_nothing(page: Page) -> None:
    run = {"address": "/scim/v2/Users/u-1001"}
    assert (await page.post("run", run, origin="http://evil.example")).status_code == 403
    assert (await page.post("run", run, origin="null")).status_code == 403
    assert (await page.post("run", run, sec_fetch_site="cross-site")).status_code == 403
    assert (await page.get("/api/recent", sec_fetch_site="same-site")).status_code == 403
    assert (await page.post("run", run, content_type="text/plain")).status_code == 415
    assert (
        await page.post("run", run, origin="http://localhost:9090", sec_fetch_site="same-origin")
    ).status_code == 200


async def test_the_page_runs_nothing_but_its_own_files(page: Page) -> None:
    answer = await page.get("")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script>" not in answer.text
    assert "http" not in answer.text.replace("http-equiv", ""), "nothing comes from elsewhere"
    for name in ("main.js", "tokens.css", "icon.svg"):
        assert (await page.get(f"/{name}")).headers["content-type"].split(";")[0] in (
            "text/javascript",
            "text/css",
            "image/svg+xml",
        )


async def test_too_large_a_body_is_refused(page: Page) -> None:
    assert (await page.post("run", {"body": "x" * 3_000_000})).status_code == 413
    assert (
        await page.client.post("/console/api/run", content=b"[1", headers={"content-type": "application/json"})
    ).status_code == 400
    assert (await page.post("lint", {"mappings": [{"file": USER, "text": "x" * 500_000}]})).status_code == 400


# in front of a real nevisIDM


def test_a_console_before_a_real_nevisidm_is_asked_for_and_has_a_key() -> None:
    admin = {"port": 9090}
    assert not is_wanted(Settings(admin=admin), sandbox=False)
    assert is_wanted(Settings(), sandbox=True)
    assert not is_wanted(Settings(console={"enabled": False}), sandbox=True)
    with pytest.raises(ConfigError, match="set admin"):
        is_wanted(Settings(console={"enabled": True, "key": KEY}), sandbox=False)
    with pytest.raises(ConfigError, match=r"console\.key"):
        is_wanted(Settings(admin=admin, console={"enabled": True}), sandbox=False)
    assert is_wanted(Settings(admin=admin, console={"enabled": True, "key": KEY}), sandbox=False)


async def test_a_real_one_is_only_read_and_its_values_are_hidden(page_for: Pages, world: World) -> None:
    page = page_for(sandbox=False, key=KEY)
    shown = {"authorization": f"Basic {base64.b64encode(f'me:{KEY}'.encode()).decode()}"}
    refused = await page.get("")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic ")
    wrong = base64.b64encode(b"me:" + b"x" * 24).decode()
    assert (await page.get("/api/start", authorization=f"Basic {wrong}")).status_code == 401
    assert (await page.get("/api/start", authorization="Basic ***")).status_code == 401
    page.client.headers.update(shown)
    assert (await page.get("/api/start")).json()["values"] is False

    told = await page.run('/scim/v2/Users?filter=name.familyName eq "Jensen"')
    text = json.dumps(told["run"])
    assert told["run"]["answer"]["body"]["totalResults"] >= 1
    assert set(told["run"]["answer"]["body"]["Resources"][0]["name"].values()) == {"***"}
    assert "Barbara" not in text
    assert "u-1001" not in text
    assert told["run"]["calls"][0]["call"].startswith("GET /core/v1/clients/{}/users?name.familyName_IEQ")
    one = await page.run("/scim/v2/Users/u-1001")
    assert one["run"]["calls"][0]["call"] == "GET /core/v1/{}/users/{}"

    for example in (await page.get("/api/start")).json()["examples"]:
        if example["method"] == "GET" and not example["title"].startswith("Refused"):
            ran = json.dumps((await page.run(unquote_plus(example["path"])))["run"])
            assert not [each for each in ("ensen", "u-1", "@example.org", "2024-") if each in ran], example["title"]

    told = await page.run("/scim/v2/Users/u-1001", "DELETE")
    assert "only reads" in told["problem"]
    assert "run" not in told
    assert (await world.send("GET", "/scim/v2/Users/u-1001")).status_code == 200
    assert "sandbox only" in (await page.run("/scim/v2/Users/u-1001", mappings=[{"file": USER, "text": ""}]))["problem"]
    assert (await page.post("lint", {"mappings": [{"file": USER, "text": ""}]})).status_code == 403


def test_the_page_is_shipped() -> None:
    folder = Path(find_mappings()).parent / "gateway" / "console" / "page"
    assert {each.suffix for each in folder.iterdir()} == {".html", ".css", ".js", ".svg"}
