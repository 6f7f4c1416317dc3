"""Running an action such as PasswordAuthenticator: its ways in order, each a list of steps, until an outcome is known.

A step that changes something at nevisIDM (a login counts failures) is sent once and never again, not even after a lost reply.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as Map
from typing import Any

from gateway.errors import Refused, ScimError, Unavailable
from gateway.mapping.action_view import attr_value, filled, show_action
from gateway.mapping.model import Action, Check, Do, Find, Mapping, Outcome
from gateway.mapping.refusal import tell
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import Template, walk
from gateway.operation.context import Answer, Context
from gateway.operation.reading import picked
from gateway.operation.search import search
from gateway.plan.act import FOREIGN, subject_attr, verdict, wanted_of
from gateway.scim.binding import bind_filter
from gateway.scim.request import Resource, ScimRequest, Wanted
from gateway.scim.tree import And, Compare, Filter

NEXT_WAY = object()


class Acting:
    """One run of an action: what the request said and what the steps found so far, under the names the mapping gives them."""

    def __init__(self, request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> None:
        assert mapping.action is not None
        self.request = request
        self.mapping = mapping
        self.action: Action = mapping.action
        self.context = context
        self.run = run
        self.way = ""
        self.said: Resource = dict(request.body)
        self.found: dict[str, Any] = {}
        self.targets: dict[str, Mapping] = {}

    async def answer(self) -> Answer:
        """201 with the answer, or the outcome as an error."""
        self.context.rates.check(self.request, self.action, self.context.now())
        for way, steps in self.action.ways.items():
            self.way, self.found, self.said = way, {}, dict(self.request.body)
            outcome: object = None
            for step in steps:
                outcome = await self._step(step)
                if outcome is not None:
                    break
            if outcome is NEXT_WAY:
                continue
            if isinstance(outcome, str):
                raise self._failure(self.action.outcomes[outcome])
            shown = show_action(self.mapping, way, self.said, self.lookup, self._elements)
            return Answer(201, {"schemas": [self.mapping.type.schema], **shown})
        raise self._failure(next(iter(self.action.outcomes.values())))

    def lookup(self, name: str) -> Any:
        """A hole's value: the tenant's, the request's, or of something that a step found."""
        if name in ("client", "client.name"):
            return self.context.tenant.ext_id if name == "client" else self.context.tenant.name
        if name == "base":
            return self.request.base
        head, _, rest = name.partition(".")
        if head in self.targets and head in self.found:
            return attr_value(self.found[head], subject_attr(rest, self.targets[head]))
        if head in self.found:
            return walk(self.found[head], rest.split("."))
        return self.said.get(name)

    async def _step(self, step: Find | Do | Check) -> object:
        if isinstance(step, Find):
            return await self._find(step)
        if isinstance(step, Do):
            return await self._do(step)
        if step.subject not in self.found:
            return None  # the step that would have brought it fell away on this installation
        return self._judge(verdict(step.means, lambda name: self._of(step.subject, name), self.context.now()))

    def _of(self, subject: str, name: str) -> Any:
        if subject in self.targets:
            return attr_value(self.found[subject], subject_attr(name, self.targets[subject]))
        return walk(self.found[subject], name.split("."))

    def _judge(self, outcome: str | None) -> str | None:
        if outcome == FOREIGN:
            raise Unavailable("GW501", "nevisIDM answered a check with a status that the mapping does not know")
        return outcome

    async def _find(self, step: Find) -> object:
        asked = self._asked(step)
        target = self.context.mappings.by_name[step.resource]
        self.targets[step.name] = target
        spelled = next((attr for name, attr in step.among.items() if name.casefold() == str(asked).casefold()), None)
        value = step.value.fill(self.lookup)
        if spelled is None or value is None:
            return step.none or NEXT_WAY
        hits = await self._search(
            step, target, bind_filter(Compare(subject_attr(spelled, target), "eq", value), target.type)
        )
        if len(hits) == 1:
            self.found[step.name] = hits[0]
            return None
        return (step.many if hits else step.none) or NEXT_WAY

    def _asked(self, step: Find) -> Any:
        """By which attribute to look. An absent one counts as the first of the way's, and is told so in the answer."""
        asked = filled({"": step.by_attribute}, "", self.lookup)
        if asked is None:
            asked = next(iter(step.among))
            for hole in step.by_attribute.holes:
                self.said[hole] = asked
        return asked

    async def _search(self, step: Find, target: Mapping, by: Filter) -> list[Resource]:
        flags = frozenset(name for name, value in self.said.items() if value is True)
        wanted = Wanted(include=wanted_of(self.mapping, self.way, step, target, flags))
        inner = dataclasses.replace(
            self.request,
            operation="search",
            type=target.type,
            filter=And((by, step.where)) if step.where is not None else by,
            sort_by=None,
            start_index=1,
            count=2,
            wanted=wanted,
            body={},
        )
        answer = await search(inner, target, self.context, self.run)
        return list(answer.resources or ())

    async def _do(self, step: Do) -> object:
        body = {key: template.fill(self.lookup) for key, template in step.send.items()} or None
        call = dataclasses.replace(step.call, body=body, once=step.call.method != "GET")
        try:
            reply = (await self.run.call(call, self.lookup)).json
        except Refusal as refusal:
            return self._refused(step, refusal)
        if isinstance(reply, Map) and isinstance(reply.get("items"), list) and (step.pick or step.many or step.none):
            fitting = picked(reply["items"], step.pick, self.lookup)
            if len(fitting) != 1:
                return (step.many if fitting else step.none) or NEXT_WAY
            reply = fitting[0]
        self.found[step.name] = reply if reply is not None else {}
        return self._judge(
            verdict(step.means, lambda name: walk(self.found[step.name], name.split(".")), self.context.now())
        )

    def _refused(self, step: Do, refusal: Refusal) -> str | None:
        if refusal.unknown_outcome:
            raise Unavailable(
                "GW506", "The reply to the check was lost; it may have been counted. Do not repeat it blindly."
            )
        if refusal.status == 404 and refusal.json and step.none is not None:
            return step.none
        if step.call.method == "GET" and (refusal.status == 405 or (refusal.status == 404 and not refusal.json)):
            return None  # an installation without this call: the step falls away, and the checks of what it brings
        told = tell(refusal, self.mapping, self.context.mappings, if_match=False, as_self=False, hole_from=None)
        if isinstance(told, ScimError):
            raise told
        return told

    def _elements(self, source: str) -> list[Resource]:
        value = self.lookup(source)
        return list(value) if isinstance(value, list) else []

    def _failure(self, outcome: Outcome) -> Refused:
        uniform = self.action.uniform if self.context.disclosure == "uniform" else None
        shown = self.action.outcomes[uniform] if uniform else outcome
        data = None if shown.bare else self._data(anonymous=uniform is not None)
        return Refused("GW407", shown.detail, status=self.action.status, message_id=shown.message_id, data=data)

    def _data(self, *, anonymous: bool) -> dict[str, Any]:
        """What failures tell besides their keyword; under uniform disclosure nothing that speaks of the subject."""
        data: dict[str, Any] = {}
        for name, origin in self.action.data.items():
            if anonymous and isinstance(origin, Template) and any(self._speaks(hole) for hole in origin.holes):
                continue
            value = filled({"": origin}, "", self.lookup)
            if value is not None:
                data[name] = value
        return data

    def _speaks(self, hole: str) -> bool:
        return hole.partition(".")[0] in self.targets


async def act(request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Answer:
    """Run the action that `mapping` declares. Raises Refused GW407 with the outcome, Unavailable when nevisIDM fails."""
    return await Acting(request, mapping, context, run).answer()
