"""The port through which texts become vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Embedder(Protocol):
    """Turns passages and questions into unit vectors of one length."""

    @property
    def name(self) -> str:
        """What the recipe records: a generation is only searched with the embedder it names."""
        ...

    @property
    def waits(self) -> bool:
        """Whether a question takes so long that other searches should go on meanwhile."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), d), float32; a text with no known word is 0."""
        ...

    def embed_question(self, text: str, *names: str) -> NDArray[np.float32]:
        """Return a unit vector, shape (d,), float32; *names* say more of what is asked about."""
        ...
