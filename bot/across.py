"""An answerer that knows of editions: it points from what was superseded to what counts now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from bot.answers import Answer, Citation
from bot.extractive import spoken
from bot.present import pointed, to_now

if TYPE_CHECKING:
    from bot.answers import Answerer, Event, Question
    from index.passages import Library


class AcrossEditions:
    """Answers as *answerer* does; citations of superseded editions say where they stand today."""

    def __init__(
        self,
        answerer: Answerer,
        library: Callable[[], Library],
        *,
        today: Callable[[], date] = date.today,
    ) -> None:
        """Look at the present editions of *library*, which gives the current generation."""
        self._answerer = answerer
        self._library = library
        self._today = today

    def answer(self, question: Question) -> Answer:
        """Return the answer, what was superseded in it with its present place."""
        return pointed(self._answerer.answer(question), self._library(), self._today())

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield what the answerer yields, its citations and its answer with present places."""
        inner = getattr(self._answerer, "stream", None)
        if inner is None:
            yield from spoken(self.answer(question))
            return
        for event in inner(question):
            if isinstance(event, Answer):
                yield pointed(event, self._library(), self._today())
            elif isinstance(event, Citation):
                yield to_now(event, self._library(), self._today())
            else:
                yield event
