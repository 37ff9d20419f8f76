"""From a superseded edition to the one that counts: on every skin the reader sees both places."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from fastapi.testclient import TestClient

from bot.answering.editions import AcrossEditions
from bot.answering.extractive import Extractive
from bot.answers import Answer, Certainty, Citation
from bot.asking.question import read
from bot.slack.blocks import citation_line
from bot.writing.generative import Generative
from index.revisions.following import Followed, State
from tests.fakes import FakeLibrary, ScriptedModel, edition, edition_text
from tests.served import app_of

OLD = edition("leave", label="第1.0版", title="休暇の手引き", in_force_from=date(2021, 4, 1))
NEW = edition("leave", label="第2.0版", title="休暇の手引き", in_force_from=date(2023, 4, 1))
BEFORE = edition_text(
    "# 繰越し\n年次休暇の繰越しは二十日までとする。", "# 診断書\n診断書は総務課に出す。"
)
AFTER = edition_text(
    "この版では章を改めた。", "# 診断書\n診断書は総務課に出す。",
    "# 繰越し\n年次休暇の繰越しは四十日までとする。", labels=["", "1", "2"],
)  # fmt: skip
LIBRARY = FakeLibrary({OLD: BEFORE, NEW: AFTER})
TODAY = date(2026, 4, 1)


def plain(library: FakeLibrary = LIBRARY) -> Extractive:
    """Return the answerer inside."""
    return Extractive(lambda: library, today=lambda: TODAY)


def across(library: FakeLibrary = LIBRARY) -> AcrossEditions:
    """Return the answerer that knows of editions."""
    return AcrossEditions(plain(library), lambda: library, today=lambda: TODAY)


def cited(question: str, library: FakeLibrary = LIBRARY) -> Citation:
    """Return the first citation of the answer."""
    return across(library).answer(read(question)).citations[0]


def test_a_changed_sentence_points_to_what_it_says_now() -> None:
    """Twenty days then; forty now, on the page that is numbered 2."""
    citation = cited("令和4年3月時点で年次休暇の繰越しは何日までか")

    assert (OLD, True, True) == (citation.edition, citation.in_force, citation.superseded)
    assert citation.now is not None
    assert (State.CHANGED, NEW, 3, "2") == (
        citation.now.state, citation.now.edition, citation.now.page, citation.now.label,
    )  # fmt: skip
    assert "年次休暇の繰越しは四十日までとする。" == citation.now.text
    assert AFTER.text[citation.now.start : citation.now.end] == citation.now.text


def test_an_edition_named_in_the_question_points_to_the_present_page() -> None:
    """It says the same, on another page."""
    citation = cited("第1.0版では診断書はどこに出すか")

    assert (False, True) == (citation.in_force, citation.superseded)
    assert citation.now is not None
    assert (State.MOVED, 2) == (citation.now.state, citation.now.page)


def test_what_is_in_force_points_nowhere() -> None:
    """There is nothing newer."""
    citation = cited("年次休暇の繰越しは何日までか")

    assert (NEW, False, None) == (citation.edition, citation.superseded, citation.now)


def test_an_edition_to_come_has_no_later_place() -> None:
    """Asked about next year, its own text is what will count."""
    coming = replace(NEW, in_force_from=date(2027, 4, 1))
    library = FakeLibrary({OLD: BEFORE, coming: AFTER})

    citation = cited("2027年5月時点で年次休暇の繰越しは何日までか", library)

    assert (coming, None) == (citation.edition, citation.now)


def test_what_an_old_edition_says_of_another_town_is_no_answer() -> None:
    """The town that was asked about is named as missing, and what is shown points to today."""
    answer = across().answer(read("第1.0版で神戸市の年次休暇の繰越しは何日までか"))

    shown = answer.citations or (answer.declined.nearest if answer.declined else ())
    assert answer.certainty is not Certainty.ANSWERED
    assert ["神戸市"] == [one.text for one in answer.missing]
    assert [State.CHANGED] == [one.now.state for one in shown if one.now]


@pytest.mark.parametrize("written", [True, False], ids=["by a model", "quoted"])
def test_a_stream_points_too(written: bool) -> None:  # noqa: FBT001
    """The citation that comes before its sentence, and the answer at the end."""
    model = ScriptedModel(["年次休暇の繰越しは二十日までです[1]。"])
    inner = Generative(lambda: LIBRARY, model, plain()) if written else plain()
    answerer = AcrossEditions(inner, lambda: LIBRARY, today=lambda: TODAY)

    events = list(answerer.stream(read("令和4年3月時点で年次休暇の繰越しは何日までか")))

    answer = events[-1]
    assert isinstance(answer, Answer)
    assert ("generative" if written else "extractive") == answer.mode
    told = [event.now for event in events if isinstance(event, Citation)]
    assert [State.CHANGED] == [now.state for now in told if now]
    assert told == [one.now for one in answer.citations]


def test_the_present_place_goes_over_the_wire() -> None:
    """Programs get the state, the page and addresses that work."""
    client = TestClient(app_of(LIBRARY, answerer=across()))

    told = client.post(
        "/v1/answers", json={"question": "令和4年3月時点で年次休暇の繰越しは何日までか"}
    ).json()

    now = told["citations"][0]["now"]
    assert ("changed", "leave", "第2.0版", 3, "2") == (
        now["state"], now["document"], now["edition"], now["page"], now["page_label"],
    )  # fmt: skip
    assert (
        now["quote"]
        == client.get(now["page_url"]).json()["text"][
            now["start"] - AFTER.starts[2] : now["end"] - AFTER.starts[2]
        ]
    )
    assert now["view_url"].startswith("/view?document=leave&edition=")
    today = client.post("/v1/answers", json={"question": "年次休暇の繰越しは何日までか"}).json()
    assert [None] == [one["now"] for one in today["citations"]]


@pytest.mark.parametrize(
    "now, language, said",
    [
        (
            Followed(State.CHANGED, NEW, "四十日", 3, "2", 5, 9), "ja",
            (" `旧版` 繰越し → [現行第2.0版 p.2（変更あり）]"
             "(https://t.example/view?document=leave&edition=%E7%AC%AC2.0%E7%89%88"
             "&page=3&start=5&end=9)"),
        ),
        (Followed(State.GONE, NEW), "ja", " `旧版` 繰越し → 現行第2.0版にはありません"),
        (Followed(State.GONE), "en", " `superseded` 繰越し → no edition is in force now"),
    ],
    ids=["changed", "gone", "withdrawn"],
)  # fmt: skip
def test_slack_shows_the_present_place_beside_the_badge(
    now: Followed, language: str, said: str
) -> None:
    """A link where there is a page to go to."""
    citation = replace(cited("令和4年3月時点で年次休暇の繰越しは何日までか"), now=now)

    assert citation_line(citation, language, "https://t.example").endswith(said)
