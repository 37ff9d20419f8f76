"""Searching a small corpus: what is found, what is filtered, what is expanded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from numpy.typing import NDArray

from index.generations.generation import Generation
from index.generations.manifests import folder_of
from index.passages import Filters, Passage, by_page
from index.search.fitted import Fitted
from index.search.glossary import Glossary, Term
from index.search.hybrid import DOCUMENT, Hybrid, Scope, Sounding, _highest, _of_document, _standard
from index.search.legs import DenseLeg, Query, StoredVectors, read_query
from index.search.municipalities import Municipalities
from index.search.parts import Part, StoredChunks
from index.search.reranked import RERANKED, Reranked
from ingest.catalog.editions import Kind
from ingest.chunks import Chunk
from tests import tiny_models
from tests.fakes import FakeLibrary, edition, edition_text
from tests.searched import bm25, in_memory
from tests.shelves import TODAY, Desk

GLOSSARY = """
[[term]]
ja = "CIO補佐官"
also = ["補佐官"]
en = ["CIO aide"]

[[term]]
ja = "任用"
also = ["雇う"]
en = ["hire"]
"""


class Shortest:
    """A re-ranker for which the shortest text answers every question best."""

    name = "shortest"

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append((question, len(texts)))
        return np.array([-len(text) for text in texts], dtype=np.float32)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A corpus of three works, one of them in two editions, one in English."""
    desk = Desk(tmp_path)
    (desk.corpus / "glossary.toml").write_text(GLOSSARY, encoding="utf-8")
    desk.put(
        edition("manual", label="1.0", in_force_from=date(2021, 7, 7)),
        "# 人材\n外部人材をCIO補佐官として任用するときは要綱で服務を定める。",
        "# 期限\n標準化の目標時期は令和6年度である。",
    )
    desk.put(
        edition("manual", label="2.0", in_force_from=date(2022, 4, 1)),
        "# 人材\n外部人材をCIO補佐官として任用するときは要綱で服務を定める。",
        "# 期限\n標準化の目標時期は令和7年度である。",
    )
    desk.put(
        edition("cases", label="1.0", kind=Kind.CASE),
        "# 事例\n山形県酒田市はワークショップを開いた。\n# 事例\n北海道北見市は書かない窓口を設けた。",
    )
    desk.put(edition("english", label="1.0", language="en"), "# Staff\nTrain the staff well.")
    desk.refresh()
    return desk


@pytest.fixture
def generation(desk: Desk) -> Generation:
    """The corpus as it is searched."""
    return desk.shelf()()


def _found(generation: Generation, question: str, **bounds: object) -> list[str]:
    filters = Filters(**bounds)  # type: ignore[arg-type]
    return [
        f"{p.chunk.edition.key} p.{p.pages[0]}"
        for p in generation.retrieve(question, k=3, filters=filters)
    ]


def test_the_passage_that_says_it_comes_first(generation: Generation) -> None:
    """Of all pages, the one about the subject."""
    assert "manual@2.0 p.1" == _found(generation, "補佐官の服務はどこで定める？")[0]


def test_only_editions_in_force_are_found(generation: Generation) -> None:
    """The superseded edition says almost the same, and stays out."""
    assert not [name for name in _found(generation, "標準化の目標時期") if "@1.0 p.2" in name]


def test_as_of_a_day_the_edition_then_in_force_is_found(generation: Generation) -> None:
    """What applied in 2021 is answered from the edition of 2021."""
    assert "manual@1.0 p.2" == _found(generation, "標準化の目標時期", as_of=date(2021, 12, 1))[0]


def test_an_edition_comes_into_force_while_the_index_is_open(desk: Desk) -> None:
    """What was searched on the day before does not stay."""
    folder = folder_of(desk.home, "g000001")
    days = [date(2022, 3, 31)]
    generation = Generation(folder, Fitted.load(folder / "embedder"), lambda: days[-1])

    before = _found(generation, "標準化の目標時期")[0]
    days.append(date(2022, 4, 1))

    assert ("manual@1.0 p.2", "manual@2.0 p.2") == (
        before,
        _found(generation, "標準化の目標時期")[0],
    )


def test_a_named_edition_is_found_whether_or_not_in_force(generation: Generation) -> None:
    """Naming a label searches it."""
    found = _found(generation, "標準化の目標時期", editions=("1.0",), documents=("manual",))

    assert "manual@1.0 p.2" == found[0]


