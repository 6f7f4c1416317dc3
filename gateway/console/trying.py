"""Running what was typed: with the served mappings or with edited ones, over the same nevisIDM.

In front of a real nevisIDM only reads are sent. An edited mapping is tried in a context of its own, which nobody else ever gets.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from gateway.console.editing import Edits, Texts, finding_facts
from gateway.errors import ConfigError
from gateway.explanation.document import explained, ran
from gateway.explanation.hidden import Disclosure
from gateway.explanation.typed import NoAddress, Typed, surroundings_in
from gateway.operation.context import Context, Trust
from gateway.settings import Settings

Facts = dict[str, Any]
WHO = "console"
ASIDE = frozenset(("Schemas", "ResourceTypes", "ServiceProviderConfig", "Bulk", ".search", "Me"))
NO_PLAN = "The gateway answers this, but makes no plan of its own for it (or one for each part): ask it with its token."


@dataclasses.dataclass(frozen=True, slots=True)
class Trying:
    """What may be tried. `sandbox`: nobody is a person there, so writes and edited mappings are allowed."""

    settings: Settings
    texts: Texts
    sandbox: bool
    disclosure: Disclosure

    async def run(self, typed: Typed, edits: Edits, context: Context) -> Facts:
        """The document of a request that was run; `problem` where it was not, and why. `findings`: of the edited mapping."""
        findings: list[Facts] = []
        if edits:
            if not self.sandbox:
                return {"problem": "Mappings are edited over a sandbox only."}
            try:
                edited = await self.texts.tried(edits)
            except ConfigError as error:
                return {"problem": error.findings[0]}
            findings = [finding_facts(each) for each in edited.findings]
            if edited.mappings is None:
                return {"problem": "The edited mapping has errors.", "findings": findings}
            context = dataclasses.replace(context, mappings=edited.mappings, trust=Trust(), others={})
        return {**await self._run(typed, context), "findings": findings, "edited": bool(edits)}

    async def _run(self, typed: Typed, context: Context) -> Facts:
        try:
            done = explained(typed, surroundings_in(self.settings, context, WHO))
        except NoAddress as error:
            return {"problem": str(error)}
        if done.request is None:
            tail = typed.address.partition("?")[0].removeprefix(done.dialect.root).strip("/").split("/")
            return {**done.told, "problem": NO_PLAN} if tail[0] in ASIDE else done.told
        if done.writes and not self.sandbox:
            return {**done.told, "problem": "Before a real nevisIDM the console only reads; nothing was sent."}
        await ran(done, context, self.settings.nevisidm.total_timeout, self.disclosure)
        return done.told
