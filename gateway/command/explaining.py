"""`scim-nevisidm explain`: from a typed request to what it becomes, and on demand to what it did. Secrets show as `***`."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import orjson

from gateway.assembly import context_for, dialect_for, embedded, limits_for, mappings_folder
from gateway.errors import ScimError
from gateway.events import SILENT
from gateway.foretelling import Foretold, foretell
from gateway.mapping.alias import expand
from gateway.mapping.load import load
from gateway.mapping.model import Mapping, Mappings
from gateway.mapping.view import Scene
from gateway.nevisidm.run import Run
from gateway.operation.answer import operate
from gateway.operation.context import Context
from gateway.plan.spoken import filter_text
from gateway.running.serving import run
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.parse import read_request
from gateway.scim.reply import error_reply, reply_to
from gateway.scim.request import Caller, Resource, ScimRequest
from gateway.scim.tree import And, Filter, Not, Or
from gateway.settings import Settings
from gateway.settings.source import load_settings

HIDDEN = "***"
WRITES = frozenset(("create", "replace", "modify", "delete", "act"))


def explain_request(
    text: str,
    body: bytes,
    config: Path | None,
    headers: tuple[str, ...] = (),
    *,
    as_json: bool,
    execute: bool,
    writes: bool,
) -> int:
    """Print what the request becomes; 0 fine, 1 the request is refused, 2 it cannot be understood at all.

    `headers`: further ones, as `Name: value`.
    """
    settings = load_settings(config)
    mappings = load(mappings_folder(settings.mappings), settings.variants)
    method, _, address = text.strip().partition(" ") if " /" in text.strip()[:9] else ("GET", "", text.strip())
    spoken = (dialect_for(settings, each) for each in (IDCS, RFC))
    dialect = next((each for each in spoken if address.startswith(each.root + "/")), None)
    if dialect is None:
        raise click.UsageError(f"write METHOD /path, below {IDCS.root} or {RFC.root}: 'GET /admin/v1/Users?filter=…'")
    try:
        request = _read(method, address, body, _headers(headers), dialect, mappings, settings)
        mapping = mappings.by_name[request.type.name]
        foretold = foretell(request, mapping, _scene(request, settings), settings.capabilities, mappings.by_name)
    except ScimError as error:
        return _refused(error, dialect, as_json=as_json)
    told: dict[str, Any] = {
        "request": {"operation": request.operation, "resource": mapping.name, "dialect": dialect.name}
    }
    told["plan"] = foretold.facts
    if not as_json:
        _print_plan(request, mapping, dialect, foretold)
    status = 0
    if execute:
        status, told["run"] = _execute(request, mapping, settings, mappings, writes=writes)
        if not as_json:
            _print_run(told["run"])
    if as_json:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
    return status


def _headers(typed: tuple[str, ...]) -> dict[str, str]:
    """Headers by lower-case name. Raises click.UsageError for one without a colon."""
    pairs = [each.partition(":") for each in typed]
    if not all(colon and name.strip() for name, colon, _ in pairs):
        raise click.UsageError("write --header 'Name: value', such as --header 'If-Match: W/\"…\"'")
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _read(
    method: str,
    address: str,
    body: bytes,
    headers: dict[str, str],
    dialect: Dialect,
    mappings: Mappings,
    settings: Settings,
) -> ScimRequest:
    path, _, query = address.partition("?")
    endpoint = path[len(dialect.root) :].strip("/").split("/")[0].lower()
    named = next(
        (each for each in mappings.by_name.values() if each.type.endpoint.strip("/").lower() == endpoint), None
    )
    return read_request(
        method,
        path[len(dialect.root) :],
        expand(query, named.aliases) if named else query,
        {"content-type": "application/scim+json", **headers},
        body,
        types=mappings.types(),
        dialect=dialect,
        base=f"http://localhost{dialect.root}",
        caller=Caller("explain"),
        request_id="explain",
        limits=limits_for(settings.limits),
    )


def _scene(request: ScimRequest, settings: Settings) -> Scene:
    nevis = settings.nevisidm
    bindings = {f"settings.{name}": value for name, value in settings.variables.items()}
    tenant = {"client": nevis.client, "client.name": nevis.client_name or "<its name>", "base": request.base}
    return Scene(datetime.now(UTC), request.base, {**tenant, **bindings})


def _refused(error: ScimError, dialect: Dialect, *, as_json: bool) -> int:
    reply = error_reply(error, dialect)
    shown = orjson.loads(reply.body or b"{}")
    if as_json:
        click.echo(json.dumps({"refused": shown, "code": error.code.code}, indent=2, ensure_ascii=False))
    else:
        click.echo(f"refused  {reply.status} {error.code.code} {error.detail}")
    return 1


def _print_plan(request: ScimRequest, mapping: Mapping, dialect: Dialect, foretold: Foretold) -> None:
    click.echo(f"request  {request.operation} {mapping.name}, dialect {dialect.name}    {mapping.place.file}")
    if request.filter is not None:
        for number, line in enumerate(_tree(request.filter, mapping)):
            click.echo(f"{'filter' if number == 0 else '':<8} {line}")
    for line in foretold.lines:
        click.echo(line)


def _tree(tree: Filter, mapping: Mapping, indent: str = "") -> list[str]:
    if isinstance(tree, And | Or):
        lines = [indent + ("and" if isinstance(tree, And) else "or")]
        return lines + [line for term in tree.terms for line in _tree(term, mapping, indent + "  ")]
    if isinstance(tree, Not):
        return [f"{indent}not", *_tree(tree.term, mapping, indent + "  ")]
    return [indent + filter_text(tree, mapping)]


def _execute(
    request: ScimRequest, mapping: Mapping, settings: Settings, mappings: Mappings, *, writes: bool
) -> tuple[int, dict[str, Any]]:
    if request.operation in WRITES and not writes:
        raise click.UsageError(f"{request.operation} may change something: add --write to let it")
    told: dict[str, Any] = {}

    async def executed() -> int:
        inside = embedded(50) if settings.nevisidm.url is None else None
        context = await context_for(settings, inside, SILENT, mappings)
        try:
            return await _operate(request, mapping, context, told, settings.nevisidm.total_timeout)
        finally:
            await context.client.aclose()

    return run(executed()), told


async def _operate(
    request: ScimRequest, mapping: Mapping, context: Context, told: dict[str, Any], seconds: float
) -> int:
    talk = Run(context.client, "explain", context.events, deadline=time.monotonic() + seconds, keep=True)
    try:
        reply = reply_to(await operate(request, context, talk), request)
        status = 0
    except ScimError as error:
        reply, status = error_reply(error, request.dialect), 1
    told["calls"] = [
        {
            "call": f"{sent.method} {sent.path}"
            + ("?" + "&".join(f"{k}={v}" for k, v in sent.query) if sent.query else ""),
            "status": answer.status,
            "milliseconds": round(took * 1000, 1),
        }
        for sent, answer, took in talk.exchanges
    ]
    shown = orjson.loads(reply.body) if reply.body else None
    told["answer"] = {"status": reply.status, "body": _masked(shown, mapping)}
    return status


def _masked(shown: Any, mapping: Mapping) -> Any:
    """The answer without secrets, wherever they stand."""
    secret = {attribute.name for attribute in mapping.type.core.values() if attribute.secret}
    if isinstance(shown, dict) and isinstance(shown.get("Resources"), list):
        return {**shown, "Resources": [_hide(each, secret) for each in shown["Resources"]]}
    return _hide(shown, secret) if isinstance(shown, dict) else shown


def _hide(resource: Resource, secret: set[str]) -> Resource:
    return {name: HIDDEN if name in secret else value for name, value in resource.items()}


def _print_run(told: dict[str, Any]) -> None:
    for number, call in enumerate(told["calls"]):
        name = "ran" if number == 0 else ""
        click.echo(f"{name:<8} {call['call']} → {call['status']}  {call['milliseconds']} ms")
    click.echo(f"{'answer':<8} {told['answer']['status']}")
    if told["answer"]["body"] is not None:
        click.echo(json.dumps(told["answer"]["body"], indent=2, ensure_ascii=False))
