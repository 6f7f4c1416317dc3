"""A mapping file as it is written: every key of the language, its type, what it says and an example (mapping-format, section 13).

Only form is said here. What the words mean together is decided in `compile`, what is wise in `rules`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from gateway.mapping.file_action import FailureSpec, LimitsSpec, OutcomeSpec, StepSpec
from gateway.mapping.file_attribute import AttributeSpec
from gateway.mapping.file_error import RowSpec
from gateway.mapping.keys import CallText, Scalar, Spec, by_kind, may, must

Verb = Literal["get", "list", "create", "replace", "modify", "delete"]


class WriteSpec(Spec):
    """A call whose body is not the record's changes."""

    do: CallText = must("The call.", "POST /core/v1/{client}/users/{user.extId}/password/change")
    send: dict[str, str] | None = may("Its body: key to template.", {"newPassword": "{password.password}"})
    values: dict[str, dict[Scalar, CallText]] | None = may(
        "Values that a call of their own brings, without a body: field to value to call.",
        {"stateName": {"active": "POST /core/v1/{client}/users/{user.extId}/password/unlock"}},
    )


Write = Annotated[
    Annotated[CallText, Tag("<text>")] | Annotated[WriteSpec, Tag("<map>")],
    Discriminator(by_kind),
]
Reads = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[list[CallText], Tag("<list>")],
    Discriminator(by_kind),
]


class OnlySpec(Spec):
    """A condition other than equality."""

    starts: str | None = may("The field begins with this text.", "scim-db-")
    contains: str | None = may("The field contains this text.", "|")
    not_: Scalar | None = may("The field has another value.", "archived")
    in_: list[str] | None = may("The field has one of these values.", ["OATH", "FIDO2"])


Only = Annotated[
    Annotated[Scalar, Tag("<text>")] | Annotated[OnlySpec, Tag("<map>")],
    Discriminator(by_kind),
]


class RecordSpec(Spec):
    """One nevisIDM record of the type."""

    read: Reads | None = may(
        "A call; a list of calls, of which the first whose holes are known is used; or a place in another record.",
        "GET /core/v1/{client}/users/{user.extId}",
        "user.properties",
    )
    create: Write | None = may("The call that creates it.", "POST /core/v1/{client}/eroles")
    update: Write | None = may("The call that changes it.", "PATCH /core/v1/{client}/users/{user.extId}")
    delete: Write | None = may("The call that deletes it.", "DELETE /core/v1/{client}/users/{user.extId}")
    pick: str | None = may(
        "Which element of a list reply, where one is needed; several conditions stand in several brackets.",
        "items[isDefaultProfile=true]",
    )
    fill: dict[str, Scalar] | None = may(
        "What a created record carries unless an attribute says otherwise.", {"extId": "{uuid}"}
    )
    only: dict[str, Only] | None = may(
        "Which records belong to this type.", {"isDefaultProfile": True}, {"identification": {"starts": "scim-db-"}}
    )
    missing: Literal["create"] | None = may("A 404 on update means: create it.", "create")
    final: dict[str, list[Scalar]] | None = may(
        "Values of which nothing leads back: an update that brings one comes after all others.",
        {"profileState": ["archived"]},
    )
    over: dict[str, str] | None = may(
        "A hole filled from every resource of another type: the dear way to see all.", {"token.userExtId": "User.id"}
    )  # fmt: skip
    where: dict[str, str] | None = may(
        "Only those of that type whose attribute equals a value: attribute to template.", {"nevis:unit": "{unit.extId}"}
    )


class RouteSpec(Spec):
    """A way to find things."""

    call: CallText | None = may(
        "The request; without it the resource itself is read.", "GET /core/v1/clients/{client}/users"
    )
    style: Literal["params", "plain", "lucene"] = may(
        "How it spells operators, paging, sorting and totals.", "params", default="plain"
    )
    items: str | None = may("The record that each hit is, complete.", "user")
    key: dict[str, str] | None = may("Else where a hit keeps the id's parts.", {"user.extId": "extid"})
    scope: str | None = may("And-ed to every query.", "clientName:{client.name}")
    guard: dict[str, str] | None = may("Checked on every hit: its field to template.", {"client.extid": "{client}"})
    over: dict[str, str] | None = may("As in a record.", {"credential.userExtId": "User.id"})
    needs: list[str] | None = may(
        "Open only to filters that it can be asked by these fields, since it does not list everybody.",
        ["identification"],
    )


