"""The evidence sheet of an answer, to attach to a decision document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from fastapi import FastAPI, Request, Response

from api.callers import groups_of, may
from api.keys import Scope
from api.problems import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.answer_records import Shown

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def install(
    app: FastAPI,
    kept: Shown,
    sheet: Callable[[str, str], bytes],
) -> None:
    """Add the route.

    *kept* gives an answer only to those who may see all that it quotes; *sheet* makes the file of
    a name and a form.
    """

    @app.get(
        "/v1/answers/{name}/evidence",
        response_class=Response,
        responses={**MISSING, 200: {"content": {each: {} for each in MEDIA_TYPES.values()}}},
        tags=["questions"],
    )
    def evidence(request: Request, name: str, form: Literal["pdf", "docx"] = "pdf") -> Response:
        """Make the sheet: question, answer, every quotation with its page, hashes, room to sign."""
        found = kept.find(name, groups_of(request), private=may(request, Scope.ADMIN))
        return Response(
            sheet(found.id, form),
            media_type=MEDIA_TYPES[form],
            headers={
                "Content-Disposition": f'attachment; filename="tebiki-{found.id}.{form}"',
                "Cache-Control": "private, no-store",
            },
        )