@pytest.mark.parametrize(
    "expected, bounds",
    [
        ({"cases"}, {"kinds": (Kind.CASE,)}),
        ({"english"}, {"language": "en"}),
        ({"manual"}, {"documents": ("manual",)}),
        ({"cases"}, {"municipality": "酒田市"}),
        (set(), {"municipality": "那覇市"}),
    ],
)
def test_filters(expected: set[str], bounds: dict[str, object], generation: Generation) -> None:
    """Each filter leaves only what it names."""
    found = _found(generation, "酒田市のワークショップ staff 標準化", **bounds)

    assert expected == {name.split("@")[0] for name in found}


def test_an_english_question_finds_the_japanese_page(generation: Generation) -> None:
    """Through the glossary; no English word stands on that page."""
    assert "manual@2.0 p.1" == _found(generation, "How do we hire CIO aides?", language="ja")[0]


def test_a_question_of_nothing_but_question_words_finds_nothing(generation: Generation) -> None:
    """何ですか says nothing to look for."""
    assert [] == _found(generation, "それは何ですか")


def test_a_list_for_people_names_each_page_once(generation: Generation) -> None:
    """Two chunks of one page make one entry."""
    found = by_page(generation, "酒田市 北見市 事例", k=5, filters=Filters())
    pages = [(p.chunk.edition.key, p.pages) for p in found]

    assert len(set(pages)) == len(pages)
    assert ("cases@1.0", (1,)) in pages


def test_words_in_the_questions_order_weigh_more_than_the_words_alone(tmp_path: Path) -> None:
    """Both pages have the same words, the same pairs and the same length."""
    desk = Desk(tmp_path)
    desk.put(edition("a-other"), "# 届\n職員、休暇、申請、期限、窓口、様式。")
    desk.put(edition("b-meant"), "# 届\n期限、窓口、様式、職員、休暇、申請。")
    desk.put(edition("c-rest"), "# 清掃\n庁舎の清掃は毎日行う。")
    desk.refresh()

    found = desk.shelf()().retrieve("様式・職員・休暇", k=2, filters=Filters())

    assert ["b-meant", "a-other"] == [p.chunk.edition.document.id for p in found]
    assert found[1].legs["words"] == found[0].legs["words"]
    assert found[1].legs["phrases"] < found[0].legs["phrases"]


def test_what_was_said_weighs_more_than_a_synonym() -> None:
    """The asker's own word keeps its full weight; the manuals' word is only a hint."""
    query = read_query("人を雇う", Glossary([Term("任用", ("雇う",))]))

    assert 1.0 == query.words["雇う"]
    assert 0 < query.words["任用"] < 1.0


def test_a_translation_weighs_as_much_as_what_was_said() -> None:
    """For an English question the Japanese word is what there is to find."""
    query = read_query("hire", Glossary([Term("任用", ("雇う",), ("hire",))]))

    assert 1.0 == query.words["任用"]


def test_a_translation_brings_its_phrases_and_a_synonym_none() -> None:
    """What was said in Japanese has phrases of its own, those of a synonym stand elsewhere."""
    term = Term("服務規律", ("勤務規則",), ("service rules",))

    english = read_query("service rules", Glossary([term]))
    japanese = read_query("勤務規則", Glossary([term]))

    assert {"servic rule": 1.0, "服務 規律": 1.0, "勤務 規則": 0.4} == english.phrases
    assert {"勤務 規則": 1.0} == japanese.phrases


def _reranked(desk: Desk, reranker: object) -> Generation:
    folder = folder_of(desk.home, "g000001")
    embedder = Fitted.load(folder / "embedder")
    return Generation(folder, embedder, lambda: TODAY, reranker=reranker)  # type: ignore[arg-type]


def test_a_reranker_puts_the_best_passages_in_order(desk: Desk, generation: Generation) -> None:
    """The same passages in the order of its scores; the scores given go down as before."""
    question = "事例と人材と期限"
    before = generation.retrieve(question, k=9, filters=Filters())
    reranker = Shortest()

    after = _reranked(desk, reranker).retrieve(question, k=9, filters=Filters())

    assert [(question, len(before))] == reranker.asked
    assert sorted(p.chunk.id for p in before) == sorted(p.chunk.id for p in after)
    lengths = [len(f"{p.chunk.context}\n{p.chunk.text}".strip()) for p in after]
    assert 3 <= len(lengths)
    assert sorted(lengths) == lengths
    assert [p.score for p in before] == [p.score for p in after]
    assert [-float(length) for length in lengths] == [p.legs["reranker"] for p in after]