class SearchSpec(Spec):
    """How lists are answered."""

    scan: int = may("Rows that one search may read to check here what was left.", 1000, default=1000)
    calls: int = may("nevisIDM calls that one search may spend on finding.", 100, default=100)
    alone: bool | None = may(
        "A search in all types leaves it out unless it names types: what it lists is found under other types, too.",
        True,
    )
    routes: dict[str, RouteSpec] = must("The ways to find things, in order of preference, by name.")


class OperationStepSpec(Spec):
    """A call of its own within an operation."""

    do: CallText = must("The call.", "POST /core/v1/{client}/identity")
    send: dict[str, str] | None = may("Puts whole record changes into its body: key to record.", {"user": "user"})
    undo: CallText | None = may("The call that takes it back.", "DELETE /core/v1/{client}/users/{user.extId}")


OperationStep = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[OperationStepSpec, Tag("<map>")],
    Discriminator(by_kind),
]


class OperationsSpec(Spec):
    """How it is written: record names and steps, in order."""

    create: list[OperationStep] | None = may("POST.", ["credential"])
    replace: list[OperationStep] | None = may("PUT.", ["user", "properties"])
    modify: list[OperationStep] | None = may("PATCH.", ["user", "properties"])
    delete: list[OperationStep] | None = may("DELETE.", ["user"])


class SelfSpec(Spec):
    """What may run as the caller."""

    is_: str = must("The attribute that must equal the caller.", "id", "user.value")
    at: str | None = may("An address of its own.", "/Me")
    allow: list[Verb] = must("What is allowed.", ["get", "replace", "modify"])


Steps = Annotated[
    Annotated[list[StepSpec], Tag("<list>")] | Annotated[dict[str, list[StepSpec]], Tag("<map>")],
    Discriminator(by_kind),
]


class MappingFile(Spec):
    """One SCIM resource type, made of nevisIDM records."""

    format: Literal[1] = must("Version of the mapping language.", 1)
    extends: str | None = may(
        "The mapping that this file changes or shares its lines with.", "builtin:User", "builtin:_credential", "_badge"
    )
    resource: str = must("The SCIM type; also the file's name.", "User")
    endpoint: str = must(
        "Its address; with a verb before it, the only verb there is.", "/Users", "POST /PasswordAuthenticator"
    )
    schema_: str = must("URN of the type.", "urn:ietf:params:scim:schemas:core:2.0:User")
    extensions: dict[str, str] | None = may(
        "Alias to URN; an alias prefixes attributes.",
        {"nevis": "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"},
    )
    description: str = must("One sentence for docs and /Schemas.", "One nevisIDM user with its default profile.")
    id: str | None = may("Template over record paths that can be taken apart again.", "{user.extId}")
    self_: SelfSpec | None = may("What may run as the caller.", {"is": "id", "at": "/Me", "allow": ["get"]})
    match: list[str] | None = may(
        "The attributes by which a POST may look for a resource that is there already (`POST /Users?match=externalId`).",
        ["externalId", "userName"],
    )
    records: dict[str, RecordSpec] | None = may("The nevisIDM side: records by name.")
    attributes: dict[str, AttributeSpec] = must("The SCIM side: attributes by path.")
    search: SearchSpec | None = may("How lists are answered.")
    operations: OperationsSpec | None = may("How it is written.", {"create": ["credential"], "delete": ["credential"]})
    steps: Steps | None = may("Actions: what is done, in named ways or one.")
    outcomes: dict[str, OutcomeSpec] | None = may(
        "Actions: how they may end.", {"wrong": {"detail": "INVALID_CREDENTIALS"}}
    )
    failure: FailureSpec | None = may("Actions: what all bad ends share.", {"status": 400})
    errors: list[RowSpec] | None = may("Error rows tried before those of _errors.yaml.")
    limits: LimitsSpec | None = may("How often it may be asked for.", {"key": ["client_ip"], "rate": "10/minute"})  # fmt: skip
    variants: dict[str, dict[str, Any]] | None = may(
        "Named changes to this file, which an installation chooses by the setting `variants`.",
        {"archived-hidden": {"records": {"user": {"only": {"userState": {"not": "archived"}}}}}},
    )


class ErrorsFile(Spec):
    """`_errors.yaml`: the error rows that all mappings share."""

    format: Literal[1] = must("Version of the mapping language.", 1)
    errors: list[RowSpec] = must("The rows; within a file, the first match counts.")


class AbsentFile(Spec):
    """`_absent.yaml`: the addresses that IDCS has and no mapping serves."""

    format: Literal[1] = must("Version of the mapping language.", 1)
    absent: dict[str, str] = must("The first segment of the address, to the reason that a client reads with the 501.")
