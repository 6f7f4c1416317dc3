"""The keys of an error row: circumstances, and what the client is told (mapping-format, sections 10, 11.3 and 13)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Tag

from gateway.mapping.keys import Spec, by_kind, may, must

Http = Literal["timeout", "unreachable", "broken", "4xx", "5xx"] | int
OneOrMore = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[list[str], Tag("<list>")],
    Discriminator(by_kind),
]
OneOrMoreHttp = Annotated[
    Annotated[Http, Tag("<text>")] | Annotated[list[Http], Tag("<list>")],
    Discriminator(by_kind),
]


class WhenSpec(Spec):
    """Circumstances; all that are named must hold."""

    code: OneOrMore | None = may(
        "nevisIDM's error code, `*` for any part of it, a list, or `rest`: every code no other row names.",
        "errors.duplicateName",
        "errors.*Exists",
    )
    http: OneOrMoreHttp | None = may("Status, or what came instead of one.", 404, "5xx", ["timeout", "broken"])
    json_: bool | None = may("Whether the answer was nevisIDM's JSON.", False)
    if_match: bool | None = may("Whether the client sent If-Match.", True)
    self_: bool | None = may("Whether it ran as the caller.", True)
    call: str | None = may("`record.verb`, a step or a route.", "user.update")


When = Annotated[
    Annotated[Literal["any"], Tag("<text>")] | Annotated[WhenSpec, Tag("<map>")],
    Discriminator(by_kind),
]


class ToldSpec(Spec):
    """What the client is told, in SCIM terms."""

    status: Literal["same"] | int = must("HTTP status; `same`: nevisIDM's.", 409, "same")
    scim_type: str | None = may("RFC 7644 table 9.", "uniqueness")
    message_id: str | None = may("IDCS messageId.", "error.common.validation.invalidReferenceResource")
    attribute: str | None = may("The attribute to name.", "userName")
    field: str | None = may(
        "Instead of `attribute`: the field of nevisIDM's record that it is about. The attribute that stands on it is named.",
        "name.firstName",
    )
    tell: Literal["property", "definition", "rules", "missing"] | None = may(
        "The only words of nevisIDM that are passed on; `definition`: a property that is perhaps not defined; "
        "`missing`: that a value is needed.",
        "rules",
    )
    retry_after: Literal["reply"] | int | None = may("Seconds, or what nevisIDM said.", 5, "reply")
    alarm: bool | None = may("An operator must look.", True)


class RowSpec(Spec):
    """One row of an error table."""

    when: When = must("Circumstances, or `any`.", {"code": "errors.duplicateName"}, "any")
    scim: ToldSpec | None = may("What the client is told.", {"status": 409, "scimType": "uniqueness"})
    outcome: str | None = may("Actions, instead of `scim`: how it ends.", "wrong")
