"""Oracle's Python SDK on the groups of /admin/v1: every operation that it has for them. Run like `oracle_sdk.py`, whose means it uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from oci.exceptions import ServiceError
from oci.identity_domains import IdentityDomainsClient
from oci.identity_domains import models as m
from oracle_sdk import SEARCH, client, connected, every, patch, refused

__all__ = ["client", "connected"]  # a fixture is found by its name in the module
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
DESCRIBED = "urn_ietf_params_scim_schemas_oracle_idcs_extension_group_group"


def members(*names: str) -> list[m.GroupMembers]:
    return [m.GroupMembers(value=name, type=m.GroupMembers.TYPE_USER) for name in names]


def seen(client: IdentityDomainsClient, group_id: str) -> list[str]:
    """The members, as a client reads them."""
    found = client.get_group(group_id, attributes="members").data.members
    return [each.value for each in found or ()]


@pytest.fixture
def group(client: IdentityDomainsClient, request: pytest.FixtureRequest) -> Iterator[m.Group]:
    """A group of a test's own, with two members."""
    name = re.sub(r"\W+", " ", request.node.name)[:40]
    made = client.create_group(group=m.Group(schemas=[GROUP], display_name=name, members=members("u-1001", "u-1002")))
    yield made.data
    try:
        client.delete_group(made.data.id, force_delete=True)
    except ServiceError as error:
        if error.status != 404:
            raise


def test_create_and_get(client: IdentityDomainsClient, group: m.Group) -> None:
    read = client.get_group(group.id).data
    assert (read.id, read.display_name, read.members) == (group.id, group.display_name, None)
    assert (read.schemas, read.meta.resource_type) == ([GROUP], "Group")
    assert seen(client, group.id) == ["u-1001", "u-1002"]
    first = client.get_group(group.id, attributes="members,members.display,members.name").data.members[0]
    assert (first.value, first.type, first.display, first.name) == ("u-1001", "User", "Barbara Jensen", "bjensen")
    assert first.date_added
    assert refused(lambda: client.get_group("no-such-group"))[0] == 404


def test_a_name_is_taken_once(client: IdentityDomainsClient, group: m.Group) -> None:
    twin = m.Group(schemas=[GROUP], display_name=group.display_name)
    assert refused(lambda: client.create_group(group=twin))[0] == 409


def test_list_and_search(client: IdentityDomainsClient, group: m.Group) -> None:
    named = client.list_groups(filter=f'displayName eq "{group.display_name}"').data.resources
    assert [each.id for each in named] == [group.id]
    names = [each.display_name for each in every(client.list_groups, 2, sort_by="displayName")]
    assert names == sorted(names, key=str.lower)
    assert {"Employee", group.display_name} <= set(names)
    wish = m.GroupSearchRequest(
        schemas=[SEARCH], filter='members.value eq "u-1002"', attributes=["displayName"], count=10, start_index=1
    )
    found = client.search_groups(group_search_request=wish).data
    assert group.id in [each.id for each in found.resources]
    assert found.total_results == len(found.resources)


def test_patch_one_member_at_a_time(client: IdentityDomainsClient, group: m.Group) -> None:
    add = m.Operations(op="ADD", path="members", value=[{"value": "u-1003", "type": "User"}])
    client.patch_group(group.id, patch_op=patch(add))
    client.patch_group(group.id, patch_op=patch(add))
    client.patch_group(group.id, patch_op=patch(m.Operations(op="REMOVE", path='members[value eq "u-1001"]')))
    assert seen(client, group.id) == ["u-1002", "u-1003"]
    page = client.get_group(group.id, attributes="members[startIndex=2&count=1]").data.members
    assert [each.value for each in page] == ["u-1003"]
    nested = m.Operations(op="ADD", path="members", value=[{"value": "employee", "type": "Group"}])
    assert refused(lambda: client.patch_group(group.id, patch_op=patch(nested)))[0] == 400


def test_patch_the_name_and_the_description(client: IdentityDomainsClient, group: m.Group) -> None:
    renamed = m.Operations(op="REPLACE", path="displayName", value=f"{group.display_name} 2")
    path = "urn:ietf:params:scim:schemas:oracle:idcs:extension:group:Group:description"
    told = client.patch_group(group.id, patch_op=patch(renamed, m.Operations(op="REPLACE", path=path, value="Two")))
    assert told.data.display_name == f"{group.display_name} 2"
    assert getattr(told.data, DESCRIBED).description == "Two"


def test_put_with_and_without_members(client: IdentityDomainsClient, group: m.Group) -> None:
    wish = m.Group(schemas=[GROUP], display_name=f"{group.display_name} 3")
    assert client.put_group(group.id, group=wish).data.display_name == f"{group.display_name} 3"
    assert seen(client, group.id) == ["u-1001", "u-1002"]
    wish.members = members("u-1002", "u-1004")
    client.put_group(group.id, group=wish, if_match=client.get_group(group.id).headers["etag"])
    assert seen(client, group.id) == ["u-1002", "u-1004"]


def test_delete_takes_the_members_out_first(client: IdentityDomainsClient, group: m.Group) -> None:
    assert client.delete_group(group.id, force_delete=True).status == 204
    assert refused(lambda: client.get_group(group.id))[0] == 404
    groups = client.get_user("u-1001", attributes="groups").data.groups or []
    assert group.id not in [each.value for each in groups]


def test_the_groups_of_a_user(client: IdentityDomainsClient, group: m.Group) -> None:
    own = client.get_user("u-1002", attributes="groups,groups.type").data.groups
    mine = next(each for each in own if each.value == group.id)
    assert (mine.display, mine.type) == (group.display_name, "direct")
    assert mine.ref.endswith(f"/admin/v1/Groups/{group.id}")


def test_a_program_has_no_groups_of_its_own(client: IdentityDomainsClient) -> None:
    assert refused(lambda: client.list_my_groups())[0] == 403
