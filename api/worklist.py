"""What is done about questions that got no answer: a word for the glossary, or none of our business.

Of a question that is set aside only a hash is kept: the record of what people asked stays in one
place, where it can be erased.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Request
from pydantic import Field

from api.problems import Refused
from api.schemas.wire import Asked, Wire
from bot.ledger.audit import Deed
from index.errors import BadGlossary
from index.search import glossary
from index.search.glossary import Term
from ingest.atomic_files import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

GLOSSARY = "glossary.toml"
"""The name of the glossary beside the documents."""

_MOST = 10_000
"""How many questions are set aside at most; the earliest are let go."""

Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")]


class WordRequest(Asked):
    """The word of the manuals, and what people say for it."""

    ja: Name
    also: list[Name] = Field(default_factory=list, max_length=10)
    en: list[Name] = Field(default_factory=list, max_length=10)


class WordResponse(Wire):
    """What the glossary holds now; a refresh lets it count."""

    ja: str
    also: list[str]
    en: list[str]


class AsideRequest(Asked):
    """A question of the list, by the words that stand there."""

    question: Annotated[str, Field(min_length=1, max_length=4_000)]


class AsideResponse(Wire):
    """How many wordings were set aside."""

    aside: int


class Aside:
    """The marks of questions that are none of the documents' business, in a file of the home."""

    def __init__(self, path: Path) -> None:
        """Keep them in *path*."""
        self._path = path
        self._lock = Lock()

    def marks(self) -> tuple[str, ...]:
        """Return them, earliest first; none where the file is gone or broken."""
        try:
            held = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ()
        return (
            tuple(each for each in held if isinstance(each, str)) if isinstance(held, list) else ()
        )

    def add(self, marks: Sequence[str]) -> None:
        """Set more aside."""
        with self._lock:
            now = list(dict.fromkeys([*self.marks(), *marks]))[-_MOST:]
            with replacing(self._path) as draft:
                draft.write_text(json.dumps(now), encoding="utf-8")


def install(
    app: FastAPI,
    corpus: Path,
    aside: Aside,
    wordings: Callable[[str], Sequence[str]],
    responses: dict[int | str, dict[str, Any]],
    noted: Callable[..., None],
) -> None:
    """Add the routes.

    *wordings* gives the marks of all questions that are listed as one, by the words that stand
    there, none where no such question is; *noted* records what a request did.
    """

    @app.post("/v1/admin/glossary", status_code=201, responses=responses, tags=["admin"])
    def word(request: Request, asked: WordRequest) -> WordResponse:
        """Add a word that people use to the glossary; a refresh lets it count."""
        term = Term(asked.ja.strip(), _stripped(asked.also), _stripped(asked.en))
        try:
            glossary.add(corpus / GLOSSARY, term)
        except BadGlossary as error:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "この言葉は用語集に加えられません。手引き書の言葉と、2文字以上の言い換えを入れてください。",
                f"The glossary does not take this: {error.reason}",
            ) from error
        noted(request, Deed.DOCUMENT_CORRECTED, glossary=term.ja, also=list(term.also))
        return WordResponse(ja=term.ja, also=list(term.also), en=list(term.en))

    @app.post("/v1/admin/questions/aside", responses=responses, tags=["admin"])
    def set_aside(request: Request, asked: AsideRequest) -> AsideResponse:
        """Take a question off the list, however it was worded, also when it is asked again."""
        marks = wordings(asked.question)
        if not marks:
            raise Refused(
                HTTPStatus.NOT_FOUND,
                "その質問は一覧にありません。画面を読み直してください。",
                "There is no such question on the list. Load the page anew.",
            )
        aside.add(marks)
        noted(request, Deed.SET_ASIDE, count=len(marks))
        return AsideResponse(aside=len(marks))


def _stripped(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
