"""A dialect is data: how `/admin/v1` (idcs) and `/scim/v2` (rfc) differ over the same resources.

Sources: RFC 7644 and Oracle documentation of identity domains. Nothing branches on a dialect's name; code asks the field it needs.
Leniencies are named; a site switches them per address in its settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Leniency = Literal[
    "boolean_strings",
    "dotted_keys",
    "urn_keys",
    "array_on_filtered_replace",
    "unmatched_path_creates",
    "remove_by_value",
    "flat_values",
    "unknown_attributes",
    "read_only_in_patch",
]
"""What a client may spell otherwise than RFC 7644 says.

- boolean_strings: "True" for true, in values and in filters.
- dotted_keys: `name.givenName`, and whole paths such as `emails[type eq "work"].value`, as keys of an object.
- urn_keys: `URN:attribute` as a key.
- array_on_filtered_replace: an array as the value of a replace whose path has a filter.
- unmatched_path_creates: a filter that selects nothing makes the value that it describes.
- remove_by_value: a remove whose value says which values go.
- flat_values: `manager: "id"` for `manager: {value: "id"}`.
- unknown_attributes: in the body of POST and PUT, what the type does not have; it is left out, and named in the log.
  What a client writes then vanishes, so a site must ask for it.
- read_only_in_patch: changed readOnly attributes among others, in a PATCH operation without path; they are passed over. So here, too.
"""
ALL_LENIENCIES: frozenset[Leniency] = frozenset(get_args(Leniency))
USUAL_LENIENCIES: frozenset[Leniency] = ALL_LENIENCIES - {"unknown_attributes", "read_only_in_patch"}
"""Those that are on unless the site says which it wants."""


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """The differences, one field each. A dialect is itself: what is kept by one is looked up many times a request."""

    name: Literal["idcs", "rfc"]
    root: str  # "/admin/v1"
    media_type: str  # of answers
    error_media_type: str
    envelope: Literal["idcs", "rfc", "both"]  # error bodies: Oracle extension with messageId, scimType, or both
    read_only_on_update: Literal[
        "refuse", "ignore"
    ]  # a changed readOnly value in PUT, or inside a complex value of a PATCH
    always_schemas: bool  # also when `attributes` narrows the answer; `meta` never (RFC 7643 section 3.1)
    default_count: int
    max_count: int
    negative_count: Literal["default", "zero"]
    echo_count: bool  # itemsPerPage repeats the requested count instead of the number of resources
    default_sort: str | None  # sortBy when the request names none
    opc_pages: bool  # `limit` and `page`, opc-next-page and opc-total-items (OCI)
    missing_verb: int  # 405 or 501
    attribute_sets: bool
    common_attributes: bool  # ocid, domainOcid … that IDCS adds to every resource
    utc_millis: bool  # dateTime values as 2024-10-24T19:07:26.810Z
    bulk_operations: int  # in one bulk at most
    bulk_bytes: int  # of a bulk's body at most
    bulk_status: int  # of a bulk that was run, whatever became of its operations
    leniencies: frozenset[Leniency]


IDCS = Dialect(
    name="idcs",
    root="/admin/v1",
    media_type="application/json;charset=utf-8",
    error_media_type="application/json",
    envelope="idcs",
    read_only_on_update="refuse",
    always_schemas=False,
    default_count=50,
    max_count=1000,
    negative_count="default",
    echo_count=True,
    default_sort="id",
    opc_pages=True,
    missing_verb=405,
    attribute_sets=True,
    common_attributes=True,
    utc_millis=True,
    bulk_operations=50,
    bulk_bytes=1_048_576,
    bulk_status=201,
    leniencies=USUAL_LENIENCIES,
)

RFC = Dialect(
    name="rfc",
    root="/scim/v2",
    media_type="application/scim+json",
    error_media_type="application/scim+json",
    envelope="rfc",
    read_only_on_update="ignore",
    always_schemas=True,
    default_count=100,
    max_count=1000,
    negative_count="zero",
    echo_count=False,
    default_sort=None,
    opc_pages=False,
    missing_verb=501,
    attribute_sets=True,
    common_attributes=False,
    utc_millis=True,
    bulk_operations=1000,
    bulk_bytes=4_194_304,
    bulk_status=200,
    leniencies=USUAL_LENIENCIES,
)
