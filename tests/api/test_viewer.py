"""The cited page: text, boxes and image."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from api import viewer
from api.app import create_app
from bot.answering.extractive import Extractive
from ingest.pages import EditionText
from tests.served import CORPUS, app_of, bundled, small

WORD = "地方公務員法の規定は適用されない"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """Return a client of the application, without a network."""
    with TestClient(app_of(bundled()), base_url="http://127.0.0.1") as made:
        yield made


@pytest.fixture(scope="module")
def text() -> EditionText:
    """Return the text of the digest that holds the sentence."""
    return next(
        text for held, text in bundled().texts.items() if held.document.id == "zentai-digest"
    )


@pytest.fixture(scope="module")
def place(text: EditionText) -> tuple[str, int, int, int]:
    """Return the address of a page with a sentence, its number, and the sentence's offsets."""
    held = next(each for each in bundled().texts if each.document.id == "zentai-digest")
    start = text.text.index(WORD)
    number = text.page_at(start).number
    base = f"/v1/documents/zentai-digest/editions/{quote(held.label, safe='')}/pages/{number}"
    return base, number, start, start + len(WORD)


def picture(client: TestClient, address: str) -> NDArray[np.int16]:
    """Return a page image as pixels, shape (height, width, 3)."""
    response = client.get(address)
    assert 200 == response.status_code
    assert "image/png" == response.headers["content-type"]
    return np.asarray(Image.open(io.BytesIO(response.content)).convert("RGB"), dtype=np.int16)


def test_page_names_itself_and_its_neighbours(
    client: TestClient, text: EditionText, place: tuple[str, int, int, int]
) -> None:
    """The page's text is the stored text between its offsets."""
    base, number, start, end = place

    page = client.get(f"{base}?start={start}&end={end}").json()

    assert (number, len(text.pages)) == (page["page"], page["page_count"])
    assert text.pages[number - 1].label == page["page_label"]
    assert text.text[page["start"] : page["end"]] == page["text"]
    assert WORD in page["text"]
    assert "digest" == page["kind"]


def test_boxes_lie_on_the_page(client: TestClient, place: tuple[str, int, int, int]) -> None:
    """A sentence of one line has one or two boxes, inside the page, wider than high."""
    base, _, start, end = place

    boxes = client.get(f"{base}?start={start}&end={end}").json()["boxes"]

    assert 1 <= len(boxes) <= 2
    for box in boxes:
        assert 0 <= box["left"] < box["left"] + box["width"] <= 1
        assert 0 <= box["top"] < box["top"] + box["height"] <= 1
        assert box["height"] < 0.05


def test_only_the_quotation_is_marked(client: TestClient, place: tuple[str, int, int, int]) -> None:
    """Between the page with and without a mark, pixels differ inside the boxes and nowhere else."""
    base, _, start, end = place
    boxes = client.get(f"{base}?start={start}&end={end}").json()["boxes"]

    plain = picture(client, f"{base}/image")
    marked = picture(client, f"{base}/image?start={start}&end={end}")

    height, width, _ = plain.shape
    assert 1000 == width
    changed = np.abs(plain - marked).max(axis=2) > 8
    inside = np.zeros_like(changed)
    core = np.zeros_like(changed)
    for box in boxes:
        left, top = box["left"] * width, box["top"] * height
        right, bottom = left + box["width"] * width, top + box["height"] * height
        inside[int(top) - 6 : int(bottom) + 7, int(left) - 6 : int(right) + 7] = True
        core[int(top) + 2 : int(bottom) - 1, int(left) + 2 : int(right) - 1] = True
    assert not changed[~inside].any()
    white = plain[core].min(axis=1) > 240
    assert 0.95 < changed[core][white].mean()


def test_mark_is_not_drawn_on_another_page(
    client: TestClient, place: tuple[str, int, int, int]
) -> None:
    """Turning the page takes the offsets along; they mark nothing there."""
    base, number, start, end = place
    other = base.removesuffix(str(number)) + str(number + 1)

    assert [] == client.get(f"{other}?start={start}&end={end}").json()["boxes"]
    plain = picture(client, f"{other}/image")
    assert (plain == picture(client, f"{other}/image?start={start}&end={end}")).all()


def test_large_page_is_twice_as_wide(client: TestClient, place: tuple[str, int, int, int]) -> None:
    """There are two widths, and no other can be asked for."""
    base, *_ = place

    assert 2000 == picture(client, f"{base}/image?size=large").shape[1]
    assert 422 == client.get(f"{base}/image?size=9000").status_code


def test_known_image_is_not_sent_again(
    client: TestClient, place: tuple[str, int, int, int]
) -> None:
    """An ETag names the drawing: the same marks give 304, other marks give another image."""
    base, _, start, end = place
    first = client.get(f"{base}/image?start={start}&end={end}")
    known = {"If-None-Match": first.headers["etag"]}

    again = client.get(f"{base}/image?start={start}&end={end}", headers=known)
    other = client.get(f"{base}/image", headers=known)

    assert (304, b"") == (again.status_code, again.content)
    assert 200 == other.status_code
    assert first.headers["etag"] != other.headers["etag"]


