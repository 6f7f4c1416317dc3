"""What a load makes of a directory: everything in it, once, in the right order, and only what changed the second time."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.migration.entering import Manner
from gateway.migration.lines import JsonLines, kinds_of
from gateway.migration.report import Report
from tests.migration.conftest import ENTERPRISE, Directory, app, grant, group, person, role

pytestmark = pytest.mark.anyio


def _did(report: Report) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (kind, what), count in report.did.items():
        if count:
            found.setdefault(kind, {})[what] = count
    return found


async def test_users_groups_roles_and_grants_in_any_order_of_the_file(directory: Directory) -> None:
    directory.write(
        [
            grant("buyer", "ann", "shop"),
            group("staff", "ann", "cyd"),
            role("buyer", "shop"),
            app("shop"),
            person("ann", manager="cyd", password="Sesame.4711"),
            person("bob", manager="ann"),
            person("cyd"),
        ]
    )
    report = await directory.load()
    assert _did(report) == {
        "User": {"created": 3},
        "App": {"created": 1},
        "Group": {"created": 1},
        "AppRole": {"created": 1},
        "Grant": {"created": 1},
    }
    assert directory.refused() == []
    ann, cyd = await directory.user("ann"), await directory.user("cyd")
    assert ann[ENTERPRISE]["manager"]["value"] == cyd["id"]
    assert (await directory.user("bob"))[ENTERPRISE]["manager"]["value"] == ann["id"]
    assert set(await directory.members("staff")) == {ann["id"], cyd["id"]}
    (given,) = await directory.found(f'/Grants?filter=grantee.value eq "{ann["id"]}"')
    (shop,) = await directory.found('/Apps?filter=displayName eq "shop"')
    assert given["app"]["value"] == shop["id"]
    assert report.left_out["User", "idcsCreatedBy"] == 3
    assert report.left_out["User", "emails.verified"] == 3
    assert report.secrets["User", "written"] == 1


async def test_a_second_load_sends_only_what_changed(directory: Directory) -> None:
    people = [person("ann", manager="bob"), person("bob", title="Clerk"), person("cyd")]
    rows: list[Any] = [
        *people,
        group("staff", "ann", "bob"),
        app("shop"),
        role("buyer", "shop"),
        grant("buyer", "ann", "shop"),
    ]
    directory.write(rows)
    await directory.load()
    again = await directory.load()
    assert directory.calls("GET", "POST", "PUT", "PATCH", "DELETE") == []
    assert again.total("left") == again.rows == 7
    rows[0] = person("ann")
    rows[2] = person("cyd", title="Boss")
    rows[3] = group("staff", "bob", "cyd")
    directory.write(rows)
    report = await directory.load()
    assert _did(report)["User"] == {"changed": 2, "left": 1}
    assert _did(report)["Group"] == {"changed": 1}
    assert len(directory.writes) == 4  # two users' properties, one member more, one less
    assert (await directory.user("cyd"))["title"] == "Boss"
    assert "manager" not in (await directory.user("ann")).get(ENTERPRISE, {})
    assert len(await directory.members("staff")) == 2


async def test_without_its_checkpoint_a_load_finds_everybody_and_writes_nothing(directory: Directory) -> None:
    rows = [person("ann", manager="bob"), person("bob"), group("staff", "ann"), app("shop"), role("buyer", "shop")]
    directory.write([*rows, grant("buyer", "ann", "shop")])
    await directory.load()
    report = await directory.load(checkpoint=None)
    assert report.total("left") == report.rows == 6
    assert {line.partition(" ")[0] for line in directory.writes} <= {"POST"}, (
        "nothing but creates that nevisIDM refused"
    )
    statuses = {each.status for each in directory.world.box.journal() if each.method != "GET"}
    assert all(status >= 400 for status in statuses)
    assert len(await directory.found("/Users")) == 2


async def test_who_is_there_already_is_merged_replaced_or_kept(directory: Directory) -> None:
    for existing, title, phones in (("merge", "New", 2), ("replace", "New", 1), ("keep", "Old", 1)):
        name = f"ann-{existing}"
        there = person(name, title="Old", phoneNumbers=[{"type": "work", "value": "+41441112233"}])
        del there["id"], there["meta"], there["idcsCreatedBy"], there["emails"][0]["verified"]
        assert (await directory.world.send("POST", "/scim/v2/Users", there)).status_code == 201
        directory.write(
            [
                person(
                    name,
                    title="New",
                    phoneNumbers=[{"type": "mobile", "value": "+41791112233"}],
                    password="Sesame.4711",
                )
            ]
        )
        report = await directory.load(Manner(existing=existing), checkpoint=None)  # type: ignore[arg-type]
        found = await directory.user(name)
        assert (found["title"], len(found["phoneNumbers"])) == (title, phones)
        assert report.secrets == {("User", "kept as they were"): 1}


async def test_a_match_links_before_it_creates(directory: Directory) -> None:
    there = person("ann", externalId="hr-1")
    del there["meta"], there["idcsCreatedBy"], there["emails"][0]["verified"]
    await directory.world.send("POST", "/scim/v2/Users", there)
    directory.write([person("anna", externalId="hr-1")])
    assert _did(await directory.load(Manner(match={"User": ("externalId",)}))) == {"User": {"changed": 1}}
    assert [each["userName"] for each in await directory.found("/Users")] == ["anna"]


async def test_refused_rows_are_corrected_and_loaded_again(directory: Directory) -> None:
    directory.write(
        [
            person("ann"),
            person("bob", emails=[]),
            person("cyd", shoeSize=42),
            person("dan", manager="nobody"),
            group("staff", "ann", "bob"),
        ]
    )
    report = await directory.load()
    assert _did(report) == {"User": {"created": 2, "refused": 2}, "Group": {"created": 1}}
    assert report.missing == {("User", f"{ENTERPRISE}:manager.value", "User"): 1, ("Group", "members.value", "User"): 1}
    lines = directory.refused()
    told = {each["key"]: each["refused"] for each in lines}
    assert {key: (why["status"], why["code"]) for key, why in told.items()} == {
        "id-bob": (400, "GW112"),
        "id-cyd": (400, "GW119"),
        "id-dan": (400, "GW405"),
        "id-staff": (400, "GW405"),
    }
    assert "emails" in told["id-bob"]["detail"]
    assert "--drop" in told["id-cyd"]["detail"]
    assert all(why["cure"] for why in told.values())
    assert lines[0]["place"] == "people.jsonl:2"

    by_key = {each["key"]: each for each in lines}
    by_key["id-bob"]["resource"]["emails"] = person("bob")["emails"]
    del by_key["id-dan"]["resource"][ENTERPRISE]
    corrected = directory.folder / "corrected.jsonl"
    corrected.write_bytes(b"\n".join(map(orjson.dumps, by_key.values())))
    kinds = kinds_of(directory.world.context.mappings.types().values())
    report = await directory.load(source=JsonLines(corrected, kinds), drop=("shoeSize",))
    assert _did(report)["User"] == {"created": 2, "left": 1}
    assert report.missing == {}
    assert directory.refused() == []
    assert len(await directory.members("staff")) == 2


async def test_a_key_that_stands_twice_and_a_line_that_is_none_are_told(directory: Directory) -> None:
    directory.write([person("ann"), person("ann"), group("staff"), {"id": "what"}])
    report = await directory.load()
    assert _did(report) == {"User": {"created": 1, "refused": 1}, "Group": {"created": 1}, "": {"refused": 1}}
    assert [each["place"] for each in directory.refused()] == ["people.jsonl:4", "people.jsonl:2"] or len(
        directory.refused()
    ) == 2


async def test_one_refused_member_costs_the_group_only_that_one(directory: Directory) -> None:
    directory.write([person("ann"), person("bob"), group("staff", "ann", "bob")])
    await directory.load(only=frozenset(("User",)))
    bob = await directory.user("bob")
    assert (await directory.world.send("DELETE", f"/scim/v2/Users/{bob['id']}")).status_code == 204
    report = await directory.load()
    assert _did(report)["Group"] == {"refused": 1}
    assert len(await directory.members("staff")) == 1
    assert [each["key"] for each in directory.refused()] == ["id-staff"]


async def test_ids_of_the_source_can_be_kept(directory: Directory) -> None:
    directory.write([person("ann"), group("staff", "ann"), app("shop"), role("buyer", "shop")])
    await directory.load(Manner(keep_ids=True))
    assert (await directory.user("ann"))["id"] == "id-ann"
    assert [each["id"] for each in await directory.found('/Groups?filter=displayName eq "staff"')] == ["id-staff"]
    assert [each["id"] for each in await directory.found('/AppRoles?filter=app.value eq "id-shop"')] == [
        "id-shop~id-buyer"
    ]


@pytest.mark.parametrize("online", [False, True])
async def test_a_rehearsal_writes_nothing_and_says_what_would_be(directory: Directory, online: bool) -> None:
    rows = [person("ann"), person("bob"), group("staff", "ann"), app("shop"), role("buyer", "shop")]
    directory.write(rows)
    await directory.load()
    before = (directory.folder / "checkpoint").read_bytes()
    rows[1] = person("bob", title="Boss")
    rows[2] = group("staff", "ann", "cyd")
    directory.write(
        [*rows, person("cyd"), person("dan", emails=[]), grant("buyer", "cyd", "shop"), grant("buyer", "ann", "shop")]
    )
    report = await directory.load(rehearse=True, online=online)
    assert _did(report) == {
        "User": {"left": 1, "changed": 1, "created": 1, "refused": 1},
        "App": {"left": 1},
        "Group": {"changed": 1},
        "AppRole": {"left": 1},
        "Grant": {"created": 2},
    }
    assert directory.writes == []
    assert bool(directory.calls("GET")) == online
    assert (directory.folder / "checkpoint").read_bytes() == before
    assert len(await directory.found("/Users")) == 2


async def test_a_rehearsal_that_may_read_knows_who_is_there(directory: Directory) -> None:
    directory.write([person("ann"), person("bob"), group("staff")])
    await directory.load()
    directory.write([person("ann"), person("bob", title="Boss"), person("cyd"), group("staff")])
    report = await directory.load(rehearse=True, online=True, checkpoint=None)
    assert _did(report) == {"User": {"left": 1, "changed": 1, "created": 1}, "Group": {"left": 1}}
    report = await directory.load(rehearse=True, checkpoint=None)
    assert _did(report) == {"User": {"created": 3}, "Group": {"created": 1}}


async def test_the_checkpoint_holds_no_personal_data_but_keys(directory: Directory) -> None:
    directory.write([person("ann", password="Sesame.4711", title="Clerk"), person("bob", emails=[])])
    await directory.load()
    held = b"".join(each.read_bytes() for each in directory.folder.glob("checkpoint*"))
    assert b"id-ann" in held
    for secret in (b"Sesame", b"Muster", b"example.org", b"Clerk", b"Ann"):
        assert secret not in held


async def test_managers_are_set_whatever_the_order_of_many_rows(directory: Directory) -> None:
    directory.write([person(f"p{number}", manager=f"p{number * 7 % 100}") for number in range(100)])
    assert _did(await directory.load()) == {"User": {"created": 100}}
    people = {each["id"]: each for each in await directory.found("/Users?count=1000")}
    assert len(people) == 100
    for each in people.values():
        number = int(each["userName"][1:])
        assert people[each[ENTERPRISE]["manager"]["value"]]["userName"] == f"p{number * 7 % 100}"


async def test_credentials_come_behind_their_people_once(directory: Directory) -> None:
    nevis = "urn:ietf:params:scim:schemas:nevisidm:2.0:"
    door = {"schemas": [f"{nevis}UserGenericCredentials"], "id": "c-1", "identification": "door-4711", "extId": "door"}
    phone = {
        "schemas": [f"{nevis}UserFidoUafCredentials"],
        "id": "c-2",
        "extId": "uaf",
        "aaid": "ABBA#0001",
        "keyId": "ZMCPn92yHv1Ip-iCiBb6i4ADq6ZOv569KFQCvYSJfNg",
        "appId": "https://app.example.org",
        "displayName": "my phone",
    }
    directory.write([{**each, "user": {"value": "id-ann"}} for each in (door, phone)] + [person("ann")])
    report = await directory.load()
    assert _did(report) == {
        "User": {"created": 1},
        "UserGenericCredentials": {"created": 1},
        "UserFidoUafCredentials": {"created": 1},
    }, directory.refused()
    ann = await directory.user("ann")
    for kind, attr, value in (
        ("UserGenericCredentials", "identification", "door-4711"),
        ("UserFidoUafCredentials", "displayName", "my phone"),
    ):
        (found,) = await directory.found(f'/{kind}?filter=user.value eq "{ann["id"]}"')
        assert found[attr] == value
    again = await directory.load()
    assert directory.writes == []
    assert again.total("left") == 3
