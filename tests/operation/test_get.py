"""Reading one resource through the shipped mappings, from the emulator: right, and with no call too many."""

from __future__ import annotations

import functools
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from gateway.errors import BadRequest
from gateway.events import SILENT
from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mappings
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Timeouts
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import bearer
from gateway.nevisidm.run import Run
from gateway.operation.context import Answer, Context, Tenant
from gateway.operation.get import get, load_resource
from gateway.sandbox.app import sandbox
from gateway.sandbox.misbehave import Fault, Misbehaviour
from gateway.sandbox.people import fill
from gateway.scim.dialect import IDCS
from gateway.scim.edit import read_edits
from gateway.scim.project import bind_wanted
from gateway.scim.request import Caller, ScimRequest

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BASE = "http://g/admin/v1"
U = "/nevisidm/api/core/v1/100/users/u-1001"


@functools.cache
def shipped() -> Mappings:
    return load(find_mappings())


class World:
    """The emulator with people, and a gateway's context in front of it."""

    def __init__(self) -> None:
        app = sandbox(token="t")
        self.box = app.state.sandbox
        fill(self.box, 10)
        self.box.journal.on = True
        self.nevis = Misbehaviour(app)
        engine = HttpxEngine(httpx.ASGITransport(app=self.nevis))
        client = Client(engine, "http://n", bearer("t"), timeouts=Timeouts(5, 5), pause=lambda: 0.0)
        tenant = Tenant("100", "Default", {"default_unit": "100"})
        self.context = Context(
            shipped(), client, tenant, Capabilities(), SILENT, lambda: datetime.now(UTC), lambda: str(uuid.uuid4())
        )

    def run(self) -> Run:
        return Run(self.context.client, "r1", SILENT)

    async def get(self, resource: str, identifier: str, *attributes: str, **more: Any) -> Answer:
        mapping = shipped().by_name[resource]
        return (
            await get(request(resource, identifier, *attributes, **more), mapping, self.context, self.run())
        ).plain()

    @property
    def calls(self) -> list[str]:
        return [f"{entry.method} {entry.path}" for entry in self.box.journal()]


def request(resource: str, identifier: str, *attributes: str, operation: Any = "get", **more: Any) -> ScimRequest:
    kind = shipped().by_name[resource].type
    wanted = bind_wanted(attributes or None, more.pop("excluded", ()), frozenset(), kind)
    return ScimRequest(operation, kind, IDCS, BASE, Caller("c"), "r1", id=identifier, wanted=wanted, **more)


@pytest.fixture
def world() -> World:
    return World()


async def test_a_user_is_one_call(world: World) -> None:
    answer = await world.get("User", "u-1001")
    assert answer.status == 200
    assert answer.resource is not None
    assert (answer.resource["id"], answer.resource["userName"]) == ("u-1001", "bjensen")
    assert answer.resource["meta"]["version"]
    assert world.calls == [f"GET {U}"]


@pytest.mark.parametrize(
    ("attributes", "calls"),
    [
        (("userName",), [U]),
        (("id",), [U]),
        (("title", "externalId"), [U]),
        ((f"{NEVIS}:unit",), [U, f"{U}/profiles"]),
        (("groups", "userName"), [U, f"{U}/profiles", "…/eauthorizations"]),
    ],
)
async def test_only_what_was_asked_for_is_read(world: World, attributes: tuple[str, ...], calls: list[str]) -> None:
    await world.get("User", "u-1001", *attributes)
    assert len(world.calls) == len(calls)
    for made, expected in zip(sorted(world.calls, key=len), calls, strict=True):
        assert made.endswith(expected.removeprefix("…"))


async def test_what_was_not_asked_for_is_not_even_shown(world: World) -> None:
    resource = (await world.get("User", "u-1001", "emails")).resource or {}
    assert set(resource) <= {"id", "emails", "userName", "meta"}
    assert "emails" in resource


async def test_excluding_attributes_saves_their_reads(world: World) -> None:
    await world.get("UserDbCredentials", "u-1001~" + self_extid(world))
    with_owner = len(world.calls)
    world.box.journal.clear()
    await world.get("UserDbCredentials", "u-1001~" + self_extid(world), excluded=("user.name", "user.display"))
    assert (with_owner, len(world.calls)) == (2, 1)


