"""Searching the emulator: right answers in few calls, and right ones still when nevisIDM does not do what it is said to do."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from gateway.errors import Unavailable, Unsupported
from gateway.events import Mistrusted, RouteClosed
from gateway.mapping.alias import expand
from gateway.mapping.model import Mapping
from gateway.nevisidm.call import Call
from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in, parse_template
from gateway.operation.context import Answer
from gateway.operation.search import search
from gateway.scim.binding import bind_filter, bind_sort
from gateway.scim.dialect import RFC
from gateway.scim.filter import parse_attr, parse_filter
from gateway.scim.request import Caller, ScimRequest

NAMED = {"client_name": "Default"}
Make = Callable[..., Awaitable[Any]]


class Found:
    """An answer and what it cost."""

    def __init__(self, answer: Answer, run: Run) -> None:
        self.ids = [each["id"] for each in answer.resources or ()]
        self.resources = answer.resources or ()
        self.total = answer.total
        self.calls = [(each.request.name, dict(each.request.query)) for each in run.exchanges]


async def find(
    world: Any, text: str = "", name: str = "User", *, sort: str = "", mapping: Mapping | None = None, **more: Any
) -> Found:
    mapping = mapping or world.context.mappings.by_name[name]
    tree = bind_filter(parse_filter(expand(text, mapping.aliases)), mapping.type) if text else None
    by = bind_sort(parse_attr(sort), mapping.type) if sort else None
    request = ScimRequest("search", mapping.type, RFC, "https://x", Caller("tests"), "r", filter=tree, sort_by=by)
    request = dataclasses.replace(request, **{"count": 1000, **more})
    run = Run(world.context.client, "r", world.context.events, keep=True)
    return Found(await search(request, mapping, world.context, run), run)


def narrow(world: Any, name: str, **limits: Any) -> Mapping:
    """The mapping with other limits or routes."""
    mapping: Mapping = world.context.mappings.by_name[name]
    assert mapping.search is not None
    return dataclasses.replace(mapping, search=dataclasses.replace(mapping.search, **limits))


def happened(world: Any, kind: type) -> list[Any]:
    return [each for each in world.events if isinstance(each, kind)]


async def test_one_person_takes_one_call(world: Any) -> None:
    found = await find(world, 'userName eq "BJENSEN"')
    assert found.total == 1
    assert [name for name, _ in found.calls] == ["list"]


async def test_the_page_is_nevis_own_where_nothing_is_left(make_world: Make) -> None:
    world = await make_world(users=1200)
    found = await find(world, "active eq true", sort="id", start_index=101, count=10)
    assert len(found.ids) == 10
    assert found.ids == sorted(found.ids)
    assert found.total > 1000
    first = found.calls[0][1]
    assert (first["limit"], first["offset"], first["sortBy"]) == ("10", "100", "extId_ASC")
    again = await find(world, "active eq true", sort="id", start_index=101, count=10)
    assert len(again.calls) == 1  # the parameter was proved to be heeded, once


async def test_a_count_of_zero_asks_for_the_total_alone(world: Any) -> None:
    found = await find(world, count=0)
    assert found.ids == []
    assert found.total == len((await find(world)).ids)
    assert len(found.calls) == 1


async def test_too_many_is_told_by_the_first_reply_with_what_to_add(make_world: Make) -> None:
    world = await make_world(users=1200)
    with pytest.raises(
        Unsupported, match=r"GW202: .* more than 1000 User resources\. Add a condition such as userName eq"
    ) as told:
        await find(world, "nevis:validTo pr")
    assert told.value.scim_type == "tooMany"


async def test_branches_that_find_the_same_person_show_them_once(world: Any) -> None:
    found = await find(world, 'userName eq "bjensen" or userName eq "BJensen"')
    assert found.total == 1
    assert len(found.calls) == 2


async def test_a_range_is_read_from_its_end_only(make_world: Make) -> None:
    world = await make_world(users=1200)
    newest = (await find(world, sort="meta.created", descending=True, count=30)).resources
    bound = newest[20]["meta"]["created"]
    mapping = narrow(world, "User", scan=100)
    found = await find(world, f'meta.created gt "{bound}"', mapping=mapping)
    assert set(found.ids) == {each["id"] for each in newest if each["meta"]["created"] > bound}
    assert [query["sortBy"] for _, query in found.calls] == ["created_DESC", "created_ASC"]


FIRST = Capabilities(query_first=True)
NEW = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "zz-top",
    "name": {"givenName": "Zoe", "familyName": "Top"},
    "emails": [{"type": "work", "primary": True, "value": "zz@example.org"}],
}


class TestSureness:
    """Where the database itself is little to read, an index that is behind cannot lose anybody."""

    async def test_somebody_the_index_has_not_heard_of_is_found(self, make_world: Make) -> None:
        world = await make_world(switches={"query_lag_seconds": 3600.0}, nevisidm=NAMED)
        await world.send("POST", "/scim/v2/Users", NEW)
        found = await find(world, 'userName sw "zz" or userName sw "yy"')
        assert found.total == 1
        assert [name for name, _ in found.calls] == ["list"]

    async def test_a_directory_too_large_to_be_read_is_left_to_the_index_for_a_while(self, make_world: Make) -> None:
        world = await make_world(users=1200, nevisidm=NAMED)
        first = await find(world, 'userName sw "bj" or userName sw "mm"')
        again = await find(world, 'userName sw "bj" or userName sw "mm"')
        assert first.ids == again.ids == ["u-1001", "u-1002"]
        assert [name for name, _ in first.calls][:2] == ["list", "index"]
        assert "list" not in [name for name, _ in again.calls]
        later = world.context.now() + timedelta(minutes=2)
        world.change(now=lambda: later)
        assert (await find(world, 'userName sw "bj" or userName sw "mm"')).calls[0][0] == "list"


class TestIndex:
    @pytest.mark.parametrize(
        "switch",
        [{"query_enabled": False}, {"query_enabled": False, "query_disabled_status": 422}, {"query_rebuilding": True}],
    )
    async def test_that_does_not_answer_is_done_without(self, switch: dict[str, Any], make_world: Make) -> None:
        world = await make_world(switches=switch, probe=False, nevisidm=NAMED, capabilities=FIRST)
        found = await find(world, "active eq false")
        assert found.total == 3
        assert [each.route for each in happened(world, RouteClosed)] == ["index"]

    async def test_that_is_behind_shows_nobody_who_does_not_fit_any_more(self, make_world: Make) -> None:
        world = await make_world(probe=False, nevisidm=NAMED, capabilities=FIRST)
        before = await find(world, "active eq false")
        (disabled,) = (await find(world, 'nevis:state eq "disabled" and nevis:technicalUser ne true')).ids[:1]
        world.box.switches = dataclasses.replace(world.box.switches, query_lag_seconds=3600.0)
        call = Call("activate", "PATCH", parse_template("/core/v1/100/users/{id}"), body={"userState": "active"})
        await Run(world.context.client, "r", world.context.events).call(call, lookup_in({"id": disabled}))
        after = await find(world, "active eq false")
        assert set(after.ids) == set(before.ids) - {disabled}
        assert happened(world, RouteClosed)[0].reason.startswith("stale")

    async def test_alone_and_off_is_503(self, make_world: Make) -> None:
        world = await make_world(switches={"query_enabled": False}, probe=False)
        routes = [each for each in world.context.mappings.by_name["User"].search.routes if each.name == "index"]
        with pytest.raises(Unavailable, match="GW503"):
            await find(world, "active eq false", mapping=narrow(world, "User", routes=tuple(routes)))

    async def test_hits_of_another_tenant_are_nobody(self, world: Any) -> None:
        mapping = narrow(world, "User")
        assert mapping.search is not None
        foreign = [
            dataclasses.replace(each, guard={"client.extid": parse_template("another")})
            for each in mapping.search.routes
        ]
        routes = tuple(each for each in foreign if each.name == "index")
        with pytest.raises(Unavailable, match="GW503"):  # not even the scope finds anybody: no route to answer by
            await find(world, "active eq false", mapping=narrow(world, "User", routes=routes))

    async def test_whose_scope_names_another_tenant_does_not_lose_everybody(self, make_world: Make) -> None:
        world = await make_world(probe=False, nevisidm={"client_name": "Another"}, capabilities=FIRST)
        assert (await find(world, "active eq false")).total == 3
        assert happened(world, RouteClosed)[0].reason == "its scope finds nobody of this tenant"

    async def test_whose_scope_cannot_be_named_is_not_asked(self, make_world: Make) -> None:
        world = await make_world(probe=False, capabilities=FIRST)  # the tenant's name was neither set nor asked
        found = await find(world, "active eq false")
        assert found.total == 3
        assert "index" not in [name for name, _ in found.calls]

    async def test_that_finds_nobody_is_believed_once_its_scope_is_proved(self, make_world: Make) -> None:
        world = await make_world(capabilities=FIRST)
        first = await find(world, 'name.familyName sw "zzz"')
        again = await find(world, 'name.familyName sw "zzz"')
        assert (first.total, again.total) == (0, 0)
        assert [len(first.calls), len(again.calls)] == [2, 1]


class TestIgnoredParameters:
    async def test_are_noticed_told_and_not_believed_again(self, make_world: Make) -> None:
        world = await make_world(switches={"modifiers_ieq": False}, probe=False)
        found = await find(world, 'userName eq "bjensen"')
        assert found.total == 1
        assert happened(world, Mistrusted) == [Mistrusted("User", "list", "loginId_IEQ")]
        again = await find(world, 'userName eq "bjensen"')
        assert again.ids == found.ids
        assert len(happened(world, Mistrusted)) == 1

    async def test_do_not_spoil_a_total_whose_rows_all_fit(self, make_world: Make) -> None:
        world = await make_world(switches={"modifiers_sw": False}, probe=False)
        world.change(capabilities=dataclasses.replace(world.context.capabilities, query_enabled=False))
        whole = await find(world, 'id sw "app-"')
        page = await find(world, 'id sw "app-"', sort="id", count=1)
        assert (page.total, page.ids) == (whole.total, sorted(whole.ids)[:1])

    async def test_that_are_refused_leave_a_list_to_read(self, make_world: Make) -> None:
        world = await make_world(switches={"modifiers_ieq": False, "unknown_parameters": "refuse"}, probe=False)
        world.change(capabilities=dataclasses.replace(world.context.capabilities, query_enabled=False))
        assert (await find(world, 'userName eq "bjensen"')).total == 1
        assert "refused its parameters" in {each.reason for each in happened(world, RouteClosed)}

    async def test_without_totals_rows_are_counted(self, make_world: Make) -> None:
        world = await make_world(switches={"total_count": False, "default_limit": 7, "max_limit": 7}, probe=False)
        assert (await find(world, "active eq true", count=5)).total == 49


class TestPropertiesNotInLists:
    async def test_are_read_one_by_one(self, make_world: Make) -> None:
        usual, bare = await make_world(), await make_world(switches={"user_list_carries_properties": False})
        found, without = await find(usual, "title pr"), await find(bare, "title pr")
        assert found.ids == without.ids
        assert [each["title"] for each in without.resources] == [each["title"] for each in found.resources]


class TestPaths:
    async def test_a_user_who_is_not_there_has_nothing(self, world: Any) -> None:
        found = await find(world, 'user.value eq "nobody"', "UserDbCredentials")
        assert (found.total, len(found.calls)) == (0, 1)

    async def test_an_id_that_is_not_there_is_nobody(self, world: Any) -> None:
        assert (await find(world, 'id eq "nobody"')).total == 0

    async def test_an_id_with_a_condition_that_does_not_hold_is_nobody(self, world: Any) -> None:
        assert (await find(world, 'id eq "u-1001" and active eq false')).total == 0
        assert (await find(world, 'id eq "u-1001" and userName pr')).ids == ["u-1001"]


class TestWalk:
    async def test_finds_what_the_list_would(self, make_world: Make) -> None:
        world = await make_world()
        found = await find(world, "", "UserDbCredentials", sort="id")
        world.change(capabilities=dataclasses.replace(world.context.capabilities, generic_list=False))
        walked = await find(world, "", "UserDbCredentials", sort="id")
        assert walked.ids == found.ids
        assert walked.total == found.total == 12

    async def test_reads_a_resource_of_every_user(self, world: Any) -> None:
        found = await find(world, "", "UserSecurIdCredentials")
        assert found.total == len(set(found.ids)) > 0
        one = await find(world, f'state eq "{found.resources[0]["state"]}"', "UserSecurIdCredentials")
        assert set(one.ids) <= set(found.ids)

    async def test_says_too_many_rather_than_show_half(self, make_world: Make) -> None:
        world = await make_world(users=150, probe=False, capabilities=Capabilities(generic_list=False))
        with pytest.raises(Unsupported, match=r"GW202: .*every User.*user\.value eq"):
            await find(world, "", "UserDbCredentials")


async def test_a_field_only_inferred_as_filterable_is_proved_before_too_many_is_said(world: Any) -> None:
    mapping = narrow(world, "UserDbCredentials", scan=5)
    found = await find(world, "", mapping=mapping, sort="id", count=3)
    assert found.total == 12
    assert len(found.ids) == 3


async def test_an_order_that_minds_case_is_made_here_while_that_can_be(make_world: Make) -> None:
    small, large = await make_world(users=60), await make_world(users=1200)
    whole = [each["userName"] for each in (await find(small, sort="userName")).resources]
    assert whole == sorted(whole, key=str.lower)
    page = await find(small, sort="userName", start_index=11, count=5)
    assert [each["userName"] for each in page.resources] == whole[10:15]
    many = await find(large, sort="userName", start_index=11, count=5)
    assert len(many.ids) == 5
    assert many.calls[0][1]["sortBy"] == "loginId_ASC"


async def test_credentials_are_paged_by_their_own_id_where_they_are_many(world: Any) -> None:
    everything = await find(world, "", "UserDbCredentials", sort="id")
    assert everything.ids == sorted(everything.ids)
    mapping = narrow(world, "UserDbCredentials", scan=5)
    pages = [await find(world, "", mapping=mapping, sort="id", start_index=start, count=4) for start in (1, 5, 9)]
    assert sorted(each for page in pages for each in page.ids) == everything.ids


async def test_a_type_that_nothing_can_list_says_what_to_add(make_world: Make) -> None:
    world = await make_world(probe=False, capabilities=Capabilities(generic_list=False))
    routes = world.context.mappings.by_name["UserDbCredentials"].search.routes
    mapping = narrow(world, "UserDbCredentials", routes=tuple(each for each in routes if each.over is None))
    with pytest.raises(Unsupported, match=r"GW202: .*only by user\.value eq"):
        await find(world, "", mapping=mapping)


@pytest.mark.parametrize("kind", ["emailHome", "emailRecovery"])
async def test_a_mail_in_a_property_is_found_by_one_call_per_kind_without_the_index(kind: str, make_world: Any) -> None:
    world = await make_world(switches={"property_ieq": True, "query_enabled": False})
    home = {
        "op": "add",
        "path": "emails",
        "value": [{"type": kind.removeprefix("email").lower(), "value": "Tina@Home.example"}],
    }
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [home]}
    assert (await world.send("PATCH", "/scim/v2/Users/u-1001", body)).status_code == 200
    world.box.journal.on = True
    found = await world.send("GET", '/scim/v2/Users?filter=emails.value eq "tina@home.EXAMPLE"&attributes=userName')
    assert [each["userName"] for each in found.json()["Resources"]] == ["bjensen"]
    asked = [entry.query for entry in world.box.journal()]
    assert len(asked) == 4
    assert all("_IEQ=" in str(query) for query in asked)


async def test_who_cannot_be_found_by_mail_is_told_which_mail_can_be_asked_for(make_world: Any) -> None:
    world = await make_world(switches={"query_enabled": False})
    mapping = world.context.mappings.by_name["User"]
    small = dataclasses.replace(mapping, search=dataclasses.replace(mapping.search, scan=10))
    others = {**world.context.mappings.by_name, "User": small}
    world.change(mappings=dataclasses.replace(world.context.mappings, by_name=others))
    refused = await world.send("GET", '/scim/v2/Users?filter=emails.value eq "tina@home.example"')
    assert (refused.json()["scimType"], 'emails[type eq "work" and value eq' in refused.json()["detail"]) == (
        "tooMany",
        True,
    )
    found = await world.send("GET", '/scim/v2/Users?filter=emails[type eq "work" and value eq "bjensen@example.org"]')
    assert found.json()["totalResults"] == 1