def test_a_real_reranker_is_part_of_filters_and_pages(desk: Desk, tmp_path: Path) -> None:
    """With a cross-encoder the rest works as without, and the recipe names it."""
    from index.search.models import CrossEncoderReranker

    reranker = CrossEncoderReranker(str(tiny_models.reranker(tmp_path)))
    generation = _reranked(desk, reranker)

    found = by_page(generation, "酒田市と北見市の事例", k=5, filters=Filters(documents=("cases",)))

    assert {"cases@1.0"} == {p.chunk.edition.key for p in found}
    assert {"dense", "words", "reranker"} <= set(found[0].legs)
    assert reranker.name == generation.recipe["reranker"]


def test_a_reranker_looks_at_the_best_only() -> None:
    """What comes after the first fifty keeps its place behind them."""
    texts = {
        edition(f"d{at:02d}"): edition_text(f"年次休暇{'は' * at}") for at in range(RERANKED + 5)
    }

    class InOrder(FakeLibrary):
        def retrieve(self, question: str, *, k: int, filters: Filters) -> list[Passage]:
            chunks = [self.chunks(held)[0] for held in texts]
            return [Passage(chunk, (1,), -float(at)) for at, chunk in enumerate(chunks)][:k]

    class Longest(Shortest):
        def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
            return -super().scores(question, texts)

    inner = InOrder(texts)
    found = Reranked(inner, Longest()).retrieve("年次休暇", k=RERANKED + 5, filters=Filters())
    few = Reranked(inner, Longest()).retrieve("年次休暇", k=3, filters=Filters())

    names = [p.chunk.edition.document.id for p in found]
    assert ["d49", "d48", "d47"] == names[:3] == [p.chunk.edition.document.id for p in few]
    assert ["d50", "d51", "d52", "d53", "d54"] == names[RERANKED:]


def test_a_document_is_as_good_as_its_five_best_passages() -> None:
    """Worked out by hand: three documents, of which one has more than five and one has fewer."""
    scores = np.array([9.0, 1, 5, 3, 7, 0, 2, -2, 6, 4])

    found = _of_document(scores, np.array([0, 6, 8]), np.array([6, 2, 2]))

    assert [
        pytest.approx((9 + 7 + 5 + 3 + 1) / 5),
        pytest.approx((2 - 2 - 2 - 2 - 2) / 5),
        pytest.approx((6 + 4 - 2 - 2 - 2) / 5),
    ] == found.tolist()


def test_of_two_equal_passages_that_of_the_richer_document_comes_first(tmp_path: Path) -> None:
    """The page is the same; what stands around it says which document is about the subject."""
    desk = Desk(tmp_path)
    page = "# 期限\n申請の期限は三月末とする。"
    desk.put(edition("a-other"), page, "# 清掃\n庁舎の清掃は毎日行う。")
    desk.put(edition("b-about"), page, "# 申請\n申請は窓口で受け付け、期限の後は受け付けない。")
    desk.refresh()

    found = desk.shelf()().retrieve("申請の期限はいつですか", k=4, filters=Filters())

    assert found[0].legs["words"] == found[1].legs["words"]
    assert ["b-about", "a-other"] == [p.chunk.edition.document.id for p in found[:2]]
    assert found[0].legs["document"] > found[1].legs["document"]


class Crowd:
    """A leg that notes how many searches are inside at once; at the second one nobody waits."""

    by_page = False

    def __init__(self) -> None:
        self.most = 0
        self._inside = 0
        self._second = Event()

    def scores(self, query: Query) -> NDArray[np.float32]:
        self._inside += 1
        self.most = max(self.most, self._inside)
        if self._inside > 1:
            self._second.set()
        self._second.wait(0.2)
        self._inside -= 1
        return np.ones(1, dtype=np.float32)


class Asked:
    """An embedder that may take its time, for which nothing is like anything."""

    name = "asked"

    def __init__(self, *, waits: bool) -> None:
        self.waits = waits

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.zeros((len(texts), 1), dtype=np.float32)

    def embed_question(self, text: str, *names: str) -> NDArray[np.float32]:
        return np.zeros(1, dtype=np.float32)


@pytest.mark.parametrize("waits, most", [(True, 2), (False, 1)], ids=["model", "none"])
def test_searches_take_turns_unless_they_wait_for_a_model(waits: bool, most: int) -> None:  # noqa: FBT001 - a case
    """Computing side by side only costs; waiting side by side does not."""
    held = edition("manual")
    leg = Crowd()
    chunks = in_memory([Part(Chunk(held, (), "年次休暇", 0, 4), (1,))])
    dense = DenseLeg(Asked(waits=waits), StoredVectors([], chunks.starts, lambda _: None))
    hybrid = Hybrid(
        chunks, {"crowd": leg}, dense, {"crowd": 1.0, "dense": 0.2, DOCUMENT: 0.0}, Glossary(),
        [held], lambda: TODAY, Municipalities(chunks, bm25([[]]), Glossary()),
    )  # fmt: skip

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda q: hybrid.retrieve(q, k=1, filters=Filters()), ["休暇"] * 2))

    assert [1, 1] == [len(passages) for passages in found]
    assert most == leg.most


