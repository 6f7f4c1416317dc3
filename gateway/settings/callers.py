"""The settings of who may come in: callers by name, issuers of tokens, TLS and certificates that a proxy hands on."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

Tier = Literal["none", "free", "oracle_apps", "apps_premium", "premium", "external_user"]
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


def _safe(url: str) -> str:
    """An address that nobody on the way can change: https, or this machine itself."""
    here = ("http://127.0.0.1", "http://[::1]", "http://localhost")
    if not url.startswith("https://") and not any(url.startswith((f"{each}:", f"{each}/")) for each in here):
        raise ValueError("must begin with https:// (http:// only for this machine itself)")
    return url


Host = Annotated[str, AfterValidator(str.lower), Field(pattern=r"^[A-Za-z0-9.-]+$")]
SafeUrl = Annotated[str, AfterValidator(_safe)]


class Section(BaseModel):
    """A group of settings: strict and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Verb = Literal["get", "search", "create", "replace", "modify", "delete", "act", "read", "write", "all"]


class RoleSettings(Section):
    """One thing that a role may do. Several rules of a role add up."""

    types: tuple[str, ...] = Field(min_length=1, description='Resource types by name, or "*" for all.')
    may: tuple[Verb, ...] = Field(
        min_length=1,
        description="Operations; `read` is get and search, `write` create, replace, modify and delete, `all` also act.",
    )
    only: tuple[str, ...] | None = Field(None, description="Nothing but these attributes; None: all.")
    never: tuple[str, ...] = Field((), description="Not these attributes.")


class CallerSettings(Section):
    """One caller, and how it proves who it is: one way or several."""

    subject: str = Field(min_length=1, description="The caller's name in logs and audit.")
    token: SecretStr | None = Field(None, description="The bearer token itself (better: token_file or token_sha256).")
    token_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$", description="SHA-256 of the token, in hex.")
    user: str | None = Field(None, min_length=1, description="User name for HTTP basic authentication.")
    password_hash: SecretStr | None = Field(None, description="Its password, as `scim-nevisidm hash` prints it.")
    certificate: str | None = Field(
        None,
        pattern="^(subject|dns|uri|sha256)=.+",
        description="What its client certificate says: subject=<RFC 4514>, dns=…, uri=… or sha256=<fingerprint>.",
    )
    key_id: str | None = Field(None, description="Key id of OCI request signatures: tenancy/user/fingerprint.")
    public_key_file: Path | None = Field(None, description="Its public key (PEM, RSA).")
    client_id: str | None = Field(
        None, min_length=1, description="Its OAuth client id at the gateway's own token endpoint."
    )
    client_secret_hash: SecretStr | None = Field(None, description="Its secret, as `scim-nevisidm hash` prints it.")
    client_key_file: Path | None = Field(None, description="Public key (PEM or JWK) of its client assertions instead.")
    roles: tuple[str, ...] = Field((), description="What it may do: names of roles.")
    tenant: str | None = Field(None, description="extId of the nevisIDM client it is bound to; None: the usual one.")
    tier: Tier | None = Field(None, description="How often it may ask, instead of rates.tier: the name of a tier.")


class ClaimSettings(Section):
    """Which claims of a token say what."""

    audience: tuple[str, ...] = Field((), description="The token must be for one of these.")
    subject_claim: str = Field("sub", description="Claim with the caller's name.")
    roles_claim: str | None = Field(None, description="Claim with role names: a list, or a text with blanks.")
    tenant_claim: str | None = Field(None, description="Claim with the nevisIDM client's extId; it must be there then.")
    roles: tuple[str, ...] = Field((), description="Roles that every caller with such a token has.")


class IssuerSettings(ClaimSettings):
    """An issuer of JWTs."""

    issuer: str = Field(description="Its name, as in the claim `iss`.")
    audience: tuple[str, ...] = Field(min_length=1, description="The token must be for one of these.")
    algorithms: tuple[Algorithm, ...] = Field(
        ("RS256", "PS256", "ES256", "EdDSA"), min_length=1, description="Signature algorithms that are accepted."
    )
    jwks_url: SafeUrl | None = Field(None, description="Where its keys are; None: as its discovery document says.")
    jwks_file: Path | None = Field(None, description="Its keys in a file (JWKS or PEM) instead.")
    leeway: int = Field(30, ge=0, le=300, description="Seconds that clocks may differ.")


class IntrospectionSettings(ClaimSettings):
    """An issuer of opaque tokens, asked about each (RFC 7662)."""

    url: SafeUrl = Field(description="Its introspection endpoint.")
    client_id: str = Field(description="The gateway's client id there.")
    client_secret: SecretStr | None = Field(None, description="The gateway's client secret there.")
    seconds: float = Field(30.0, ge=0, le=600, description="Seconds that an answer is believed.")


class ProxySettings(Section):
    """A proxy that ends TLS and hands the client's certificate on."""

    header: str = Field("Client-Cert", description="The header that it puts the certificate in.")
    form: Literal["rfc9440", "pem", "xfcc"] = Field(
        "rfc9440", description="How: RFC 9440, URL-encoded PEM, or Envoy's."
    )
    addresses: tuple[IPv4Network | IPv6Network, ...] = Field(
        min_length=1, description="Networks it comes from; from elsewhere the header is ignored."
    )


class TokenEndpointSettings(Section):
    """IDCS's token endpoint at the gateway itself: /oauth2/v1/token, introspect, and the keys at /admin/v1/SigningCert/jwk."""

    issuer: str = Field(description="Name of the issuer: the gateway's public URL.")
    audience: str | None = Field(None, description="Whom tokens are for; None: the issuer itself.")
    key_files: tuple[Path, ...] = Field(
        (), description="Private RSA keys (PEM); the first signs, all are published. None: made up at each start."
    )
    lifetime: int = Field(3600, ge=30, le=86_400, description="Seconds that a token lives, at most.")


class TenantSettings(Section):
    """A further nevisIDM client that the same gateway serves, at addresses of its own or for callers bound to it."""

    client: str = Field(min_length=1, description="extId of the nevisIDM client.")
    client_name: str | None = Field(None, description="Its name; None: asked from nevisIDM at start.")
    hosts: tuple[Host, ...] = Field((), description="Host names at which it is served.")
    prefix: str | None = Field(
        None, pattern=r"^/[A-Za-z0-9][A-Za-z0-9._-]*$", description="Path before /admin/v1 and /scim/v2, such as /acme."
    )
    base_url: str | None = Field(None, description="Its public URL; None: as each request's.")
    variables: Mapping[str, str] = Field(
        default_factory=dict, description="What {settings.x} in mappings stands for here, over the common ones."
    )


class TlsSettings(Section):
    """TLS of the gateway's own port."""

    certificate_file: Path = Field(description="Certificate chain (PEM); read again when it changes.")
    key_file: Path = Field(description="Its private key (PEM).")
    client_ca_file: Path | None = Field(None, description="Authorities of client certificates (PEM).")
    clients: Literal["none", "optional", "required"] = Field("none", description="Whether clients show a certificate.")
    minimum: Literal["1.2", "1.3"] = Field("1.2", description="Oldest TLS version.")

    @model_validator(mode="after")
    def _with_authorities(self) -> Self:
        if self.clients != "none" and self.client_ca_file is None:
            raise ValueError("client_ca_file is needed to verify client certificates")
        return self
