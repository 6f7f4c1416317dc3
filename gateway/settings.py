"""Every setting, once: what is true of an installation (mappings say what is true of a resource type).

From a YAML file and the environment under the same names (`GATEWAY_NEVISIDM__URL`), environment first. Unknown keys are refused with the
nearest name. Every secret can come from a file: `token_file` beside `token`. The env table of the docs and `--help` are made from here.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from gateway.errors import ConfigError
from gateway.nevisidm.capabilities import Capabilities
from gateway.scim.dialect import Leniency
from gateway.settings_callers import (
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

PREFIX = "GATEWAY_"


class LoginSettings(Section):
    """How the gateway logs in to nevisIDM."""

    mode: Literal["bearer", "nevis_id", "basic", "header", "oauth2"] = Field("bearer", description="Kind of login.")
    token: SecretStr | None = Field(
        None, description="Static bearer token (mode bearer), or the header's value (mode header)."
    )
    header: str = Field("Authorization", description="Header name (mode header).")
    user: str = Field("", description="User extId (nevis_id) or user name (basic).")
    credential: str = Field("", description="Credential extId (nevis_id).")
    secret: SecretStr | None = Field(None, description="Secret of user or OAuth2 client (nevis_id, basic, oauth2).")
    token_url: str = Field("", description="Token endpoint (oauth2).")
    client_id: str = Field("", description="OAuth2 client id (oauth2).")
    scope: str = Field("nevis", description="OAuth2 scope (oauth2).")


class NevisSettings(Section):
    """Which nevisIDM, which of its clients, and how to reach it."""

    url: str | None = Field(None, description="Base URL, any prefix before /nevisidm/api. None: the embedded sandbox.")
    api: str = Field("/nevisidm/api", description="Path of the REST APIs below the URL.")
    client: str = Field("100", description="extId of the nevisIDM client (tenant) that requests are bound to.")
    client_name: str | None = Field(None, description="Its name; None: asked from nevisIDM at start.")
    login: LoginSettings = Field(default_factory=LoginSettings, description="How the gateway logs in.")
    ca_file: Path | None = Field(None, description="Own CA certificates (PEM).")
    connect_timeout: float = Field(3.0, gt=0, description="Seconds to connect.")
    read_timeout: float = Field(10.0, gt=0, description="Seconds without a byte.")
    total_timeout: float = Field(30.0, gt=0, description="Seconds for one SCIM request's nevisIDM calls together.")
    bulk_timeout: float = Field(
        300.0, gt=0, description="Seconds for one bulk; operations that have not begun by then answer 504."
    )
    max_connections: int = Field(64, gt=0, description="Calls to nevisIDM under way at once.")
    max_waiting: int = Field(256, ge=0, description="Calls that may wait for a place; beyond: 503 with Retry-After.")
    max_reply_bytes: int = Field(16_000_000, gt=0, description="A larger reply is refused as broken.")


class LimitSettings(Section):
    """What one request may ask for."""

    body_bytes: int = Field(1_048_576, gt=0, description="Largest request body.")
    body_depth: int = Field(10, gt=0, description="Deepest nesting of a JSON body.")
    uri_bytes: int = Field(16_384, gt=0, description="Longest request line.")


class CursorSettings(Section):
    """Cursors of pages (RFC 9865), which are sealed and not stored."""

    key: SecretStr | None = Field(
        None, min_length=32, description="Seals cursors; None: random, so that only this process takes its own."
    )
    lifetime: int = Field(3600, ge=10, le=604_800, description="Seconds a cursor is good.")


class VerifierSettings(Section):
    """Database password verifiers (UserDbCredentials)."""

    shown: Literal["show", "hide"] = Field("show", description="Whether verifiers are returned, as IDCS documents.")


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
    cursors: CursorSettings = Field(default_factory=CursorSettings, description="Cursors of pages.")
    leniencies: LeniencySettings = Field(default_factory=LeniencySettings, description="Leniencies with clients.")
    verifiers: VerifierSettings = Field(default_factory=VerifierSettings, description="Password verifiers.")
    disclosure: Literal["idcs", "uniform"] = Field(
        "idcs", description="Failed password checks: say which, or one face."
    )
    envelope: Literal["dialect", "idcs", "rfc", "both"] = Field("dialect", description="Form of error bodies.")
    base_url: str | None = Field(None, description="Public URL; None: taken from each request's Host.")
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


def load_settings(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of file and environment. Raises ConfigError with every finding, each with the nearest name or the allowed values."""
    environ = os.environ if environment is None else environment
    merged = _merge(_read(file), _from_environment(environ)) if file else _from_environment(environ)
    merged = _secrets_from_files(merged, Settings)
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        raise ConfigError(*(_finding(problem, file) for problem in error.errors())) from None
    settings._given = frozenset(merged.get("capabilities", {}))
    return settings