def _exhaustively(
    legs: dict[str, NDArray[np.float32]],
    of_pages: Collection[str],
    cosines: NDArray[np.float64],
    chunks: StoredChunks,
    admitted: NDArray[np.int64],
    weights: Mapping[str, float],
) -> NDArray[np.float64]:
    """Return the sum of every admitted chunk, each leg worked out for all of them."""

    def standard(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        spread = scores.std()
        return (scores - scores.mean()) / spread if spread > 1e-9 else np.zeros(len(scores))

    total = np.zeros(len(admitted))
    for name, scores in legs.items():
        own = scores[chunks.page_at] if name in of_pages else scores
        total += weights[name] * standard(own[admitted].astype(np.float64))
    evidence = np.zeros(len(admitted))
    for at in np.unique(chunks.edition_at[admitted]):
        of = chunks.edition_at[admitted] == at
        best = sorted(set(total[of].tolist()), reverse=True)[:5]
        evidence[of] = np.mean([*best, *[total.min()] * (5 - len(best))])
    total += weights[DOCUMENT] * standard(evidence)
    return total + weights["dense"] * standard(cosines[admitted])


@pytest.mark.parametrize("seed", range(40))
def test_the_best_are_those_that_every_score_of_every_chunk_gives(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is left out of a search changes nothing: neither who is best nor by how much."""
    monkeypatch.setattr("index.search.hybrid._FEWEST", 3)
    chance = np.random.default_rng(seed)
    sizes = chance.integers(1, 40, chance.integers(1, 12)).tolist()
    parts = [
        Part(Chunk(edition(f"d{at:02}"), (), f"{at}/{row}", row, row + 1), (1 + row // 3,))
        for at, size in enumerate(sizes)
        for row in range(size)
    ]
    chunks = in_memory(parts)
    pages = int(chunks.page_at.max()) + 1
    legs = {
        name: (chance.random(rows) * (chance.random(rows) < share)).round(2).astype(np.float32)
        for name, rows, share in (("a", len(parts), 0.3), ("b", len(parts), 1), ("c", pages, 0.5))
    }
    vectors = chance.normal(size=(len(parts), 5))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    for at, first in enumerate(chunks.starts[:-1]):
        np.save(tmp_path / f"{at}.npy", vectors[first : chunks.starts[at + 1]])
    paths = [tmp_path / f"{at}.npy" for at in range(len(sizes))]
    dense = DenseLeg(Asked(waits=False), StoredVectors(paths, chunks.starts, lambda _: None))
    admitted = np.flatnonzero(chance.random(len(parts)) < chance.choice([0.5, 1.0]))
    admitted = admitted if len(admitted) else np.arange(len(parts))
    weights = {"a": 1.0, "b": 0.5, "c": 0.7, "dense": chance.choice([0.2, 3.0]), DOCUMENT: 0.5}
    expected = _exhaustively(
        legs, {"c"}, vectors.astype(np.float64) @ vectors[0], chunks, admitted, weights
    )

    scope = Scope(chunks, admitted)
    own = {name: s if name == "c" else s[admitted] for name, s in legs.items()}
    best = Sounding(scope, own, frozenset({"c"}), dense, vectors[0]).best(weights, 10)

    np.testing.assert_allclose(np.sort(expected)[::-1][:10], best.sums, atol=1e-4)
    where = np.searchsorted(admitted, best.chunks)
    np.testing.assert_allclose(expected[where], best.sums, atol=1e-4)


def test_the_highest_come_first_and_ties_keep_their_order() -> None:
    """Also where the last place is a tie."""
    scores = np.array([1.0, 3, 2, 3, 2, 2])

    assert [1, 3, 2] == _highest(scores, 3).tolist()
    assert [1, 3, 2, 4, 5, 0] == _highest(scores, 6).tolist() == _highest(scores, 9).tolist()


def test_standard_scores_have_mean_0_and_the_weight_as_deviation() -> None:
    """Worked out by hand; what is the same for all says nothing."""
    assert (2.0, 2.0) == _standard(np.array([1.0, 3.0]), None, 2.0)
    assert (2.5, 2.0 / 0.75**0.5) == _standard(np.array([1.0, 3.0]), np.array([1, 3]), 2.0)
    assert (3.0, 0.0) == _standard(np.array([3.0, 3.0]), None, 2.0)
