"""The keys of `Type.tests.yaml`, the tests beside a mapping (mapping-format, section 12.1)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from gateway.mapping.file_error import Http
from gateway.mapping.keys import Scalar, Spec, by_kind, may, must

Json = Any


class PairSpec(Spec):
    """Records and the resource they must look like."""

    name: str = must("What is special about it.", "an archived person")
    idm: dict[str, Json] = must(
        "The records by name; what stands in another record, stands there.", {"user": {"extId": "u1"}}
    )
    scim: dict[str, Json] = must("The resource; `id`, `schemas` and `meta` go without saying.", {"userName": "bjensen"})


class FailsSpec(Spec):
    """How a client is refused."""

    status: int = must("HTTP status.", 400)
    scim_type: str | None = may("RFC 7644 table 9.", "mutability")
    message_id: str | None = may("IDCS messageId.", "error.common.validation.invalidReferenceResource")
    attribute: str | None = may("The attribute that the text names.", "userName")


class EditSpec(Spec):
    """An edit in SCIM terms and the only nevisIDM calls it may cause."""

    from_: str | None = may("The pair it starts from; absent: the first.", "an archived person")
    patch: list[dict[str, Json]] | None = may("PATCH operations.", [{"op": "remove", "path": "title"}])
    create: dict[str, Json] | None = may("Instead: the body of a POST.", {"userName": "bjensen"})
    replace: dict[str, Json] | None = may("Instead: the body of a PUT.", {"active": False})
    delete: Literal[True] | None = may("Instead: a DELETE.", True)
    writes: dict[str, Json] | None = may(
        "Calls by name, each with its body, one without a body with its path; nothing else may be called.",
        {"properties.update": {"jobTitle": None}},
    )
    fails: FailsSpec | None = may("How it is refused.", {"status": 400, "scimType": "mutability"})


Push = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[list[str], Tag("<list>")],
    Discriminator(by_kind),
]


class FilterSpec(Spec):
    """A filter, the route it takes, what goes to nevisIDM, what is still checked here."""

    filter: str = must("The filter; aliases of extensions are understood.", 'userName eq "bjensen"')
    with_: dict[str, Scalar] | None = may("What the installation can do, where it differs.", {"query.enabled": False})
    route: str = must("The route's name, `get`, or `none`.", "list")
    push: Push = must("What nevisIDM is asked: `nothing`, one text, or one per call.", "loginId_IEQ=bjensen")
    left: str = must("What is checked here: `nothing`, `all`, or a filter.", "nothing")


class ReplySpec(Spec):
    """A refusal of nevisIDM."""

    call: str = must("The call.", "user.update")
    http: Http = must("Status, or what came instead of one.", 422, "timeout")
    json_: bool = may("Whether it was nevisIDM's JSON.", False, default=True)
    errors: list[dict[str, str]] | None = may("Codes and messages.", [{"code": "errors.duplicateName"}])
    if_match: bool = may("Whether the client sent If-Match.", True, default=False)
    self_: bool = may("Whether it ran as the caller.", True, default=False)


class FailureCaseSpec(Spec):
    """A refusal of nevisIDM and what the client is told."""

    reply: ReplySpec = must("What nevisIDM said.", {"call": "user.update", "http": 422})
    scim: FailsSpec | None = may("What the client is told.", {"status": 409, "scimType": "uniqueness"})
    outcome: str | None = may("Actions, instead: how it ends.", "wrong")


class TestsFile(Spec):
    """The tests of one mapping."""

    __test__ = False  # a model, not a test class of pytest's

    format: Literal[1] = must("Version of the mapping language.", 1)
    resource: str = must("The mapping that is tested.", "User")
    pairs: list[PairSpec] | None = may("Checked both ways: writing the resource back over the records changes nothing.")
    edits: list[EditSpec] | None = may("What changes cause.")
    filters: list[FilterSpec] | None = may("How searches are answered; each must also be answerable without the index.")
    failures: list[FailureCaseSpec] | None = may("What refusals become.")
