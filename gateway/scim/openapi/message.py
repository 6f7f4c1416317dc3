"""JSON Schemas of the protocol's own messages (RFC 7644 sections 3.4.2, 3.4.3, 3.5.2, 3.7 and 3.12; IDCS section 7)."""

from __future__ import annotations

from gateway.scim.bulk import BULK_REQUEST, BULK_RESPONSE
from gateway.scim.dialect import Dialect
from gateway.scim.query import SEARCH_REQUEST
from gateway.scim.reply import ERROR, LIST_RESPONSE, ORACLE_ERROR
from gateway.scim.request import Resource

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

_TEXT: Resource = {"type": "string"}
_TEXTS: Resource = {"type": "array", "items": _TEXT}
_NUMBER: Resource = {"type": "integer"}


def _closed(properties: Resource, *required: str) -> Resource:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _schemas(*urns: str) -> Resource:
    return {"type": "array", "items": {"enum": list(urns)}, "minItems": 1}


def list_response(item: Resource) -> Resource:
    """A page of resources; one by cursor has no startIndex, and a total only where that costs nothing."""
    properties: Resource = {
        "schemas": _schemas(LIST_RESPONSE),
        "totalResults": _NUMBER | {"minimum": 0},
        "Resources": {"type": "array", "items": item},
        "startIndex": _NUMBER | {"minimum": 1},
        "itemsPerPage": _NUMBER | {"minimum": 0},
        "nextCursor": _TEXT,
    }
    return _closed(properties, "schemas", "Resources", "itemsPerPage")


def error(dialect: Dialect) -> Resource:
    """A SCIM Error in the dialect's envelope; the status is a string."""
    oracle, rfc = dialect.envelope in ("idcs", "both"), dialect.envelope in ("rfc", "both")
    properties: Resource = {
        "schemas": _schemas(ERROR, *((ORACLE_ERROR,) if oracle else ())),
        "detail": _TEXT,
        "status": {"type": "string", "pattern": "^[45][0-9][0-9]$"},
    }
    if rfc:
        properties["scimType"] = _TEXT
    if oracle:
        properties[ORACLE_ERROR] = _closed({"messageId": _TEXT, "additionalData": {"type": "object"}})
    return _closed(properties, "schemas", "detail", "status")


def search_request(dialect: Dialect) -> Resource:
    """The body of `POST …/.search`."""
    properties: Resource = {
        "schemas": {"type": "array", "items": _TEXT, "contains": {"const": SEARCH_REQUEST}},
        "filter": _TEXT,
        "sortBy": _TEXT,
        "sortOrder": {"type": "string", "description": "ascending or descending, in any case."},
        "startIndex": _NUMBER,
        "count": _NUMBER,
        "cursor": _TEXT,
        "attributes": _TEXTS,
        "excludedAttributes": _TEXTS,
    }
    if dialect.attribute_sets:
        properties["attributeSets"] = _TEXTS
    return {"type": "object", "properties": properties, "required": ["schemas"]}


def patch_op() -> Resource:
    """The body of PATCH."""
    operation: Resource = {
        "type": "object",
        "properties": {
            "op": {"type": "string", "description": "add, remove or replace, in any case."},
            "path": {"type": "string", "description": "RFC 7644 section 3.5.2; needed for remove."},
            "value": {"description": "What to add or replace with."},
        },
        "required": ["op"],
    }
    return {
        "type": "object",
        "properties": {
            "schemas": {"type": "array", "items": _TEXT, "contains": {"const": PATCH_OP}},
            "Operations": {"type": "array", "items": operation, "minItems": 1},
        },
        "required": ["schemas", "Operations"],
    }


def bulk_request(dialect: Dialect) -> Resource:
    """The body of a bulk."""
    operation: Resource = {
        "type": "object",
        "properties": {
            "method": {"type": "string", "description": "POST, PUT, PATCH or DELETE, in any case."},
            "path": _TEXT | {"description": "The address below the root: /Users, /Users/<id>, /Users/bulkId:<key>."},
            "bulkId": _TEXT | {"description": "A name for what is made; others refer to it as bulkId:<key>."},
            "version": _TEXT | {"description": "What If-Match would say."},
            "data": {"type": "object", "description": "The body that the request would have by itself."},
        },
        "required": ["method", "path"],
    }
    return {
        "type": "object",
        "properties": {
            "schemas": {"type": "array", "items": _TEXT, "contains": {"const": BULK_REQUEST}},
            "failOnErrors": _NUMBER | {"minimum": 0},
            "Operations": {"type": "array", "items": operation, "maxItems": dialect.bulk_operations},
        },
        "required": ["schemas", "Operations"],
    }


def bulk_response() -> Resource:
    """What became of each operation of a bulk; the status is a string."""
    operation = _closed(
        {
            "location": _TEXT,
            "method": {"enum": ["POST", "PUT", "PATCH", "DELETE"]},
            "bulkId": _TEXT,
            "version": _TEXT,
            "status": {"type": "string", "pattern": "^[245][0-9][0-9]$"},
            "response": {"type": "object"},
        },
        "method",
        "status",
    )
    properties: Resource = {"schemas": _schemas(BULK_RESPONSE), "Operations": {"type": "array", "items": operation}}
    return _closed(properties, *properties)
