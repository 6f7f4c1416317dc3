"""The keys of an attribute and of the lenses that have settings (mapping-format, sections 3.3, 3.4 and 13)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from gateway.mapping.keys import Scalar, Spec, by_kind, may

Length = Annotated[int, Field(ge=20, le=500)]
Kind = Literal["string", "boolean", "integer", "decimal", "dateTime", "binary", "reference", "complex"]


class LensSpec(Spec):
    """A lens with settings; all others are one word."""

    choice: dict[Scalar, Scalar] | None = may("Table from stored to shown.", {"active": True, "disabled": False})
    write: dict[Scalar, Scalar] | None = may(
        "The way back where several stored values look alike.", {False: "disabled"}
    )
    else_: Scalar | None = may("What any other stored value looks like; then the attribute is read-only.", False)
    split: str | None = may("One text that is a list, with this separator.", ",")
    prefix: str | None = may("Stored with this beginning.", "x-")
    before: str | None = may("One text that is two: what stands before the first such separator.", "|")
    after: str | None = may("One text that is two: what follows the first such separator.", "|")
    lens: str | None = may("A lens of the site's own, by the name of its entry point.", "iban")
    with_: Scalar | None = may("Its setting.", "CH")


Lens = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[LensSpec, Tag("<map>")],
    Discriminator(by_kind),
]
As = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[LensSpec, Tag("<map>")] | Annotated[list[Lens], Tag("<list>")],
    Discriminator(by_kind),
]
Idm = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[dict[str, str], Tag("<map>")],
    Discriminator(by_kind),
]
From = Annotated[
    Annotated[Scalar, Tag("<text>")] | Annotated[dict[str, Scalar], Tag("<map>")],
    Discriminator(by_kind),
]
Search = Annotated[
    Annotated[Literal["none"], Tag("<text>")] | Annotated[dict[str, str], Tag("<map>")],
    Discriminator(by_kind),
]


class AttributeSpec(Spec):
    """One SCIM attribute or sub-attribute."""

    type: Kind | None = may("SCIM type, where the lens does not tell it.", "boolean")
    idm: Idm | None = may(
        "Record path, both directions; several that make an id; a map of targets for a lens that has several.",
        "user.loginId",
        "{role.applicationExtId}~{grant.roleExtId}",
    )
    as_: As | None = may(
        "A lens, or a list of lenses applied left to right when reading.", "instant", ["trim", "lower"]
    )
    by: str | None = may(
        "The record field whose value chooses among several templates of `from`.", "credential.typeName"
    )
    from_: From | None = may(
        "Template or constant; in actions also one per way, with `by` one per value.", "{base}/Users/{token.userExtId}"
    )
    slots: list[dict[str, Slot]] | None = may("Fixed places for values of a multi-valued attribute.")
    unmatched: Literal["reject", "drop"] | None = may("What to do with a value that fits no slot.", "reject")
    each: Each | None = may(
        "One value per element of this list; of several lists, each with its own sub-attributes.",
        "memberships",
        "subject.idcs:appRoles",
    )
    key: list[str] | None = may(
        "The sub-attributes by which a value of a list is known; `value` if nothing is said.", ["provider", "subject"]
    )
    refers: str | None = may("The type whose ids the values are, where no `$ref` beside them says it.", "AppRole")
    keep: dict[str, str] | None = may(
        "Actions: request attribute to the sub-attribute that must equal it.", {"appId": "appId"}
    )
    asked: str | None = may("Actions: returned when this request attribute is true.", "includeMemberships")
    required: bool | None = may("RFC 7643 section 7.", True)
    filled: bool | None = may(
        "nevisIDM always has a value here: a PATCH cannot take it away, and a PUT that leaves it out keeps it.", True
    )
    mutability: Literal["readWrite", "readOnly", "immutable", "writeOnly"] | None = may(
        "RFC 7643 section 7.", "immutable"
    )
    returned: Literal["always", "default", "request", "once", "never"] | None = may(
        "RFC 7643 section 7; `once`: a secret that only the answer to the POST shows.", "request", "once"
    )
    uniqueness: Literal["none", "server", "global"] | None = may("RFC 7643 section 7.", "global")
    case_exact: bool | None = may("RFC 7643 section 7.", True)
    canonical_values: list[str] | None = may("RFC 7643 section 7.", ["ACTIVE", "INACTIVE"])
    multi_valued: bool | None = may("RFC 7643 section 7; for plain values, slots and each say it themselves.", True)
    length: list[int] | None = may("Shortest and longest.", [1, 300])
    default: Scalar | None = may(
        "What an absent request attribute counts as; what a new resource has by itself, so a create does not write it.",
        False,
    )
    made: Length | None = may(
        "A secret that the gateway makes for a new resource, of this many letters and digits, and tells once.", 40
    )
    secret: bool | None = may("Never logged, explained, searched, told.", True)
    search: Search | None = may(
        "`none`, or route to field; `none` as field: not on that route.", "none", {"index": "loginid"}
    )


Slot = Annotated[
    Annotated[bool | int | str, Tag("<text>")] | Annotated[AttributeSpec, Tag("<map>")],
    Discriminator(by_kind),
]

Each = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[dict[str, dict[str, AttributeSpec]], Tag("<map>")],
    Discriminator(by_kind),
]

AttributeSpec.model_rebuild()

Json = Any


def plain(lens: str | LensSpec | list[str | LensSpec] | None) -> Json:
    """What was written under `as`, as plain values."""
    if isinstance(lens, list):
        return [plain(each) for each in lens]
    return lens.model_dump(by_alias=True, exclude_unset=True) if isinstance(lens, LensSpec) else lens
