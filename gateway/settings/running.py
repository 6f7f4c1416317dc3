"""The settings of a running process: its admin port, how it stops, and whether changed files are taken up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, SecretStr

from gateway.settings.callers import Section


class AdminSettings(Section):
    """The port for operators and probes."""

    host: str = Field("127.0.0.1", description="Address of the admin port; 0.0.0.0 inside a container.")
    port: int = Field(9090, ge=0, le=65535, description="Its port: /live, /ready, /metrics, /version, /mappings.")


class TraceSettings(Section):
    """Traces, sent by OTLP over HTTP; needs the extra `otlp`."""

    endpoint: str = Field(description="Where spans go, e.g. http://collector:4318/v1/traces.")
    ratio: float = Field(1.0, ge=0, le=1, description="How many of the traces that begin here; a caller's flag wins.")
    name: str = Field("scim-nevisidm-gateway", description="service.name of the spans.")
    headers: Mapping[str, SecretStr] = Field(default_factory=dict, description="Headers for the collector, e.g. a key.")
    ca_file: Path | None = Field(None, description="Own CA certificates of the collector (PEM).")


class StopSettings(Section):
    """How the process stops on SIGTERM."""

    drain_seconds: float = Field(
        0.0,
        ge=0,
        description="After SIGTERM: seconds of being not ready and still answering, until no new requests come.",
    )
    grace_seconds: int = Field(30, ge=0, description="Then: seconds that requests under way get to finish.")


class AuditSettings(Section):
    """The audit log: one JSON line for each write that begins, one for what came of it."""

    file: Path = Field(description="File that lines are appended to; it may be rotated by moving it away.")
    required: bool = Field(
        True, description="Refuse writes (503) that cannot be recorded; false: go on, and tell the operator."
    )
    sync: bool = Field(False, description="Wait for the disk at each line.")


class JournalSettings(Section):
    """What is known of writes under way, for `scim-nevisidm repair` after a process was killed."""

    folder: Path = Field(description="Folder on a disk that outlives the process; each process has its own file there.")
    key: SecretStr | None = Field(
        None, min_length=32, description="Seals former values, so that changes can be taken back; None: none are kept."
    )


class ReloadSettings(Section):
    """When mapping files are read again; SIGHUP always does."""

    watch_seconds: float = Field(5.0, ge=0, description="Seconds between looks at the mapping files; 0: SIGHUP only.")
