"""A Chroma server as the place where generations are published."""

from __future__ import annotations

import socket

import chromadb
import numpy as np
import pytest

from index.generations.server import Server


def test_vectors_of_earlier_versions_go(chroma_server: str) -> None:
    """They were kept apart, a collection for each generation; another set's stay."""
    port = int(chroma_server.rpartition(":")[2])
    client = chromadb.HttpClient(host="127.0.0.1", port=port)
    for name in ("tebiki-earlier-g000001", "tebiki-other-g000001", "tebiki-earlier-more"):
        client.get_or_create_collection(name, embedding_function=None).upsert(
            ids=["0"], embeddings=np.ones((1, 2), dtype=np.float32)
        )

    Server(f"{chroma_server}/earlier").forget_vectors()

    left = {held.name for held in client.list_collections()}
    assert {"tebiki-other-g000001", "tebiki-earlier-more"} <= left
    assert "tebiki-earlier-g000001" not in left


def test_a_server_that_is_away_is_an_error_of_the_system() -> None:
    """A refresh tells it like a disk that cannot be written; nothing is published."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = Server(f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(OSError, match=r"."):
            away.record("pointer")


def test_an_address_that_is_none_is_refused() -> None:
    """A setting with a typing slip is told before anything is built."""
    with pytest.raises(ValueError, match="such as http://chroma:8000"):
        Server("chroma:8000")
    with pytest.raises(ValueError, match="such as http://chroma:8000"):
        Server("http://chroma:8000/two/names")
