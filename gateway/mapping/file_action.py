"""The keys of actions: steps, outcomes, what failures share, limits (mapping-format, sections 3.6, 6 and 13)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, StringConstraints, Tag

from gateway.mapping.keys import CallText, Scalar, Spec, by_kind, may, must

Means = dict[str, dict[Scalar, str]]
Value = Annotated[
    Annotated[Scalar, Tag("<text>")] | Annotated[list[Scalar], Tag("<list>")],
    Discriminator(by_kind),
]


class BySpec(Spec):
    """Which attributes may be asked, under which names."""

    attribute: str = must("Template that gives the name.", "{mappingAttribute}")
    among: dict[str, str] = must(
        "Name in the request to attribute, or to some of its values; the first is the default.",
        {"userName": "userName"},
        {"emails.value": "emails[primary eq true].value"},
    )
    value: str = must("Template that gives the value.", "{mappingAttributeValue}")


class FindSpec(Spec):
    """Find one resource by another mapping's own search."""

    find: str = must("The type.", "User")
    by: BySpec = must("What identifies it.")
    where: str | None = may("A SCIM filter that must hold too.", "nevis:technicalUser ne true")
    as_: str = must("Name of what came back.", "subject")
    none: str | None = may("Outcome when nothing came back; absent: the next way.", "unknown")
    many: str | None = may("Outcome when more than one came back.", "unknown")


class DoSpec(Spec):
    """A call."""

    do: CallText = must("The call.", "GET /core/v1/{client}/users/{subject.id}/password")
    as_: str = must("Name of what came back.", "credential")
    when: dict[str, Value] | None = may(
        "Only where these have these values: request attributes, or what a step found.", {"locked": False}
    )
    each: str | None = may("Once for every element of what has that name; `{item.x}` is the element's.", "tokens")
    send: dict[str, str] | None = may("Its body: key to template.", {"password": "{password}"})
    pick: str | None = may("Which element of a list reply.", "items[stateName=active]")
    none: str | None = may("Outcome of a JSON 404 or an empty list, or `ok`; absent: the next way.", "wrong")
    many: str | None = may("Outcome when more than one came back.", "wrong")
    means: Means | None = may(
        "Field to value to outcome or `ok`; `past` and `future` for instants; a table with `ok` is closed.",
        {"statusCode": {5: "ok", 2: "wrong"}},
    )


class CheckSpec(Spec):
    """Look again at what has that name."""

    check: str = must("The name.", "subject")
    means: Means = must("As in `do`.", {"active": {False: "disabled"}})


def _which(value: Any) -> str:
    keys = value if isinstance(value, dict) else {}
    return "<find>" if "find" in keys else "<check>" if "check" in keys else "<do>"


StepSpec = Annotated[
    Annotated[FindSpec, Tag("<find>")] | Annotated[DoSpec, Tag("<do>")] | Annotated[CheckSpec, Tag("<check>")],
    Discriminator(_which),
]


class OutcomeSpec(Spec):
    """How an action may end."""

    detail: str = must("What the client reads.", "INVALID_CREDENTIALS")
    message_id: str | None = may("IDCS messageId.", "APP_DISABLE_RESPONSE")
    data: Literal["none"] | None = may("Drops the common data.", "none")


class FailureSpec(Spec):
    """What all bad ends share."""

    status: int = must("HTTP status.", 400)
    data: dict[str, bool | str] | None = may("IDCS additionalData: name to template or constant.", {"csr": False})
    uniform: str | None = may("The only outcome under `disclosure: uniform`.", "wrong")


Rate = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*/(second|minute|hour)$")]


class LimitsSpec(Spec):
    """How often it may be asked for."""

    group: Literal["authn", "basicauthn"] | None = may(
        "IDCS's group of addresses, whose rates the settings say; absent: others.", "authn"
    )
    key: list[str] | None = may("Actions: what is counted.", ["client_ip", "mappingAttributeValue"])
    rate: Rate | None = may("Actions: how often, a number per second, minute or hour.", "10/minute")
