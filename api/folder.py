"""What the corpus folder holds and the index cannot show: before a refresh and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request

from api import problems
from api.schemas.wire import Wire
from bot.ledger.audit import Deed
from ingest.catalog import catalog, entries
from ingest.errors import BrokenCatalog, MissingCorpus, UnreadablePdf
from ingest.translations import in_language

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class WireUnusable(Wire):
    """A file that is not in the index, and why."""

    file: str
    why: str


class FolderResponse(Wire):
    """What lies in the corpus folder and is not, or not as a listed document, in the index.

    *unusable* are the PDFs that cannot be read now or could not in the last refresh; *unlisted*
    those that the catalog does not list, by path: each counts as a document of its own.
    *notices* say what else a person should look at.
    """

    unusable: list[WireUnusable]
    unlisted: list[str]
    notices: list[str]


def install(
    app: FastAPI,
    corpus: Path,
    unusable: Callable[[], Sequence[UnreadablePdf]],
    responses: dict[int | str, dict[str, Any]],
    noted: Callable[..., None],
) -> None:
    """Add the routes that look at the folder.

    *unusable* gives what the last refresh left out; *noted* records what a request did.
    """

    @app.get("/v1/admin/folder", responses=responses, tags=["admin"])
    def folder(request: Request) -> FolderResponse:
        """Say which files of the corpus folder cannot be read or are not listed."""
        return _looked_at(corpus, unusable(), problems.language(request))

    @app.post("/v1/admin/folder/listed", responses=responses, tags=["admin"])
    def listed(request: Request) -> FolderResponse:
        """List every PDF that the catalog does not, as what it was taken for."""
        try:
            added = entries.add_unlisted(corpus)
        except (BrokenCatalog, MissingCorpus) as error:
            raise problems.Refused(409, f"文書の一覧を使えません。({error})", str(error)) from error
        for one in added:
            noted(request, Deed.DOCUMENT_ADDED, edition=one.key, file=one.path, sha256=one.sha256)
        return _looked_at(corpus, unusable(), problems.language(request))


def _looked_at(corpus: Path, last: Sequence[UnreadablePdf], language: str) -> FolderResponse:
    try:
        held = catalog.read(corpus)
    except (BrokenCatalog, MissingCorpus) as error:
        return FolderResponse(unusable=[], unlisted=[], notices=[str(error)])
    now = [each for each in held.problems if isinstance(each, UnreadablePdf)]
    # Only a refresh finds out that a page breaks its reader; a file that is gone is no matter.
    then = [each for each in last if (corpus / each.path).exists()]
    found = {each.path: each for each in (*then, *held.unreadable.values(), *now)}
    strays = [each for each in held.editions if each.document.id in held.strays]
    listing = (corpus / catalog.CATALOG).exists()
    return FolderResponse(
        unusable=[WireUnusable(file=name, why=found[name].why(language)) for name in sorted(found)],
        unlisted=[str(each.path) for each in strays if listing and each.path not in found],
        notices=[
            in_language(each, language)
            for each in held.notices
            if not strays or each != catalog.unlisted(strays)
        ],
    )
