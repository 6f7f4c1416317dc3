"""The keys of the language: each says what it means, and every wrong form is found at its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from gateway.mapping.document import read_document
from gateway.mapping.file import ErrorsFile, MappingFile
from gateway.mapping.file_read import read_file
from gateway.mapping.keys import Spec, camel

LEAST = """\
format: 1
resource: Thing
endpoint: /Things
schema: urn:x:y
description: A thing.
attributes: {}
"""


def findings(more: str) -> list[str]:
    return [str(each) for each in read_file(read_document(LEAST + more, "m/Thing.yaml"), MappingFile)[1]]


def tables(kind: Any, seen: set[type[Spec]]) -> Iterator[type[Spec]]:
    """Every table of keys that a type leads to."""
    if isinstance(kind, type) and issubclass(kind, Spec) and kind not in seen:
        seen.add(kind)
        yield kind
        for field in kind.model_fields.values():
            yield from tables(field.annotation, seen)
    for argument in get_args(kind):
        yield from tables(argument, seen)


TABLES = [each for root in (MappingFile, ErrorsFile) for each in tables(root, set())]


def test_the_least_file_is_read() -> None:
    spec, wrong = read_file(read_document(LEAST, "m/Thing.yaml"), MappingFile)
    assert wrong == []
    assert spec is not None
    assert spec.resource == "Thing"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_key_says_what_it_means(table: type[Spec]) -> None:
    assert table.__doc__
    assert all(field.description for field in table.model_fields.values())


def test_the_language_has_no_more_tables_than_these() -> None:
    assert {table.__name__ for table in TABLES} >= {
        "RecordSpec",
        "AttributeSpec",
        "RouteSpec",
        "WhenSpec",
        "DoSpec",
        "LensSpec",
    }


def test_keys_are_in_camel_case() -> None:
    assert [camel(name) for name in ("case_exact", "self_", "scim_type")] == ["caseExact", "self", "scimType"]


def test_the_json_schema_knows_every_key_of_a_mapping() -> None:
    schema = MappingFile.model_json_schema()
    assert list(schema["properties"]) == list(MappingFile.keys())
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("more", "finding"),
    [
        ("desciption: x", 'm/Thing.yaml:7:1 M101 unknown key "desciption", did you mean "description"?'),
        ("search: { routes: { a: { cal: x } } }", 'm/Thing.yaml:7:26 M101 unknown key "cal", did you mean "call"?'),
        ("records: { a: { update: { doo: x } } }", 'm/Thing.yaml:7:27 M101 unknown key "doo", did you mean "do"?'),
        ("records: { a: { read: 5 } }", 'm/Thing.yaml:7:23 M103 "read" must be a text'),
        ("records: { a: { update: [x] } }", 'm/Thing.yaml:7:25 M103 "update" must be a text or a map'),
        ("records: { a: { missing: make } }", 'm/Thing.yaml:7:26 M103 "missing" must be create'),
        ("records: [a]", 'm/Thing.yaml:7:10 M103 "records" must be a map'),
        ("operations: { create: a }", 'm/Thing.yaml:7:23 M103 "create" must be a list'),
        ("errors: [{ when: any, scim: { status: no } }]", 'm/Thing.yaml:7:39 M103 "status" must be same or a whole number'),
        ("steps: [{ check: x }]", 'm/Thing.yaml:7:9 M103 "means" is missing, such as { active: { false: disabled } }'),
        ("self: { is: id, allow: [search] }", 'm/Thing.yaml:7:25 M103 "allow" must be get, list, create, replace, modify or delete'),
        ("outcomes: { a: {} }", 'm/Thing.yaml:7:16 M103 "detail" is missing, such as INVALID_CREDENTIALS'),
    ],
)  # fmt: skip
def test_a_wrong_form_is_found_at_its_place(more: str, finding: str) -> None:
    assert finding in findings(more)


def test_a_file_that_is_no_map_says_so() -> None:
    spec, wrong = read_file(read_document("- a", "m/Thing.yaml"), MappingFile)
    assert spec is None
    assert [str(each) for each in wrong] == ['m/Thing.yaml:1:1 M103 "the file" must be a map']
