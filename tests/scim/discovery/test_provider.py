import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.scim.dialect import IDCS, RFC
from gateway.scim.discovery.provider import Offer, service_provider_config
from gateway.scim.schema import ResourceType

Types = Mapping[str, ResourceType]


def config(types: Types, **more: Any) -> Any:
    return service_provider_config(types, more.pop("dialect", RFC), "https://host/scim/v2", **more)


def without(verb: str, types: Types) -> Types:
    return {name: dataclasses.replace(kind, verbs=kind.verbs - {verb}) for name, kind in types.items()}


def test_what_the_types_offer_is_supported(types: Types) -> None:
    found = config(types)
    assert found["patch"] == {"supported": True}
    assert found["filter"] == {"supported": True, "maxResults": 1000}
    assert found["sort"] == {"supported": True}
    assert found["changePassword"] == {"supported": True}
    assert found["etag"] == {"supported": True}
    assert found["meta"]["location"] == "https://host/scim/v2/ServiceProviderConfig"


@pytest.mark.parametrize(
    ("verb", "feature"),
    [("modify", "patch"), ("modify", "changePassword"), ("search", "filter"), ("search", "sort")],
)
def test_what_no_type_offers_is_not_supported(verb: str, feature: str, types: Types) -> None:
    assert config(without(verb, types))[feature]["supported"] is False


def test_an_action_that_takes_a_password_changes_none(types: Types) -> None:
    checking = dataclasses.replace(types["passwordauthenticator"], verbs=frozenset(("act", "replace")))
    assert config({"passwordauthenticator": checking})["changePassword"] == {"supported": False}


def test_without_versions_there_are_no_entity_tags(types: Types) -> None:
    assert config({"tokens": types["tokens"]})["etag"] == {"supported": False}


def test_bulk_and_cursors_are_called_supported_only_when_offered(types: Types) -> None:
    assert config(types)["bulk"] == {"supported": False, "maxOperations": 0, "maxPayloadSize": 0}
    assert config(types)["pagination"] == {
        "cursor": False,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 100,
        "maxPageSize": 1000,
    }
    offer = Offer(bulk_operations=50, bulk_bytes=1_000_000, cursor=True, cursor_seconds=600)
    offered = config(types, offer=offer)
    assert offered["bulk"] == {"supported": True, "maxOperations": 50, "maxPayloadSize": 1_000_000}
    assert (offered["pagination"]["cursor"], offered["pagination"]["cursorTimeout"]) == (True, 600)


def test_page_sizes_are_those_of_the_dialect(types: Types) -> None:
    assert config(types, dialect=IDCS)["pagination"]["defaultPageSize"] == 50
