"""What is said of a file on its way into the corpus, and of what the catalog lists."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import Field

from api.schemas.wire import Asked, Day, Wire
from ingest.catalog.editions import Edition, Kind
from ingest.pages import PlaceKind

_UPLOAD = re.compile(r"[0-9a-f]{16}")
Text = Annotated[str, Field(max_length=300)]


class WirePoorPage(Wire):
    """A page that could not be read well, and why."""

    file: str
    page: int
    note: str


class UnderstoodResponse(Wire):
    """What was understood of a file that was received and is not yet in the corpus.

    *upload* names it when it is confirmed. *known*: the document is listed already, so that this
    is one more edition of it. *missing* are facts that must be given first: edition, day.
    *notices* say in words what a person should look at. *pages_are* says what is counted in a file
    that has no pages: slides, or parts of sheets and of running text.
    """

    upload: str
    file: str
    document: str
    title: str
    edition: str
    published: date | None
    in_force_from: date | None
    kind: Kind
    publisher: str
    known: bool
    missing: list[str]
    notices: list[str]
    pages: int
    pages_are: PlaceKind
    poor_pages: list[WirePoorPage]


class EntryRequest(Asked):
    """A file that was received, confirmed. What is left out stays as it was understood.

    *title*, *kind* and *publisher* count for a new document only.
    """

    upload: Annotated[str, Field(pattern=_UPLOAD.pattern, max_length=16)]
    document: Text | None = None
    title: Text | None = None
    edition: Text | None = None
    published: Day | None = None
    in_force_from: Day | None = None
    kind: Kind | None = None
    publisher: Text | None = None


class DatesRequest(Asked):
    """Other facts of an edition that is listed; what is left out stays as it is.

    *groups* and *owner* are its document's: who may see it (an empty list: everybody who may
    ask), and who answers for it.
    """

    document: Text
    edition: Text
    published: Day | None = None
    in_force_from: Day | None = None
    groups: Annotated[list[Text], Field(max_length=100)] | None = None
    owner: Annotated[str, Field(max_length=200)] | None = None


class WorkRequest(Asked):
    """Another title, kind or publisher for a work that is listed; what is left out stays."""

    document: Text
    title: Text | None = None
    kind: Kind | None = None
    publisher: Text | None = None


class EnteredResponse(Wire):
    """An edition that is in the corpus now; a refresh indexes it."""

    document: str
    title: str
    edition: str
    published: date | None
    in_force_from: date | None
    file: str
    groups: list[str]
    owner: str

    @classmethod
    def of(cls, edition: Edition) -> EnteredResponse:
        """Translate."""
        return cls(
            document=edition.document.id,
            title=edition.document.title,
            edition=edition.label,
            published=edition.published,
            in_force_from=edition.in_force_from or edition.published,
            file=edition.path or "",
            groups=list(edition.groups),
            owner=edition.document.owner,
        )
