"""Every setting, once: what is true of an installation (mappings say what is true of a resource type).

From a YAML file and the environment under the same names (`GATEWAY_NEVISIDM__URL`), environment first. Unknown keys are refused with the
nearest name. Every secret can come from a file: `token_file` beside `token`. The env table of the docs and `--help` are made from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, PrivateAttr, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from gateway.nevisidm.capabilities import Capabilities
from gateway.scim.dialect import Leniency
from gateway.settings.callers import (
    CallerSettings,
    IntrospectionSettings,
    IssuerSettings,
    ProxySettings,
    RoleSettings,
    Section,
    TenantSettings,
    TlsSettings,
    TokenEndpointSettings,
)
from gateway.settings.console import ConsoleSettings
from gateway.settings.limits import LimitSettings, RateSettings, SharedSettings
from gateway.settings.migration import MigrationSettings
from gateway.settings.nevisidm import NevisSettings
from gateway.settings.running import (
    AdminSettings,
    AuditSettings,
    JournalSettings,
    ReloadSettings,
    StopSettings,
    TraceSettings,
)
from gateway.settings.variables import Variable, sections, variables

PREFIX = "GATEWAY_"


class CursorSettings(Section):
    """Cursors of pages (RFC 9865), which are sealed and not stored."""

    key: SecretStr | None = Field(
        None, min_length=32, description="Seals cursors; None: random, so that only this process takes its own."
    )
    lifetime: int = Field(3600, ge=10, le=604_800, description="Seconds a cursor is good.")


class VerifierSettings(Section):
    """Database password verifiers (UserDbCredentials)."""

    shown: Literal["show", "hide"] = Field("show", description="Whether verifiers are returned, as IDCS documents.")


class UniformSettings(Section):
    """What `disclosure: uniform` does to make failed password checks alike in time, too."""

    decoy: str | None = Field(
        None,
        min_length=1,
        description="extId of a user, the same in each tenant, whose policy never locks: checks of nobody try its password.",
    )
    floor: float = Field(
        1.0,
        gt=0,
        le=10,
        description="Seconds before which no failed check is answered; a longer one waits for a multiple.",
    )


class LeniencySettings(Section):
    """What clients may spell otherwise than the RFC says, per address; `gateway/scim/dialect.py` says what each name means."""

    idcs: tuple[Leniency, ...] | None = Field(
        None, description="Leniencies at /admin/v1; None: all but unknown_attributes, []: none."
    )
    rfc: tuple[Leniency, ...] | None = Field(
        None, description="Leniencies at /scim/v2; None: all but unknown_attributes, []: none."
    )


class Settings(BaseSettings):
    """All settings of a gateway process."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    nevisidm: NevisSettings = Field(default_factory=NevisSettings, description="Which nevisIDM.")
    _given: frozenset[str] = PrivateAttr(default=frozenset())

    capabilities: Capabilities = Field(default_factory=Capabilities, description="What that nevisIDM can do.")
    probe: bool = Field(True, description="Ask nevisIDM at start what it can do; set capabilities win.")
    mappings: Path | None = Field(None, description="Folder of mapping files; None: the shipped ones.")
    variants: tuple[str, ...] = Field(
        (), description="Variants of the mappings, by name, e.g. archived-hidden: see mapping-format.md."
    )
    variables: Mapping[str, str] = Field(
        default_factory=dict,
        description="What {settings.x} in mappings stands for, e.g. default_unit; absent: nevisIDM's default.",
    )
    names: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Names in free maps that /Schemas lists, e.g. {User.nevis:properties: [costCentre]}; others are taken, too.",
    )
    callers: tuple[CallerSettings, ...] = Field(
        (), description="Callers by name; each proves in its own way who it is."
    )
    roles: Mapping[str, tuple[RoleSettings, ...]] = Field(
        default_factory=dict,
        description="Roles by name, with what each may do; they join or replace the built-in ones.",
    )
    tenants: tuple[TenantSettings, ...] = Field(
        (), description="Further nevisIDM clients beside nevisidm.client, for callers bound to them."
    )
    issuers: tuple[IssuerSettings, ...] = Field((), description="Issuers of JWTs whose bearers may come in.")
    token_endpoint: TokenEndpointSettings | None = Field(
        None, description="The gateway's own token endpoint, for callers with a client_id; None: there is none."
    )
    introspection: tuple[IntrospectionSettings, ...] = Field(
        (), description="Issuers of opaque tokens, asked about each."
    )
    certificate_proxy: ProxySettings | None = Field(
        None, description="The proxy that hands client certificates on; None: only our own TLS is believed."
    )
    tls: TlsSettings | None = Field(None, description="TLS of our own port; None: plain HTTP, behind a proxy.")
    limits: LimitSettings = Field(default_factory=LimitSettings, description="Limits of a request.")
    rates: RateSettings = Field(default_factory=RateSettings, description="How often each caller may ask.")
    shared: SharedSettings = Field(default_factory=SharedSettings, description="What replicas share.")
    cursors: CursorSettings = Field(default_factory=CursorSettings, description="Cursors of pages.")
    leniencies: LeniencySettings = Field(default_factory=LeniencySettings, description="Leniencies with clients.")
    verifiers: VerifierSettings = Field(default_factory=VerifierSettings, description="Password verifiers.")
    disclosure: Literal["idcs", "uniform"] = Field(
        "idcs", description="Failed password checks: say which, or one face."
    )
    uniform: UniformSettings = Field(default_factory=UniformSettings, description="Under disclosure: uniform.")
    envelope: Literal["dialect", "idcs", "rfc", "both"] = Field("dialect", description="Form of error bodies.")
    base_url: str | None = Field(None, description="Public URL; None: taken from each request's Host.")
    admin: AdminSettings | None = Field(None, description="The admin port, e.g. {port: 9090}; None: there is none.")
    console: ConsoleSettings = Field(default_factory=ConsoleSettings, description="The page at /console.")
    traces: TraceSettings | None = Field(
        None, description="Traces for an OpenTelemetry collector; None: none are made."
    )
    audit: AuditSettings | None = Field(
        None, description="The audit log's file; None: audit events go to the log only."
    )
    journal: JournalSettings | None = Field(
        None, description="The journal of writes under way; None: a process that is killed leaves no trace of its own."
    )
    workers: int = Field(1, ge=1, le=128, description="Processes that share the port; several need a nevisIDM.")
    stop: StopSettings = Field(default_factory=StopSettings, description="How the process stops.")
    migration: MigrationSettings = Field(
        default_factory=MigrationSettings, description="How to log in to a live source of load, verify and delta."
    )
    reload: ReloadSettings = Field(default_factory=ReloadSettings, description="When mapping files are read again.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")

    @property
    def given_capabilities(self) -> frozenset[str]:
        """The capabilities that were set, even to their defaults: they are not probed."""
        return self._given

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what we are handed: `load_settings` has merged file and environment already."""
        return (init_settings,)


def names() -> Iterator[Variable]:
    """Every environment variable: what `show env` and docs/settings.md list."""
    return variables(Settings, PREFIX)


def lists() -> Iterator[tuple[str, bool, type[BaseModel]]]:
    """The settings that are a list of sections (true), or one section or none: key and form."""
    return sections(Settings)
