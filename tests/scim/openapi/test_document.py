from collections.abc import Mapping
from typing import Any

from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.openapi.document import openapi
from gateway.scim.openapi.operation import Facts
from gateway.scim.schema import ResourceType

Types = Mapping[str, ResourceType]
EXTRA = "urn:ietf:params:scim:schemas:extension:extra:2.0:Thing"


def document(types: Types, *dialects: Dialect, **more: Any) -> Any:
    return openapi(types, dialects or (RFC,), "https://host", "1.2", **more)


def schema(name: str, types: Types, dialect: Dialect = RFC) -> Any:
    return document(types, dialect)["components"]["schemas"][f"{dialect.name}.{name}"]


def test_it_says_where_and_what_it_is(types: Types) -> None:
    told = document(types)
    assert (told["openapi"], told["info"]["version"], told["servers"]) == ("3.1.0", "1.2", [{"url": "https://host"}])
    assert told["security"] == [{"bearer": []}]


def test_addresses_have_the_methods_of_their_verbs(types: Types) -> None:
    paths = document(types)["paths"]
    assert set(paths["/scim/v2/Things"]) == {"get", "post"}
    assert set(paths["/scim/v2/Things/{id}"]) == {"get", "patch"}
    assert set(paths["/scim/v2/Things/.search"]) == {"post"}


def test_actions_have_their_one_method(types: Types) -> None:
    paths = document(types)["paths"]
    assert set(paths["/scim/v2/Check"]) == {"post"}
    assert paths["/scim/v2/Check"]["post"]["summary"] == "Checks a password."
    assert set(paths["/scim/v2/Change/{id}"]) == {"put"}
    assert "/scim/v2/Change" not in paths


def test_an_answer_has_what_may_leave_and_nothing_else(types: Types) -> None:
    found = schema("Thing", types)
    assert found["additionalProperties"] is False
    assert found["required"] == ["id"]
    assert {"schemas", "id", "meta", "title", EXTRA} <= set(found["properties"])
    assert {"secret", "gone", "ocid"}.isdisjoint(found["properties"])
    assert "ocid" in schema("Thing", types, IDCS)["properties"]
    assert found["properties"]["title"] == {"type": "string", "description": "Its title."}


def test_a_body_has_what_may_be_written_with_its_limits(types: Types) -> None:
    found = schema("Thing.Body", types)
    assert set(found["required"]) == {"schemas", "title", EXTRA}
    assert "additionalProperties" not in found
    assert {"id", "made", "meta"}.isdisjoint(found["properties"])
    assert found["properties"]["title"] == {
        "type": "string",
        "minLength": 1,
        "maxLength": 9,
        "description": "Its title.",
    }
    assert found["properties"]["colour"]["enum"] == ["red", "blue"]
    assert found["properties"]["secret"] == {"type": "string", "writeOnly": True}


def test_types_of_several_values_are_suggestions_only(types: Types) -> None:
    parts = schema("Thing.Body", types)["properties"]["parts"]
    assert parts["type"] == "array"
    assert parts["items"]["required"] == ["value"]
    assert parts["items"]["properties"]["type"] == {"type": "string"}


def test_free_maps_hold_texts(types: Types) -> None:
    for name in ("Thing", "Thing.Body"):
        properties = schema(name, types)["properties"]
        assert properties["map"]["additionalProperties"] == {"type": "string"}
        assert properties["lists"]["additionalProperties"] == {"type": "array", "items": {"type": "string"}}


def test_every_kind_has_its_json_type(types: Types) -> None:
    properties = schema("Thing.Body", types)["properties"]
    assert properties["flag"] == {"type": "boolean"}
    assert properties["number"] == {"type": "integer"}
    assert properties["amount"] == {"type": "number"}
    assert properties["moment"] == {"type": "string", "format": "date-time"}
    assert properties["photo"] == {"type": "string", "contentEncoding": "base64"}
    assert properties["words"] == {"type": "array", "items": {"type": "string"}}


def test_failures_are_those_of_the_way_and_of_the_mapping(types: Types) -> None:
    paths = document(types, facts={"Thing": Facts(frozenset((429,)))})["paths"]
    read = set(paths["/scim/v2/Things/{id}"]["get"]["responses"])
    assert {"200", "401", "404", "429", "502"} <= read
    assert {"412", "413", "415"}.isdisjoint(read)
    assert {"412", "413", "415", "429"} <= set(paths["/scim/v2/Things/{id}"]["patch"]["responses"])
    assert "429" not in paths["/scim/v2/Check"]["post"]["responses"]
    told = set(paths["/scim/v2/Schemas"]["get"]["responses"])
    assert "403" in told
    assert {"502", "503", "504"}.isdisjoint(told), "discovery asks nobody"


def test_every_reference_leads_somewhere(types: Types) -> None:
    told = document(types, IDCS, RFC)

    def follow(value: Any) -> int:
        if isinstance(value, list):
            return sum(map(follow, value))
        if not isinstance(value, dict):
            return 0
        if isinstance(value.get("$ref"), str):
            _, section, kind, name = value["$ref"].split("/")
            assert name in told[section][kind]
            return 1
        return sum(map(follow, value.values()))

    assert follow(told) > 50


def test_envelopes_are_the_dialects(types: Types) -> None:
    oracle = "urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error"
    assert "scimType" in schema("Error", types)["properties"]
    assert oracle not in schema("Error", types)["properties"]
    assert oracle in schema("Error", types, IDCS)["properties"]
    assert "attributeSets" in schema("SearchRequest", types, IDCS)["properties"]
