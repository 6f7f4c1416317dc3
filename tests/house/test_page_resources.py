"""docs/resources.md: every shipped resource type, by the pages that `scim-nevisidm docs` makes."""

from __future__ import annotations

from collections.abc import Callable

from gateway.authoring.markdown import table
from gateway.authoring.pages import type_page
from gateway.mapping.document import read_document
from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mappings
from tests.house.page import Page

INTRO = """\
# Resource types

Made from the shipped mappings, as they were compiled and as the planner answers for them. `GET /Schemas` says the same of your own
mappings, and `scim-nevisidm explain` of any filter. A name with a prefix, such as `nevis:unit`, belongs to the extension whose URN stands
above the table.

An attribute without a mark is *readWrite*, is returned by default, may be absent, and ignores case.

**Search**: what happens to a filter of one comparison.

| word | means |
| --- | --- |
| a route's name | nevisIDM is asked, and nothing is left to check |
| a name with `~` | nevisIDM is asked for somewhat more; the rest is checked on the hits |
| *here* | rows are read and checked in the gateway, up to the mapping's `scan` |
| *id* | the resource is read directly |
| *known* | the answer needs no call |
| *no* | a filter on it is 400 `invalidFilter` |

Behind a comma stands what happens without the query service, and first of all with it, too, as long as that is at most `scan` rows to
read. `ne`, `ew` and `pr` are always checked here, and so is `co` where the query service refuses leading wildcards. Every hit is checked
against the whole filter in any case."""


ABSENT = """\
## What IDCS has besides

These addresses of IDCS are answered 501 in dialect `idcs`, with the reason that stands here (`_absent.yaml`); in dialect `rfc`
there are none."""


def resources() -> str:
    mappings = load(find_mappings())
    return "\n\n".join([INTRO, *map(type_page, mappings.by_name.values()), ABSENT, _refused(mappings)]) + "\n"


def _refused(mappings: Mappings) -> str:
    names = read_document((find_mappings() / "_absent.yaml").read_text(), "_absent.yaml").data["absent"]
    return table(["address", "why"], [[f"`/{name}`", mappings.absent[name.lower()]] for name in names])


def test_the_page_is_what_the_mappings_say(page: Callable[[str], Page]) -> None:
    page("resources.md").is_all(resources())
