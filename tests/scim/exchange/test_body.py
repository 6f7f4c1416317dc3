import orjson
import pytest

from gateway.errors import ScimError
from gateway.scim.body import Limits, read_json

LIMITS = Limits(body_bytes=1000, body_depth=4)


def refused(body: bytes, content_type: str | None = "application/json") -> ScimError:
    with pytest.raises(ScimError) as info:
        read_json(body, content_type, LIMITS)
    return info.value


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/scim+json",
        "Application/SCIM+JSON; charset=UTF-8",
        'application/json;charset="utf-8"',
        "application/json; version=1",
    ],
)
def test_both_media_types_are_accepted_with_parameters(content_type: str) -> None:
    assert read_json(b'{"a": [1]}', content_type, LIMITS) == {"a": [1]}


@pytest.mark.parametrize(
    "content_type", [None, "", " ", "text/json", "application/xml", "application/json;charset=latin-1"]
)
def test_any_other_or_no_media_type_is_415(content_type: str | None) -> None:
    error = refused(b"{}", content_type)
    assert (error.code.code, error.status) == ("GW102", 415)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b'"x"', b"null", b"\xff{}", b'{"a": NaN}', b'{"a": 1e999}', b'{"a":1}{}']
)
def test_what_is_no_json_object_is_400(body: bytes) -> None:
    error = refused(body)
    assert (error.code.code, error.status, error.scim_type) == ("GW101", 400, "invalidSyntax")


def test_a_body_over_the_limit_is_413() -> None:
    body = orjson.dumps({"a": "x" * 1000})
    assert (refused(body).code.code, refused(body).status) == ("GW103", 413)


def test_depth_counts_objects_and_arrays_from_the_outermost() -> None:
    assert read_json(b'{"a": [{"b": []}]}', "application/json", LIMITS)
    assert refused(b'{"a": [{"b": [1, {}]}]}').code.code == "GW118"


def test_ten_thousand_levels_are_refused_without_recursion() -> None:
    deep = b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    with pytest.raises(ScimError) as info:
        read_json(deep, "application/json", Limits())
    assert info.value.code.code == "GW118"


def test_unclosed_depth_is_refused_too() -> None:
    with pytest.raises(ScimError) as info:
        read_json(b'{"a":' * 10_000, "application/json", Limits())
    assert info.value.code.code == "GW118"


def test_brackets_inside_strings_do_not_count() -> None:
    body = rb'{"a": "[[[[[[[[\"{{{{{{{{", "b": "\\", "c": "]]"}'
    assert read_json(body, "application/json", LIMITS)["b"] == "\\"


def test_many_shallow_values_are_no_depth() -> None:
    body = orjson.dumps({"a": [{} for _ in range(50)]})
    assert len(read_json(body, "application/json", LIMITS)["a"]) == 50


@pytest.mark.parametrize("body", [rb'{"a": "x\u0000y"}', rb'{"a": [{"b\u0000": 1}]}', b'{"a": "\x00"}'])
def test_nul_characters_are_refused(body: bytes) -> None:
    assert refused(body).code.code == "GW101"


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert read_json(rb'{"a": "\\u0000"}', "application/json", LIMITS) == {"a": r"\u0000"}


def test_errors_do_not_repeat_the_body() -> None:
    assert "s3cret" not in refused(b'{"password": "s3cret').detail
