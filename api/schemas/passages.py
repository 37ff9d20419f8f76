"""A search over HTTP: where it looks, and the passages that it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.schemas.documents import WirePlace
from api.schemas.wire import Asked, Day, Wire, corpus_here
from index.passages import Filters
from ingest.catalog.editions import Groups, Kind
from ingest.chunks import SECTION_SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from index.passages import Passage
    from index.search.reasons import Reason
    from ingest.pages import Place

MAX_PASSAGES = 100
"""The most passages one search gives."""


def _only(named: str | list[str]) -> str | list[str]:
    """Refuse a corpus by name: `api.corpora`, where there are several, takes the name away."""
    if named:
        raise PydanticCustomError("corpus", "this server has a single corpus, which has no name")
    return named


NamedCorpora = Annotated[
    str | list[str],
    AfterValidator(_only),
    Field(
        description="Which corpora are asked, where a server has several: a name, names, or * for "
        "every one that the caller may read; the first where it is left out."
    ),
]


class WireFilters(Asked):
    """Which documents may be searched. What is left out sets no bound."""

    documents: Annotated[list[str], Field(max_length=100)] = []
    kinds: Annotated[list[Kind], Field(max_length=10)] = []
    editions: Annotated[list[str], Field(max_length=100)] = []
    language: Literal["ja", "en"] | None = None
    municipality: Annotated[str, Field(max_length=100)] | None = None
    as_of: Annotated[Day | None, Field(description="Editions in force on this day.")] = None
    folders: Annotated[
        list[str], Field(max_length=100, description="Folders of the corpus, with what is below.")
    ] = []

    def read(self, groups: Groups) -> Filters:
        """Return the same bounds as our own type, for somebody of *groups*."""
        return Filters(
            documents=tuple(self.documents),
            kinds=tuple(self.kinds),
            editions=tuple(self.editions),
            language=self.language,
            municipality=self.municipality,
            as_of=self.as_of,
            folders=tuple(folder.strip("/") for folder in self.folders),
            groups=groups,
        )


class SearchRequest(Asked):
    """A question whose best passages are wanted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"question": "CIO補佐官を特別職非常勤職員として任用するには", "k": 5},
            ]
        }
    )
    question: str
    corpus: NamedCorpora = ""
    k: Annotated[int, Field(ge=1, le=MAX_PASSAGES)] = 10
    filters: WireFilters = WireFilters()


class WireName(Wire):
    """Another name of what was *said*, *found* in a passage: of the glossary or the dictionary."""

    said: str
    found: str


class WireReason(Wire):
    """Why a passage came: *words* of the question that it holds, and other *names* of them.

    Both empty: only how it is written, letter by letter, or its document brought it.
    """

    words: list[str]
    names: list[WireName]

    @classmethod
    def of(cls, why: Reason) -> WireReason:
        """Translate."""
        names = [WireName(said=said, found=found) for said, found in why.names]
        return cls(words=list(why.words), names=names)


class WirePassage(Wire):
    """A chunk that was found. *pages* are all pages it touches, from 1 in the file.

    In a file without pages they count the stretches in which it is read; *place* says where it is.
    """

    document: str
    title: str
    edition: str
    file: str | None
    kind: Kind
    in_force: bool
    pages: list[int]
    page_labels: list[str | None]
    place: WirePlace
    section: str
    text: str
    start: int
    end: int
    score: float
    legs: dict[str, float]
    matched: WireReason
    corpus: str = Field(default_factory=corpus_here)

    @classmethod
    def of(
        cls,
        passage: Passage,
        *,
        labels: Sequence[str | None],
        place: Place,
        in_force: Container[str],
        why: Reason,
    ) -> WirePassage:
        """Translate; *labels* are those of the passage's pages, *in_force* edition keys."""
        chunk = passage.chunk
        edition = chunk.edition
        return cls(
            document=edition.document.id,
            title=edition.document.title,
            edition=edition.label,
            file=edition.path,
            kind=edition.document.kind,
            in_force=edition.key in in_force,
            pages=list(passage.pages),
            page_labels=list(labels),
            place=WirePlace.of(place),
            section=SECTION_SEPARATOR.join(chunk.section),
            text=chunk.text,
            start=chunk.start,
            end=chunk.end,
            score=passage.score,
            legs=dict(passage.legs),
            matched=WireReason.of(why),
        )


class SearchResponse(Wire):
    """Passages, best first.

    *read_as* is what was searched instead of a question with a misspelt name; null where nothing
    was put right.
    """

    passages: list[WirePassage]
    read_as: str | None = None
    took_ms: float
