"""Roles through a whole gateway: who may do what with which attribute, and that nothing shows through where it may not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.assembly import context_for, embedded
from gateway.edge.caller.tokens import digest
from gateway.errors import ConfigError
from gateway.events import Event, Events, MappingsKept
from gateway.running.reloading import Held
from gateway.settings import Settings

pytestmark = pytest.mark.anyio

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
ROLES: dict[str, Any] = {
    "Phone book": [{"types": ["User"], "may": ["read"], "only": ["name.familyName", "phoneNumbers"]}],
    "Discreet": [{"types": ["User"], "may": ["read"], "never": ["emails", "name.givenName"]}],
    "Mailer": [{"types": ["User"], "may": ["modify", "replace"], "only": ["emails", "title"]}],
    "Titler": [{"types": ["User"], "may": ["modify"], "only": ["title"]}],
    "Recruiter": [{"types": ["User"], "may": ["create"], "only": ["userName", "name", "emails"]}],
}
Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
async def ask(make_world: Any) -> Ask:
    """Asks as somebody with these roles."""
    chosen = {
        "reader": ["Reader"],
        "book": ["Phone book"],
        "discreet": ["Discreet"],
        "mailer": ["Reader", "Mailer"],
        "blind": ["Discreet", "Titler"],
        "titler": ["Phone book", "Titler"],
        "recruiter": ["Recruiter"],
        "door": ["Sign-in"],
    }
    callers = [{"subject": name, "token_sha256": digest(name), "roles": roles} for name, roles in chosen.items()]
    world = await make_world(users=8, callers=callers, roles=ROLES)

    async def asked(
        who: str | None, method: str, path: str, body: Any = None, root: str = "/scim/v2", tag: str | None = None
    ) -> Any:
        login = {"Authorization": f"Bearer {who}"} if who else {}
        login |= {"If-Match": tag} if tag else {}
        return await world.send(method, root + path, body, **login)

    return asked


async def somebody(ask: Ask) -> dict[str, Any]:
    found = (await ask(None, "GET", "/Users?filter=emails pr and name.givenName pr&count=1")).json()["Resources"][0]
    return dict(found)


async def test_a_reader_reads_and_writes_nothing(ask: Ask) -> None:
    person = await somebody(ask)
    assert (await ask("reader", "GET", f"/Users/{person['id']}")).json() == person
    for method, path, body in (
        ("POST", "/Users", {"schemas": [USER], "userName": "x"}),
        ("PUT", f"/Users/{person['id']}", person),
        ("PATCH", f"/Users/{person['id']}", {"schemas": [PATCH], "Operations": [{"op": "remove", "path": "title"}]}),
        ("DELETE", f"/Users/{person['id']}", None),
        ("POST", "/PasswordAuthenticator", {"schemas": ["x"]}),
    ):
        refused = await ask("reader", method, path, body)
        assert refused.status_code == 403, (method, refused.text)
        assert "Your roles do not allow" in refused.json()["detail"]
    assert (await ask(None, "GET", f"/Users/{person['id']}")).json() == person


@pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])
async def test_only_what_a_role_names_is_seen(ask: Ask, root: str) -> None:
    for query in ("", "?attributes=userName,emails,name,title", "?excludedAttributes=title", "?attributeSets=all"):
        if "Sets" in query and root == "/scim/v2":
            continue
        page = (await ask("book", "GET", f"/Users{query}", root=root)).json()["Resources"]
        seen = {key for each in page for key in each} - {"id", "schemas", "meta", "ocid"}
        assert seen <= {"name", "phoneNumbers"}, (query, seen)
        assert {key for each in page for key in each.get("name", {})} <= {"familyName"}


@pytest.mark.parametrize(
    "question",
    [
        'filter=emails.value co "a"',
        'filter=emails[value co "a"]',
        'filter=userName sw "a" and emails pr',
        'filter=not (name.givenName eq "Anna")',
        "sortBy=name.givenName",
        "sortBy=emails.value",
    ],
)
async def test_what_is_not_seen_cannot_be_asked_about(ask: Ask, question: str) -> None:
    assert (await ask("reader", "GET", f"/Users?{question}")).status_code == 200
    refused = await ask("discreet", "GET", f"/Users?{question}")
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidFilter")
    name, _, value = question.partition("=")
    posted = await ask("discreet", "POST", "/Users/.search", {"schemas": [SEARCH], name: value})
    assert posted.status_code == 400


async def test_types_that_may_not_be_searched_are_not_found_anywhere(ask: Ask) -> None:
    body = {"schemas": [SEARCH], "count": 5}
    assert (await ask("book", "GET", "/UserDbCredentials")).status_code == 403
    found = (await ask("book", "POST", "/.search", body)).json()["Resources"]
    assert {each["meta"]["resourceType"] for each in found if "meta" in each} <= {"User"}
    assert (await ask("door", "POST", "/.search", body)).json()["totalResults"] == 0


async def test_a_role_writes_what_it_names_and_nothing_else(ask: Ask) -> None:
    person = await somebody(ask)
    path = f"/Users/{person['id']}"

    def edit(*operations: dict[str, Any]) -> dict[str, Any]:
        return {"schemas": [PATCH], "Operations": list(operations)}

    done = await ask("mailer", "PATCH", path, edit({"op": "replace", "path": "title", "value": "Dr"}))
    assert (done.status_code, done.json()["title"]) == (200, "Dr")
    for operation in (
        {"op": "replace", "path": "name.familyName", "value": "Hacked"},
        {"op": "replace", "value": {"title": "Prof", "userName": "hacked"}},
        {"op": "remove", "path": "phoneNumbers"},
        {"op": "replace", "path": "password", "value": "Hacked-and-done-1"},
        {"op": "replace", "path": "active", "value": False},
    ):
        refused = await ask("mailer", "PATCH", path, edit({"op": "replace", "path": "title", "value": "No"}, operation))
        assert refused.status_code == 403, refused.text
    now = (await ask(None, "GET", path)).json()
    assert now["title"] == "Dr"
    assert {**now, "title": 0, "meta": 0} == {**person, "title": 0, "meta": 0}


async def test_a_put_of_what_was_read_is_harmless_and_of_less_is_not(ask: Ask) -> None:
    person = await somebody(ask)
    path = f"/Users/{person['id']}"
    read = (await ask("mailer", "GET", path)).json()
    assert (await ask("mailer", "PUT", path, {**read, "title": "Dr"})).status_code == 200
    shorter = {key: value for key, value in read.items() if key != "name"}
    assert (await ask("mailer", "PUT", path, {**shorter, "active": False})).status_code in (400, 403)
    assert (await ask(None, "GET", path)).json()["name"] == person["name"]


async def test_what_is_neither_seen_nor_written_is_refused_whatever_it_is(ask: Ask) -> None:
    """Else a PATCH that changes nothing would tell what is stored."""
    person = await somebody(ask)
    right = person["name"]["givenName"]
    answers = [
        await ask(
            "blind",
            "PATCH",
            f"/Users/{person['id']}",
            {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "name.givenName", "value": guess}]},
        )
        for guess in (right, "Guess")
    ]
    assert [each.status_code for each in answers] == [403, 403]
    assert answers[0].json() == answers[1].json()


async def test_an_answer_to_a_write_shows_no_more_than_a_read(ask: Ask) -> None:
    person = await somebody(ask)
    edit = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": "Dr"}]}
    done = await ask("titler", "PATCH", f"/Users/{person['id']}?attributes=emails,userName,title,name", edit)
    assert done.status_code == 200
    assert set(done.json()) - {"id", "schemas", "meta"} <= {"name", "phoneNumbers"}
    assert (await ask(None, "GET", f"/Users/{person['id']}")).json()["title"] == "Dr"


async def test_a_create_takes_only_what_the_role_may_write(ask: Ask) -> None:
    body = {
        "schemas": [USER],
        "userName": "newcomer",
        "name": {"givenName": "New", "familyName": "Comer"},
        "emails": [{"type": "work", "value": "new@example.org"}],
    }
    refused = await ask("recruiter", "POST", "/Users", {**body, "title": "Boss"})
    assert (refused.status_code, "title" in refused.json()["detail"]) == (403, True)
    made = await ask("recruiter", "POST", "/Users", body)
    assert made.status_code == 201
    assert "userName" not in made.json()
    assert (await ask("recruiter", "GET", f"/Users/{made.json()['id']}")).status_code == 403


async def test_a_bulk_is_no_way_around(ask: Ask) -> None:
    person = await somebody(ask)
    bulk = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{"method": "DELETE", "path": f"/Users/{person['id']}"}],
    }
    done = (await ask("reader", "POST", "/Bulk", bulk)).json()["Operations"]
    assert [str(each["status"]) for each in done] == ["403"]
    assert (await ask(None, "GET", f"/Users/{person['id']}")).status_code == 200


async def test_schemas_say_what_this_caller_is_shown(ask: Ask) -> None:
    schema = (await ask("discreet", "GET", f"/Schemas/{USER}")).json()
    told = {each["name"]: each["returned"] for each in schema["attributes"]}
    assert (told["emails"], told["userName"]) == ("never", "always")


async def test_a_version_tells_nothing_of_what_is_not_seen(make_world: Any) -> None:
    """Two worlds that differ in a hidden name only: who does not see it has the same tag in both, and no guess can be tried."""
    tags: dict[str, list[str]] = {"reader": [], "discreet": []}
    for name in ("Anna", "Berta"):
        callers = [
            {"subject": who, "token_sha256": digest(who), "roles": [role]}
            for who, role in (("reader", "Reader"), ("discreet", "Discreet"))
        ]
        only = [{"types": ["User"], "may": ["read"], "never": ["emails", "name.givenName", "name.formatted"]}]
        world = await make_world(users=3, callers=callers, roles={**ROLES, "Discreet": only})
        edit = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "name.givenName", "value": name}]}
        assert (await world.send("PATCH", "/scim/v2/Users/u-1001", edit)).status_code == 200
        for who, found in tags.items():
            reply = await world.send("GET", "/scim/v2/Users/u-1001", Authorization=f"Bearer {who}")
            rows = await world.send("GET", '/scim/v2/Users?filter=id eq "u-1001"', Authorization=f"Bearer {who}")
            assert rows.json()["Resources"][0]["meta"] == reply.json()["meta"]
            found.append(reply.headers["etag"])
    assert tags["reader"][0] != tags["reader"][1]
    assert tags["discreet"][0] == tags["discreet"][1]


async def test_nor_does_the_tag_of_somebody_who_sees_it(ask: Ask) -> None:
    """A tag with parts that the caller does not have fits nothing, right or wrong."""
    person = await somebody(ask)
    path = f"/Users/{person['id']}"
    right = (await ask(None, "GET", path)).headers["etag"]
    wrong = right[:-2] + ("a" if right[-2] != "a" else "b") + '"'
    edit = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": "Dr"}]}
    answers = [await ask("blind", "PATCH", path, edit, tag=tag) for tag in (right, wrong)]
    assert [each.status_code for each in answers] == [412, 412]
    own = (await ask("blind", "GET", path)).headers["etag"]
    assert (await ask("blind", "PATCH", path, edit, tag=own)).status_code == 200


async def test_a_name_in_a_free_map_that_may_not_be_seen_takes_the_map_with_it(make_world: Any) -> None:
    free = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User:properties"
    rules = {"no": [{"types": ["User"], "may": ["read"], "never": [f"{free}.costCentre"]}]}
    rules["one"] = [{"types": ["User"], "may": ["read"], "only": [f"{free}.costCentre"]}]
    callers = [{"subject": name, "token_sha256": digest(name), "roles": [name]} for name in rules]
    world = await make_world(users=3, callers=callers, roles=rules)
    path = f"/scim/v2/Users/u-1001?attributes={free}"
    assert "costCentre" in (await world.send("GET", path)).text
    for name in rules:
        answer = await world.send("GET", path, Authorization=f"Bearer {name}")
        assert answer.status_code == 200
        assert "costCentre" not in answer.text
        asked = f'/scim/v2/Users?filter={free}.costCentre eq "CC-0"'
        assert (await world.send("GET", asked, Authorization=f"Bearer {name}")).status_code == 400


@pytest.mark.parametrize(
    ("rule", "cure"),
    [
        ({"types": ["Usr"]}, "no resource type Usr; did you mean User?"),
        (
            {"types": ["User"], "only": ["usrName"]},
            "no type of the rule has an attribute usrName; did you mean userName?",
        ),
        ({"types": ["User"], "never": ["nevis:unt"]}, "nevis:unt; did you mean nevis:unit?"),
        ({"types": ["User"], "never": ["navis:unit"]}, "navis:unit; did you mean nevis:unit?"),
        ({"types": ["User"], "never": ["name.givenNam"]}, "name.givenNam; did you mean name.givenName?"),
        ({"types": ["Group"], "only": ["userName"]}, "attribute userName"),
        ({"types": ["User"], "never": ["urn:ietf:params:scim:schemas:core:2.0:Group:displayName"]}, "displayName"),
    ],
)
async def test_a_rule_that_speaks_of_nothing_is_a_finding(make_world: Any, rule: dict[str, Any], cure: str) -> None:
    with pytest.raises(ConfigError) as caught:
        await make_world(users=0, roles={"Odd": [{"may": ["read"], **rule}]})
    assert cure in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["nevis:unit", f"{NEVIS}:unit", f"{NEVIS.upper()}:UNIT", "nevis", NEVIS],
)
async def test_an_attribute_is_named_by_alias_by_urn_or_with_its_whole_extension(make_world: Any, name: str) -> None:
    never = [{"types": ["*"], "may": ["read"], "never": [name]}]
    callers = [{"subject": "x", "token_sha256": digest("x"), "roles": ["Odd"]}]
    world = await make_world(users=3, callers=callers, roles={"Odd": never})
    page = await world.send(
        "GET", f"/scim/v2/Users?attributes=userName,{NEVIS}:unit,{NEVIS}:state", Authorization="Bearer x"
    )
    assert page.status_code == 200
    shown = [each.get(NEVIS, {}) for each in page.json()["Resources"]]
    assert shown
    assert not any("unit" in each for each in shown)
    assert any(shown) is (name not in ("nevis", NEVIS))


async def test_the_type_s_own_urn_may_stand_before_a_name(make_world: Any) -> None:
    only = [{"types": ["User"], "may": ["read"], "only": ["urn:ietf:params:scim:schemas:core:2.0:User:userName"]}]
    callers = [{"subject": "x", "token_sha256": digest("x"), "roles": ["Odd"]}]
    world = await make_world(users=3, callers=callers, roles={"Odd": only})
    page = (await world.send("GET", "/scim/v2/Users", Authorization="Bearer x")).json()
    assert all("userName" in each and "name" not in each for each in page["Resources"])


async def test_mappings_that_no_longer_have_what_a_role_hides_are_not_taken_up(tmp_path: Path) -> None:
    """An attribute that got another name would be hidden from nobody."""
    file = tmp_path / "Person.yaml"
    text = (Path(__file__).parent / "mapping/folder/Person.yaml").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    odd = {"Odd": [{"types": ["Person"], "may": ["read"], "never": ["more:technical"]}]}
    settings = Settings(mappings=tmp_path, roles=odd, probe=False)
    events: list[Event] = []
    held = Held(settings, await context_for(settings, embedded(0), Events(events.append)))
    before = held.context
    assert "more:technical:" in text
    file.write_text(text.replace("more:technical:", "more:robot:"), encoding="utf-8")
    assert not await held.reload()
    assert held.context is before
    assert [type(event) for event in events][-1] is MappingsKept
    file.write_text(text, encoding="utf-8")
    assert await held.reload()
    await held.context.client.aclose()
