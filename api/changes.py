"""What changed between two editions of a work, for the documents page and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.problems import Refused
from api.schemas.revisions import WireRevision
from index.errors import EditionUnknown
from index.revisions.changes import editions_of
from index.revisions.matching import Comparisons
from index.revisions.redline import Language, as_json

if TYPE_CHECKING:
    from index.passages import Library


class Changes:
    """Compares editions of the current generation, each pair once, and one pair at a time."""

    def __init__(self) -> None:
        """Begin with nothing compared."""
        self._comparisons = Comparisons()

    def between(
        self,
        library: Library,
        document: str,
        old: str | None,
        new: str | None,
        language: Language,
    ) -> WireRevision:
        """Return what changed by *library*, with sentences in *language*; the last two without labels.

        Raises:
            Refused: 404, there are no two such held editions.
        """
        try:
            earlier, later = editions_of(library.editions, document, old, new)
        except EditionUnknown as error:
            held = "、".join(error.held) or "なし"
            raise Refused(
                404,
                f"文書「{document}」には、比べられる二つの版がありません。ある版: {held}",
                str(error),
            ) from error
        found = self._comparisons.between(library, earlier, later)
        return WireRevision.model_validate(as_json(found, language))
