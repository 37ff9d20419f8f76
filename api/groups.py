"""Who may see what, on the admin page: documents and folders with the groups that the catalog names."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Request
from pydantic import Field

from api.key_list import Group
from api.problems import Refused
from api.schemas.wire import Asked, Wire
from bot.ledger.audit import Deed
from index.passages import folders_of
from ingest.catalog import catalog, entries
from ingest.catalog.editions import Edition
from ingest.errors import EntryMissing, IngestError, MissingCorpus


class BindingRequest(Asked):
    """Who may see a document, or a folder with what lies below: no group is everybody who may ask.

    One of *document* and *folder* is named. *owner* is who answers for the document.
    """

    document: Annotated[str, Field(max_length=200)] = ""
    folder: Annotated[str, Field(max_length=500)] = ""
    groups: Annotated[list[Group], Field(max_length=100)]
    owner: Annotated[str, Field(max_length=200)] | None = None


class WireBound(Wire):
    """A document as the catalog lists it; the groups count once an index was made with them."""

    document: str
    title: str
    folders: list[str]
    groups: list[str]
    owner: str


class BindingsResponse(Wire):
    """Every document of the corpus, and the folders in which files lie."""

    documents: list[WireBound]
    folders: list[str]


def install(
    app: FastAPI,
    corpus: Path,
    responses: dict[int | str, dict[str, Any]],
    noted: Callable[..., None],
) -> None:
    """Add the routes; *noted* records what a request did."""

    @app.get("/v1/admin/groups", responses=responses, tags=["admin"])
    def bindings() -> BindingsResponse:
        """Say which groups see what, as the catalog has it."""
        return _told(corpus)

    @app.post("/v1/admin/groups", responses=responses, tags=["admin"])
    def bind(request: Request, asked: BindingRequest) -> BindingsResponse:
        """Bind a document or a folder to groups; a refresh lets it count."""
        if bool(asked.document) == bool(asked.folder):
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "文書かフォルダーの、どちらか一つを選んでください。",
                "Name a document or a folder, one of them.",
            )
        groups = list(dict.fromkeys(group.strip() for group in asked.groups))
        folder = ""
        try:
            if asked.folder:
                folder = entries.bind_folder(corpus, asked.folder, groups)
            else:
                entries.correct(corpus, asked.document, None, groups=groups, owner=asked.owner)
        except (EntryMissing, MissingCorpus) as missing:
            raise Refused(
                HTTPStatus.NOT_FOUND,
                "文書の一覧にも、フォルダーにもありません。",
                "The catalog lists no such document, and there is no such folder.",
            ) from missing
        except IngestError as problem:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"文書の一覧を使えません。({problem})",
                str(problem),
            ) from problem
        named = {"folder": folder} if folder else {"document": asked.document}
        noted(request, Deed.DOCUMENT_CORRECTED, **named, groups=groups, owner=asked.owner)
        return _told(corpus)


def _told(corpus: Path) -> BindingsResponse:
    try:
        editions = catalog.read(corpus).editions
    except IngestError:
        editions = ()
    works: dict[str, list[Edition]] = {}
    for edition in editions:
        works.setdefault(edition.document.id, []).append(edition)
    return BindingsResponse(
        documents=[
            WireBound(
                document=name,
                title=held[-1].document.title,
                folders=list(dict.fromkeys(each.folder for each in held if each.folder)),
                groups=list(dict.fromkeys(group for each in held for group in each.groups)),
                owner=held[-1].document.owner,
            )
            for name, held in works.items()
        ],
        folders=list(folders_of(editions)),
    )