def self_extid(world: World, prefix: str = "scim-db-") -> str:
    """The extId of u-1001's generic credential whose identification begins so."""
    from gateway.sandbox.table import CREDENTIALS

    rows = world.box.store.rows(CREDENTIALS, "client = ? AND parent = ?", ("100", "u-1001"))
    return next(row.ext_id for row in rows if str(row.doc.get("identification", "")).startswith(prefix))


async def test_a_value_filter_on_an_attribute_sees_what_is_not_shown(world: World) -> None:
    resource = (await world.get("User", "u-1001", 'emails[type eq "work"].value')).resource or {}
    assert resource["emails"][0]["type"] == "work"


@pytest.mark.parametrize("identifier", ["nobody", "..", "a/b", "%2e%2e", "ü", "x" * 2000, "a\x00b", "", " "])
async def test_an_id_that_nobody_has_is_a_404(world: World, identifier: str) -> None:
    with pytest.raises(BadRequest) as caught:
        await world.get("User", identifier)
    assert caught.value.code.code == "GW114"
    assert not identifier.strip() or identifier not in caught.value.detail


async def test_what_cannot_be_an_id_costs_no_call(world: World) -> None:
    for resource, identifier in (("User", ".."), ("UserDbCredentials", "u-1001"), ("UserDbCredentials", "u-1001~..")):
        with pytest.raises(BadRequest):
            await world.get(resource, identifier)
    assert world.calls == []


async def test_a_credential_of_another_kind_is_not_this_type_s(world: World) -> None:
    other = self_extid(world, "badge-")
    assert (await world.get("UserGenericCredentials", f"u-1001~{other}")).status == 200
    with pytest.raises(BadRequest) as caught:
        await world.get("UserDbCredentials", f"u-1001~{other}")
    assert caught.value.status == 404


async def test_a_right_that_is_missing_for_an_asked_for_part_is_told_and_not_hidden(world: World) -> None:
    world.nevis.faults.append(Fault("status", status=403, path="/profiles"))
    with pytest.raises(Refusal) as caught:
        await world.get("User", "u-1001", f"{NEVIS}:unit")
    assert (caught.value.status, caught.value.call) == (403, "profile.read")


async def test_a_wrong_address_is_no_missing_person(world: World) -> None:
    world.nevis.faults.append(Fault("html404"))
    with pytest.raises(Refusal) as caught:
        await world.get("User", "u-1001")
    assert not caught.value.json


async def test_a_read_is_repeated_once_when_nevisidm_stumbles(world: World) -> None:
    world.nevis.faults.append(Fault("reset_before", times=1))
    assert (await world.get("User", "u-1001")).status == 200


async def loaded(world: World, operation: str, **more: Any) -> Any:
    made = request("User", "u-1001", operation=operation, **more)
    return await load_resource(made, shipped().by_name["User"], world.context, world.run(), "u-1001", everything=True)


async def test_before_a_patch_what_it_touches_is_read_and_no_more(world: World) -> None:
    operations = [{"op": "replace", "path": "title", "value": "Guide"}]
    edits = read_edits({"schemas": [PATCH_OP], "Operations": operations}, shipped().by_name["User"].type, IDCS)
    before = await loaded(world, "modify", edits=edits)
    assert world.calls == [f"GET {U}"]
    assert before.records["properties"] == before.records["user"]["properties"]
    assert before.bindings == {"user.extId": "u-1001"}
    assert before.resource["title"]


async def test_before_a_patch_of_a_profile_property_its_profile_is_read(world: World) -> None:
    operations = [{"op": "add", "path": f"{NEVIS}:profile.costCentre", "value": "7"}]
    edits = read_edits({"schemas": [PATCH_OP], "Operations": operations}, shipped().by_name["User"].type, IDCS)
    before = await loaded(world, "modify", edits=edits)
    assert {"user", "profile", "profileProperties"} == set(before.records)
    assert before.records["profile"]["isDefaultProfile"] is True


async def test_before_a_put_only_what_its_sender_can_have_seen_is_read(world: World) -> None:
    await loaded(world, "replace", body={"userName": "bjensen"})
    assert world.calls == [f"GET {U}"]


async def test_before_a_delete_nothing_but_existence_and_version_is_read(world: World) -> None:
    made = request("User", "u-1001", operation="delete")
    found = await load_resource(made, shipped().by_name["User"], world.context, world.run(), "u-1001")
    assert world.calls == [f"GET {U}"]
    assert set(found.resource) == {"id", "meta"}
