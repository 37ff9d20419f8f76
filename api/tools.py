"""What agents may do, made of what the routes do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api import drafts
from api.documents import listed
from api.mcp_mount import Tools
from api.page_summaries import PageSummaries
from api.questions import questioned, searched
from api.schemas.answers import WireAnswer
from api.schemas.drafts import CheckRequest
from api.schemas.passages import SearchRequest, WireFilters
from api.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from api.access import Caller
    from bot.answers import Answerer
    from index.passages import Library
    from ingest.catalog.editions import Edition, Groups


def tools_of(
    *,
    library: Callable[[], Library],
    answerer: Answerer,
    page_file: Callable[[Edition], Path],
    known_as: Callable[[Caller | None], str] = lambda _: "",
    groups: Callable[[], Groups] = frozenset,
) -> Tools:
    """Return what agents may do, for the MCP door and for "tebiki mcp".

    *groups* are those of whoever calls.
    """
    viewer = Viewer(library, page_file)
    summaries = PageSummaries()

    def ask(text: str, filters: WireFilters, caller: Caller | None) -> WireAnswer:
        question = questioned(library(), text, filters, groups(), asker=known_as(caller))
        return WireAnswer.of(answerer.answer(question))

    return Tools(
        search=lambda text, k, filters: searched(
            library().seen_by(groups()),
            summaries,
            SearchRequest(question=text, k=k, filters=filters),
            groups(),
        ),
        ask=ask,
        check=lambda text, filters: drafts.checked(
            library(), CheckRequest(text=text, filters=filters), groups()
        ),
        page=lambda document, label, number: viewer.seen_by(groups()).page(
            document, label, number, 0, 0
        ),
        documents=lambda: listed(library().seen_by(groups()), summaries),
    )