def names(model: type[BaseModel] = Settings, prefix: str = PREFIX) -> Iterator[tuple[str, str, Any]]:
    """Every environment variable with its description and default: what the docs table is made of."""
    for key, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from names(inner, f"{prefix}{key}__".upper())
            continue
        if isinstance(inner, type) and dataclasses.is_dataclass(inner):
            for each in dataclasses.fields(inner):
                yield f"{prefix}{key}__{each.name}".upper(), each.metadata["help"], each.default
            continue
        yield f"{prefix}{key}".upper(), info.description or "", info.get_default(call_default_factory=True)
        if _secret(inner):
            yield f"{prefix}{key}_FILE".upper(), f"File with: {info.description}", None


def sections() -> Iterator[tuple[str, bool, type[BaseModel]]]:
    """The settings that are a list of sections (true), or one section or none: key and form."""
    for key, info in Settings.model_fields.items():
        form = _element(info.annotation)
        if form is not None:
            yield key, type(None) not in get_args(info.annotation), form


def _read(file: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{file}: cannot be read as YAML: {type(error).__name__}") from None
    if data is not None and not isinstance(data, dict):
        raise ConfigError(f"{file}: must hold a map of settings")
    return data or {}


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """What `GATEWAY_…` variables say, nested; values stay text unless a field wants JSON (lists, maps)."""
    _refuse_unknown(environ)
    plain = {key: value for key, value in environ.items() if not key.upper().endswith("_FILE") or not _names_file(key)}
    source = EnvSettingsSource(Settings, env_prefix=PREFIX, env_nested_delimiter="__")
    source.env_vars = {key.lower(): value for key, value in plain.items()}
    found: dict[str, Any] = dict(source())
    for key, value in environ.items():
        if _names_file(key):
            _put(found, key[len(PREFIX) :].lower().split("__"), value)
    return found


def _names_file(key: str) -> bool:
    return key.upper().startswith(PREFIX) and key.upper().endswith("_FILE") and key.upper() in _secret_files()


def _secret_files() -> set[str]:
    return {name for name, text, _ in names() if text.startswith("File with: ")}


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = [name for name, _, _ in names()]
    for key in environ:
        upper = key.upper()
        if upper.startswith(PREFIX) and not any(upper == name or upper.startswith(f"{name}__") for name in known):
            raise ConfigError(f"environment: unknown setting {key}{_nearest(upper, known)}")


def _put(target: dict[str, Any], keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        target = target.setdefault(key, {})
    target[keys[-1]] = value


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _secrets_from_files(data: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Replace every `x_file` of a secret `x` by the file's content, line end cut off."""
    result = dict(data)
    for key, info in model.model_fields.items():
        inner = info.annotation
        element = _element(inner)
        if isinstance(result.get(key), dict) and isinstance(inner, type) and issubclass(inner, BaseModel):
            result[key] = _secrets_from_files(result[key], inner)
        elif element is not None and isinstance(result.get(key), list):
            result[key] = [
                _secrets_from_files(each, element) if isinstance(each, dict) else each for each in result[key]
            ]
        elif _secret(inner) and (path := result.pop(f"{key}_file", None)):
            try:
                result[key] = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
            except OSError as error:
                raise ConfigError(f"{key}_file: {path}: {error.strerror}") from None
    return result


def _element(annotation: Any) -> type[BaseModel] | None:
    """The section that each element of a list of sections is."""
    first = next(iter(get_args(annotation)), None)
    return first if isinstance(first, type) and issubclass(first, BaseModel) else None


def _secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in get_args(annotation)


def _finding(problem: Any, file: Path | None) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    origin = f"{file}: " if file else ""
    if problem["type"] == "extra_forbidden":
        *path, last = problem["loc"]
        return f"{origin}unknown setting {where}{_nearest(str(last), _keys_at(path))}"
    return f"{origin}{where}: {problem['msg']}{_nearest_allowed(problem)}"


def _nearest_allowed(problem: Any) -> str:
    """For a value that is none of those allowed: the one that was probably meant."""
    if problem["type"] != "literal_error" or not isinstance(problem["input"], str):
        return ""
    return _nearest(problem["input"], re.findall(r"'([^']+)'", problem["ctx"]["expected"]))


def _keys_at(path: list[str | int]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in path:
        info = model.model_fields.get(str(part))
        inner = info.annotation if info else None
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
        elif info is not None:
            model = _element(inner) or model
    return list(model.model_fields)


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 1, 0.6)
    return f", did you mean {close[0]}?" if close else ""
