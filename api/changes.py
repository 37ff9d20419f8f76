"""What changed between two editions of a work, for the documents page and for programs."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from api.problems import Refused
from api.schemas import WireRevision
from index.errors import EditionUnknown
from index.redline import Language, as_json
from index.revisions import Revision, compare, editions_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from index.passages import Library

KEPT = 16
"""How many comparisons are kept; one of two long manuals takes seconds to make."""


class Changes:
    """Compares editions of the current generation, each pair once, and one pair at a time."""

    def __init__(self, library: Callable[[], Library]) -> None:
        """Read texts from *library*."""
        self._library = library
        self._lock = Lock()
        self._made: OrderedDict[tuple[str, str, str], Revision] = OrderedDict()

    def between(
        self, document: str, old: str | None, new: str | None, language: Language
    ) -> WireRevision:
        """Return what changed, with sentences in *language*; the last two without labels.

        Raises:
            Refused: 404, there are no two such held editions.
        """
        library = self._library()
        try:
            earlier, later = editions_of(library.editions, document, old, new)
        except EditionUnknown as error:
            held = "、".join(error.held) or "なし"
            raise Refused(
                404,
                f"文書「{document}」には、比べられる二つの版がありません。ある版: {held}",
                str(error),
            ) from error
        name = (library.id, earlier.key, later.key)
        with self._lock:
            found = self._made.pop(name, None)
            if found is None:
                found = compare(earlier, library.text(earlier), later, library.text(later))
            self._made[name] = found
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        return WireRevision.model_validate(as_json(found, language))
