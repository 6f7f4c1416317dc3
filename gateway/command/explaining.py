"""`scim-nevisidm explain`: from a typed request to what it becomes, and on demand to what it did. Secrets show as `***`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from gateway.assembly import context_for, embedded, mappings_folder
from gateway.events import SILENT
from gateway.explanation.document import Explained, explained, ran
from gateway.explanation.typed import NoAddress, Typed, surroundings_of
from gateway.mapping.load import load
from gateway.mapping.model import Mapping, Mappings
from gateway.plan.spoken import filter_text
from gateway.running.serving import run
from gateway.scim.tree import And, Filter, Not, Or
from gateway.settings import Settings
from gateway.settings.source import load_settings


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
    typed = Typed(method, address.strip(), _headers(headers), body)
    try:
        done = explained(typed, surroundings_of(settings, mappings, "explain"))
    except NoAddress as error:
        raise click.UsageError(str(error)) from None
    if done.request is None:
        return _refused(done, as_json=as_json)
    if not as_json:
        print_plan(done)
    status = 0
    if execute:
        status = _execute(done, settings, mappings, writes=writes)
        if not as_json:
            print_run(done.told["run"])
    if as_json:
        click.echo(json.dumps(done.told, indent=2, ensure_ascii=False, default=str))
    return status


def _headers(typed: tuple[str, ...]) -> dict[str, str]:
    """Headers by lower-case name. Raises click.UsageError for one without a colon."""
    pairs = [each.partition(":") for each in typed]
    if not all(colon and name.strip() for name, colon, _ in pairs):
        raise click.UsageError("write --header 'Name: value', such as --header 'If-Match: W/\"…\"'")
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _refused(done: Explained, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(done.told, indent=2, ensure_ascii=False))
    else:
        print_refused(done.told)
    return 1


def print_refused(told: dict[str, Any]) -> None:
    """A request that is refused before anything is planned."""
    click.echo(f"refused  {told['status']} {told['code']} {told['refused'].get('detail', '')}")


def print_plan(done: Explained) -> None:
    """What the request becomes."""
    request, mapping = done.request, done.mapping
    assert request is not None
    assert mapping is not None
    click.echo(f"request  {request.operation} {mapping.name}, dialect {done.dialect.name}    {mapping.place.file}")
    if request.filter is not None:
        for number, line in enumerate(_tree(request.filter, mapping)):
            click.echo(f"{'filter' if number == 0 else '':<8} {line}")
    for line in done.foretold.lines:
        click.echo(line)


def _tree(tree: Filter, mapping: Mapping, indent: str = "") -> list[str]:
    if isinstance(tree, And | Or):
        lines = [indent + ("and" if isinstance(tree, And) else "or")]
        return lines + [line for term in tree.terms for line in _tree(term, mapping, indent + "  ")]
    if isinstance(tree, Not):
        return [f"{indent}not", *_tree(tree.term, mapping, indent + "  ")]
    return [indent + filter_text(tree, mapping)]


def _execute(done: Explained, settings: Settings, mappings: Mappings, *, writes: bool) -> int:
    if done.writes and not writes:
        raise click.UsageError(f"{done.told['request']['operation']} may change something: add --write to let it")

    async def executed() -> int:
        inside = embedded(50) if settings.nevisidm.url is None else None
        context = await context_for(settings, inside, SILENT, mappings)
        try:
            return await ran(done, context, settings.nevisidm.total_timeout)
        finally:
            await context.client.aclose()

    return run(executed())


def print_run(told: dict[str, Any]) -> None:
    """The calls that were made, and the answer."""
    for number, call in enumerate(told["calls"]):
        name = "ran" if number == 0 else ""
        click.echo(f"{name:<8} {call['call']} → {call['status']}  {call['milliseconds']} ms")
    click.echo(f"{'answer':<8} {told['answer']['status']}")
    if told["answer"]["body"] is not None:
        click.echo(json.dumps(told["answer"]["body"], indent=2, ensure_ascii=False))
