"""Running an action such as PasswordAuthenticator: its ways in order, each a list of steps, until an outcome is known.

A step that changes something at nevisIDM (a login counts failures) is sent once and never again, not even after a lost reply. There is no
undo: when a later step is refused, the error says what stays done.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as Map
from typing import Any

from gateway.errors import BadRequest, Refused, ScimError, Unavailable
from gateway.events import DoneWithout
from gateway.mapping.action import Action, Check, Do, Find, Outcome
from gateway.mapping.action_view import attr_value, filled, item_lookup, show_action
from gateway.mapping.model import Mapping
from gateway.mapping.put import asked_of
from gateway.mapping.refusal import tell
from gateway.nevisidm.call import Refusal
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import Lookup, Template, walk
from gateway.operation.context import Answer, Context
from gateway.operation.reading import picked, spelled
from gateway.operation.release import too_new
from gateway.operation.search import search
from gateway.operation.uniform import left_out, subjects
from gateway.plan.act import FOREIGN, OK, sought, subject_attr, verdict, wanted_of
from gateway.scim.request import Resource, ScimRequest, Wanted
from gateway.scim.tree import And, Attr, Filter

NEXT_WAY = object()
_POOR_DECOY = (
    "The decoy has no password that can be tried, so a check of nobody still takes less work than one of somebody."
)


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
        self.asked = asked_of(mapping, request.body)
        self.said: Resource = dict(self.asked)
        self.found: dict[str, Any] = {}
        self.targets: dict[str, Mapping] = {}
        self.done: list[str] = []
        self.made = 0  # steps of this way that are calls

    async def answer(self) -> Answer:
        """201 with the answer, 200 for a PUT on an id; or the outcome as an error."""
        async with self.context.rates.checked(self.request, self.action, self.context.tenant.ext_id):
            return await self._answer()

    async def _answer(self) -> Answer:
        began = self.context.uniform.ticks()
        for way, steps in self.action.ways.items():
            self.way, self.found, self.said, self.made = way, {}, dict(self.asked), 0
            outcome: object = None
            for step in steps:
                outcome = await self._step(step)
                if outcome is not None:
                    break
            if outcome is NEXT_WAY:
                continue
            if isinstance(outcome, str):
                raise await self._failure(self.action.outcomes[outcome], began)
            shown = show_action(self.mapping, way, self.said, self.lookup, self._elements, self._named)
            status = 200 if "replace" in self.mapping.type.verbs else 201
            return Answer(status, {"schemas": [self.mapping.type.schema], **shown})
        if self._face is not None:
            raise await self._failure(self._face, began)
        raise self._nobody()

    @property
    def _face(self) -> Outcome | None:
        """The one outcome that clients get of every failure; None where each gets its own."""
        name = self.action.uniform if self.context.disclosure == "uniform" else None
        return self.action.outcomes[name] if name is not None else None

    def lookup(self, name: str) -> Any:
        """A hole's value: the tenant's, the request's, or of something that a step found."""
        if name in ("client", "client.name"):
            return self.context.tenant.ext_id if name == "client" else self.context.tenant.name
        if name == "base":
            return self.request.base
        if name == "id" and self.request.id is not None:
            return self.request.id
        head, _, rest = name.partition(".")
        if head in self.targets and head in self.found:
            return attr_value(self.found[head], subject_attr(rest, self.targets[head]))
        if head in self.found:
            return walk(self.found[head], rest.split("."))
        return walk(self.said, name.split("."))

    def _named(self, attr: Attr) -> bool:
        """Whether the request's parameters ask for what is returned on request."""
        wanted = self.request.wanted
        return bool(wanted.sets & {"request", "all"}) or any(
            (each.name, each.urn) == (attr.name, attr.urn) and each.sub in (None, attr.sub)
            for each in wanted.include or ()
        )

    def _nobody(self) -> ScimError:
        """No way found its subject: the address names nobody, or a value of the body does."""
        steps = list(self.action.ways.values())[-1]
        find = next((step for step in steps if isinstance(step, Find)), None)
        if find is None or self.request.id is not None:
            kind = find.resource if find is not None else self.mapping.name
            return BadRequest("GW114", f"There is no {kind} with this id. Search for it; ids never change.")
        named = ", ".join(find.value.holes)
        return Refused("GW405", f"The value of {named} refers to no {find.resource}. Correct the reference.")

    async def _step(self, step: Find | Do | Check) -> object:
        if isinstance(step, Find):
            return await self._find(step)
        if isinstance(step, Do):
            self.made += 1
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
        hits = await self._search(step, target, sought(spelled, value, target))
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
        if not all(spelled(self.lookup(name)) in values for name, values in step.when.items()):
            return None
        if step.each is None:
            return await self._once(step, self.lookup)
        for item in self._items(step.each):
            outcome = await self._once(step, item_lookup(item, self.lookup))
            if outcome is not None:
                return outcome
        return None

    def _items(self, name: str) -> list[Resource]:
        """The elements of a list that a step found, one thing by itself as its only one; none where that step fell away."""
        value = self.lookup(name) if "." in name else self.found.get(name)
        if not isinstance(value, Map):
            return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
        listed = value.get("items", [value] if value else [])
        return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []

    async def _once(self, step: Do, lookup: Lookup) -> object:
        body = {key: template.fill(lookup) for key, template in step.send.items()} or None
        call = dataclasses.replace(step.call, body=body, once=step.call.method != "GET")
        try:
            reply = (await self.run.call(call, lookup)).json
        except Refusal as refusal:
            return self._refused(step, refusal)
        if step.call.method != "GET":
            self.done.append(step.name)
        if isinstance(reply, Map) and isinstance(reply.get("items"), list) and (step.pick or step.many or step.none):
            fitting = picked(reply["items"], step.pick, lookup)
            if len(fitting) != 1:
                return _passed((step.many if fitting else step.none) or NEXT_WAY)
            reply = fitting[0]
        self.found[step.name] = reply if reply is not None else {}
        return self._judge(
            verdict(step.means, lambda name: walk(self.found[step.name], name.split(".")), self.context.now())
        )

    def _refused(self, step: Do, refusal: Refusal) -> object:
        if refusal.unknown_outcome:
            raise Unavailable(
                "GW506", "The reply to the check was lost; it may have been counted. Do not repeat it blindly."
            )
        if refusal.status == 404 and refusal.json and step.none is not None:
            return _passed(step.none)
        if step.call.method == "GET" and (refusal.status == 405 or (refusal.status == 404 and not refusal.json)):
            return None  # an installation without this call: the step falls away, and the checks of what it brings
        if (newer := too_new(refusal, self.mapping, self.context.capabilities)) is not None:
            raise newer
        told = tell(refusal, self.mapping, self.context.mappings, if_match=False, as_self=False, hole_from=None)
        if isinstance(told, ScimError):
            if self.done:
                told.detail += f" What was done before stays: {', '.join(dict.fromkeys(self.done))}."
            raise told
        return told

    def _elements(self, source: str) -> list[Resource]:
        value = self.lookup(source)
        return list(value) if isinstance(value, list) else []

    async def _failure(self, outcome: Outcome, began: float) -> Refused:
        face = self._face
        if face is not None:
            await self._rest(face.name)
            await self.context.uniform.wait(began)
        shown = face or outcome
        data = None if shown.bare else self._data(anonymous=face is not None)
        return Refused("GW407", shown.detail, status=self.action.status, message_id=shown.message_id, data=data)

    async def _rest(self, usual: str) -> None:
        """Do what this failure has spared, so that it does not show. What fails in earnest, would have for somebody, too."""
        finds, calls = left_out(self.action, self.way, self.made)
        for find in finds:
            self.said = dict(self.asked)
            await self._find(find)
        uniform = self.context.uniform
        if uniform.decoy is None:
            return
        self.way = next(iter(self.action.ways))
        for find in subjects(self.action):
            self.targets[find.name] = self.context.mappings.by_name[find.resource]
            self.found[find.name] = {"id": uniform.decoy}
        ends = [await self._do(step) for step in calls]
        if ends and not (set(ends[:-1]) <= {None} and ends[-1] == usual):
            self.context.events.emit(DoneWithout("uniform.decoy", _POOR_DECOY))

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


def _passed(outcome: object) -> object:
    """An outcome that the mapping calls fine is none."""
    return None if outcome == OK else outcome


async def act(request: ScimRequest, mapping: Mapping, context: Context, run: Run) -> Answer:
    """Run the action that `mapping` declares. Raises Refused GW407 with the outcome, Unavailable when nevisIDM fails."""
    return await Acting(request, mapping, context, run).answer()