def test_file_is_the_pdf_itself(client: TestClient, place: tuple[str, int, int, int]) -> None:
    """The PDF opens in the browser's own viewer, at the page that the link names."""
    base, *_ = place
    address = base.rpartition("/pages/")[0] + "/file"

    response = client.get(address)

    assert b"%PDF-" == response.content[:5]
    assert "application/pdf" == response.headers["content-type"]
    assert response.headers["content-disposition"].startswith("inline")


@pytest.mark.parametrize(
    "address",
    [
        "/v1/documents/zentai-digest/editions/none/pages/1",
        "/v1/documents/none/editions/none/pages/1/image",
        "/v1/documents/..%2F..%2Fetc/editions/passwd/file",
        "/v1/documents/zentai-digest/editions/..%2F..%2Fcatalog.toml/file",
        "/web/../app.py",
        "/web/%2e%2e/app.py",
        "/web/..%2fapp.py",
    ],
)
def test_nothing_outside_the_corpus_is_served(client: TestClient, address: str) -> None:
    """What is not an edition of the open generation is a 404 with a sentence."""
    response = client.get(address)

    assert 404 == response.status_code
    assert "application/problem+json" == response.headers["content-type"]


@pytest.mark.parametrize("number", [0, -1, 10_000])
def test_page_beyond_the_document_says_how_many_there_are(
    client: TestClient, text: EditionText, place: tuple[str, int, int, int], number: int
) -> None:
    """The reader learns how many pages the document has."""
    base, own, *_ = place
    address = base.removesuffix(str(own)) + str(number)

    response = client.get(address)

    assert 404 == response.status_code
    assert f"全{len(text.pages)}ページ" in response.json()["detail"]


def test_listed_edition_says_that_its_pdf_is_missing(client: TestClient) -> None:
    """A work that is only listed has no pages yet, and the sentence says so."""
    response = client.get(f"/v1/documents/zentai/editions/{quote('第1.0版')}/pages/1")

    assert 404 == response.status_code
    assert "まだ追加されていません" in response.json()["detail"]


def test_lost_file_names_the_remedy() -> None:
    """A PDF that was deleted behind our back is a 404 that names the command."""
    with TestClient(app_of(small()), base_url="http://127.0.0.1") as client:
        response = client.get(
            f"/v1/documents/leave-digest/editions/{quote('2026年版')}/pages/1/image"
        )

    assert 404 == response.status_code
    assert "tebiki refresh" in response.json()["detail"]


def test_old_answer_finds_its_page_by_the_bytes_it_quoted(tmp_path: Path) -> None:
    """Another file under the same label, or none at all: the kept PDF shows the page, marked."""
    held = next(each for each in bundled().texts if each.document.id == "zentai-digest")
    old = bundled().texts[held]
    digest = "0" * 63 + "1"
    shutil.copy(CORPUS / str(held.path), tmp_path / f"{digest}.pdf")
    start = old.text.index(WORD)
    number = old.page_at(start).number
    app = create_app(
        library=small,
        answerer=Extractive(small),
        page_file=lambda asked: tmp_path / f"{asked.sha256}.pdf",
    )
    where = f"start={start}&end={start + len(WORD)}&sha256={digest}"
    with TestClient(app, base_url="http://127.0.0.1") as client:
        for document in ("leave-digest", "dropped"):
            base = f"/v1/documents/{document}/editions/{quote('2026年版')}"
            page = client.get(f"{base}/pages/{number}?{where}").json()

            assert WORD in page["text"]
            assert not page["in_force"]
            assert 1 <= len(page["boxes"])
            assert 1000 == picture(client, page["image_url"]).shape[1]
            assert 200 == client.get(page["file_url"]).status_code
        unknown = where.replace(digest, "0" * 64)
        assert 404 == client.get(f"{base}/pages/1?{unknown}").status_code
        assert 422 == client.get(f"{base}/pages/1?sha256=../x").status_code


def test_citation_leads_to_the_bytes_it_quoted(client: TestClient) -> None:
    """All its addresses name the hash, so that they outlive the edition."""
    given = client.post("/v1/answers", json={"question": "CIO補佐官の任用"}).json()

    cited = given["citations"][0]
    for name in ("page_url", "view_url", "file_url"):
        assert f"sha256={cited['sha256']}" in cited[name]
    assert 200 == client.get(cited["page_url"]).status_code


def test_drawn_pages_are_kept_up_to_a_number_of_bytes() -> None:
    """The least recently shown image makes room, and the newest stays whatever its size."""
    cache = viewer._Cache(10)  # noqa: SLF001 - its bound is worth a test of its own

    cache.put("a", b"12345")
    cache.put("b", b"12345")
    assert b"12345" == cache.get("a")
    cache.put("c", b"12345")

    assert (b"12345", None, b"12345") == (cache.get("a"), cache.get("b"), cache.get("c"))
    cache.put("d", b"x" * 100)
    assert (None, b"x" * 100) == (cache.get("a"), cache.get("d"))
