"""Documents over HTTP: which there are, their pages as text and as images, their files, what changed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import quote

from fastapi import FastAPI, Header, Query, Request
from fastapi.responses import FileResponse, Response

from api import problems
from api.callers import groups_of
from api.changes import Changes
from api.problems import MISSING, PROBLEMS
from api.schemas.documents import DocumentsResponse, WireDocument, WireEdition, WirePage
from api.schemas.revisions import WireRevision
from api.signed_links import PARAMETER, with_parameter
from ingest import formats

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.page_summaries import PageSummaries
    from api.viewer import Viewer
    from index.passages import Library
    from ingest.catalog.editions import Edition

_FILE = "application/octet-stream"

Label = Annotated[str | None, Query(max_length=200)]

Digest = Annotated[
    str | None,
    Query(
        pattern="^[0-9a-f]{64}$",
        description="The hash of the PDF that was quoted; it is found also when it was replaced.",
    ),
]

Number = Annotated[int, Query(ge=0, le=2**31 - 1)]


def install(
    app: FastAPI, library: Callable[[], Library], summaries: PageSummaries, viewer: Viewer
) -> None:
    """Add the routes."""
    edition = "/v1/documents/{document}/editions/{label:path}"

    @app.get("/v1/documents", responses=PROBLEMS, tags=["documents"])
    def documents(request: Request) -> DocumentsResponse:
        """List every work of the catalog with its editions, also those not held."""
        return listed(library().seen_by(groups_of(request)), summaries)

    changes = Changes()

    @app.get("/v1/documents/{document}/diff", responses=MISSING, tags=["documents"])
    def diff(request: Request, document: str, old: Label = None, new: Label = None) -> WireRevision:
        """Say what changed between two held editions; the last two when none is named."""
        seen = library().seen_by(groups_of(request))
        return changes.between(seen, document, old, new, problems.language(request))

    @app.get(
        edition + "/pages/{number}/image",
        response_class=Response,
        responses={**MISSING, 200: {"content": {"image/png": {}}}},
        tags=["documents"],
    )
    def image(
        request: Request,
        document: str,
        label: str,
        number: int,
        start: Number = 0,
        end: Number = 0,
        size: Literal["small", "normal", "large"] = "normal",
        sha256: Digest = None,
        if_none_match: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> Response:
        """Draw a page; what the offsets *start* to *end* cover on it is marked."""
        drawing = viewer.seen_by(groups_of(request)).image(
            document,
            label,
            number,
            start=start,
            end=end,
            size=size,
            sha256=sha256,
            known=if_none_match,
        )
        if drawing is None:
            return Response(status_code=304)
        return Response(
            drawing.png,
            media_type="image/png",
            headers={"ETag": drawing.etag, "Cache-Control": "private, no-cache"},
        )

    @app.get(edition + "/pages/{number}", responses=MISSING, tags=["documents"])
    def page(  # what a citation's address says
        request: Request,
        document: str,
        label: str,
        number: int,
        start: Number = 0,
        end: Number = 0,
        sha256: Digest = None,
    ) -> WirePage:
        """Return a page's text and where on it the span from *start* to *end* stands."""
        seen, language = viewer.seen_by(groups_of(request)), problems.language(request)
        found = seen.page(document, label, number, start, end, sha256, language=language)
        opened = request.query_params.get(PARAMETER)
        if opened is None:
            return found
        return found.model_copy(
            update={
                "image_url": found.image_url
                and with_parameter(found.image_url, PARAMETER, quote(opened)),
                "file_url": with_parameter(found.file_url, PARAMETER, quote(opened)),
            }
        )

    @app.get(
        edition + "/file",
        response_class=FileResponse,
        responses={**MISSING, 200: {"content": {"application/pdf": {}, _FILE: {}}}},
        tags=["documents"],
    )
    def file(request: Request, document: str, label: str, sha256: Digest = None) -> FileResponse:
        """Return the file; add `#page=N` to open a PDF at a page. Other kinds are for saving."""
        path = viewer.seen_by(groups_of(request)).file(document, label, sha256)
        pdf = path.suffix == formats.PDF
        return FileResponse(
            path,
            media_type="application/pdf" if pdf else _FILE,
            filename=path.name,
            # What a web page of a stranger says must never run as one of ours.
            content_disposition_type="inline" if pdf else "attachment",
            headers={"Cache-Control": "private, no-cache"},
        )


def listed(held: Library, summaries: PageSummaries) -> DocumentsResponse:
    """Return every work of the catalog with its editions."""
    keys = in_force(held, None)
    works: dict[str, list[Edition]] = {}
    for each in held.editions:
        works.setdefault(each.document.id, []).append(each)
    return DocumentsResponse(
        documents=[
            WireDocument.of(
                editions[0].document,
                [
                    WireEdition.of(
                        each,
                        in_force=each.key in keys,
                        pages=summaries.of(held, each) if each.held else None,
                    )
                    for each in editions
                ],
            )
            for editions in works.values()
        ],
        generation=held.id,
    )


def in_force(library: Library, on: date | None) -> frozenset[str]:
    """Return the keys of the editions in force on a day; None is today."""
    day = on or date.today()  # noqa: DTZ011 - editions come into force by the local calendar
    return frozenset(edition.key for edition in library.in_force(day))
