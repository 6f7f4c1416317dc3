"""The settings of how much and how often: of one request, of one caller, of those who guess; and what replicas share to count together.

The table of tiers is IDCS's (reference, section 9): requests per second and per minute for each group of addresses. There it holds for a
whole domain, here for each caller, so that none can use up another's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from gateway.settings.callers import Section, Tier
from gateway.shared.rate import parse_rate

Group = Literal["authn", "basicauthn", "token", "bulk", "others"]

_GROUPS: tuple[Group, ...] = ("authn", "basicauthn", "token", "others", "bulk")
_TABLE: Mapping[Tier, str] = {
    "free": "10/150 10/150 10/150 20/150 5/200",
    "oracle_apps": "50/1000 100/3000 40/1000 50/1500 5/200",
    "apps_premium": "80/2100 160/4000 50/1700 55/1750 5/200",
    "premium": "95/4500 95/4500 65/3400 90/5000 5/200",
    "external_user": "90/3100 90/3100 60/2300 80/4000 5/200",
}
TIERS: Mapping[Tier, Mapping[Group, tuple[str, ...]]] = {
    "none": {},
    **{
        tier: {
            group: (f"{second}/second", f"{minute}/minute")
            for group, (second, minute) in zip(_GROUPS, (cell.split("/") for cell in row.split()), strict=True)
        }
        for tier, row in _TABLE.items()
    },
}
"""By tier and group the rates that hold together."""


def _rate(text: str) -> str:
    parse_rate(text)
    return text


RateText = Annotated[str, AfterValidator(_rate)]


class LimitSettings(Section):
    """What one request may ask for, and how many may be under way."""

    body_bytes: int = Field(1_048_576, gt=0, description="Largest request body.")
    body_depth: int = Field(10, gt=0, description="Deepest nesting of a JSON body.")
    body_seconds: float = Field(30.0, gt=0, description="Seconds in which a whole body must have come.")
    uri_bytes: int = Field(16_384, gt=0, description="Longest request line.")
    filter_length: int = Field(8_192, gt=0, description="Longest filter in a query string, in characters.")
    filter_terms: int = Field(500, gt=0, description="Most comparisons of such a filter.")
    filter_depth: int = Field(32, gt=0, le=64, description="Deepest nesting of a filter, wherever it stands.")
    search_length: int = Field(65_536, gt=0, description="Longest filter in the body of a .search.")
    search_terms: int = Field(2_000, gt=0, description="Most comparisons of such a filter.")
    page_size: int = Field(1_000, gt=0, description="Most resources of one page; who asks for more gets so many.")
    bulk_operations: int | None = Field(
        None, gt=0, description="Most operations of a bulk; None: 50 at /admin/v1, 1000 at /scim/v2."
    )
    bulk_bytes: int | None = Field(
        None, gt=0, description="Largest body of a bulk; None: 1 MiB at /admin/v1, 4 MiB at /scim/v2."
    )
    requests: int = Field(640, gt=0, description="Requests under way at once; beyond: 503 with Retry-After.")
    connections: int = Field(
        4_096, gt=0, description="Connections at once; beyond: 503 with Retry-After, and the connection ends."
    )


class FailureSettings(Section):
    """How often callers may fail to prove who they are, where a proof is a password: Basic and client secrets."""

    pair: RateText | None = Field("10/minute", description="One account from one address; None: any.")
    address: RateText | None = Field("60/minute", description="One address, whatever the account; None: any.")
    account: RateText | None = Field(
        "120/minute",
        description="One account, from addresses that it never came from; what proved it before is always let in. None: any.",
    )


class RateSettings(Section):
    """How often. A rate is a number per second, minute or hour, such as 10/minute."""

    tier: Tier = Field("premium", description="Rates of each caller by group, as IDCS has them; none: no limits.")
    groups: Mapping[Group, tuple[RateText, ...]] = Field(
        default_factory=dict,
        description='Other rates of a group than the tier\'s, e.g. {others: ["200/second", "9000/minute"]}; []: none.',
    )
    failed_checks: RateText | None = Field(
        "600/minute", description="Failed password checks of one caller, whoever they were about; None: any."
    )
    failed_logins: FailureSettings = Field(
        default_factory=FailureSettings, description="Failed logins of callers at the gateway itself."
    )


class SharedSettings(Section):
    """What replicas share: a Redis (7 or newer) for rates, retry tokens and names that are good once."""

    redis: str | None = Field(
        None,
        pattern=r"^rediss?://[^@]*$",
        description="redis://host:port/db, or rediss:// for TLS, without a password. None: this process alone.",
    )
    key: SecretStr | None = Field(
        None, min_length=32, description="Makes names unreadable and seals values; the same in all replicas."
    )
    prefix: str = Field("scim-nevisidm:", description="What every key in Redis begins with.")
    user: str | None = Field(None, description="Redis user name (ACL); None: the default user.")
    password_file: Path | None = Field(None, description="File with the password; read for each new connection.")
    ca_file: Path | None = Field(None, description="Own CA certificates (PEM) for rediss://.")
    timeout: float = Field(0.5, gt=0, le=5, description="Seconds to wait for Redis before going on without.")
    processes: int = Field(
        2, ge=1, description="Gateway processes; while Redis is gone each allows its share of the rates."
    )
    retries_without: Literal["refuse", "process"] = Field(
        "refuse",
        description="A POST with opc-retry-token while Redis is gone: 503, or done once in this process at least.",
    )
