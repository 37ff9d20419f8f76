"""Reports: the same run as Markdown, as a page with plots, and as JUnit."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from evals import figures, plots, report, webpage
from evals.comparison import compare
from evals.gate import Limits, decide
from evals.questions import Place
from evals.runs import Result, Run


def result(
    name: str,
    scores: dict[str, float],
    *,
    language: str = "ja",
    answerable: bool = True,
    ranks: tuple[int, ...] = (),
    took_ms: float = 10.0,
    text: str = "",
) -> Result:
    """Return a result."""
    return Result(
        id=name,
        question=f"<{name}> & か",
        language=language,
        kind="table",
        tags=("official", language),
        answerable=answerable,
        expected=("leave@1 p.3",) if answerable else (),
        places=(Place("leave", "1", "leave.pdf", 9),),
        ranks=ranks,
        took_ms=took_ms,
        scores=scores,
        text=text,
    )


RUN = Run(
    what="retrieval",
    set="small",
    set_sha256="abcdef0123456789",
    generation="g000001",
    recipe={"embedder": "fitted"},
    prompt="",
    mode="",
    started="2026-04-01T00:00:00+00:00",
    askers=8,
    memory_mb=123.4,
    measures=("Success@1", "Success@5", "RR@10"),
    results=(
        result("a", {"Success@1": 1, "Success@5": 1, "RR@10": 1}, ranks=(1,)),
        result("b", {"Success@1": 0, "Success@5": 1, "RR@10": 0.5}, ranks=(2, 5)),
        result("c", {"Success@1": 0, "Success@5": 0, "RR@10": 0}, language="en"),
        result("n", {}, answerable=False, took_ms=50.0),
    ),
)


def test_figures_are_means_over_the_judged_questions() -> None:
    """Of three judged questions one is right at 1 and two at 5; the unanswerable one is not."""
    found = {held.measure: (round(held.mean, 3), held.count) for held in figures.figures(RUN)}

    assert {"Success@1": (0.333, 3), "Success@5": (0.667, 3), "RR@10": (0.5, 3)} == found


def test_groups_leave_out_what_all_share() -> None:
    """All are tables, so kind is no group; languages and tags are."""
    found = [(group.by, group.value, group.count) for group in figures.groups(RUN)]

    assert [
        ("language", "en", 1),
        ("language", "ja", 3),
        ("tag", "en", 1),
        ("tag", "ja", 3),
        ("tag", "official", 4),
    ] == found


def test_success_by_rank_counts_the_first_judged_page() -> None:
    """One of three is found at 1, two at 2, and no more below."""
    assert pytest.approx((1 / 3, 2 / 3, 2 / 3)) == figures.success_by_rank(RUN, deepest=3)


def test_times_are_percentiles() -> None:
    """Three take 10 ms and one takes 50."""
    took = figures.times(RUN)

    assert (10.0, 50.0) == (took.median_ms, took.longest_ms)
    assert 38.0 == pytest.approx(took.p90_ms)  # a 0.7 of the way from the third to the fourth


def test_random_halves_average_to_the_whole() -> None:
    """With one judged question on one side and two on the other, the mean of all comes back."""
    for cut in figures.random_halves(RUN, "RR@10", times=3):
        assert 1.5 == pytest.approx(cut.tuning + 2 * cut.testing)


def test_the_markdown_tells_figures_groups_and_misses() -> None:
    """A person can read what was measured, on what, and which questions failed."""
    said = report.markdown(RUN)

    assert said.startswith("# Retrieval on small\n")
    assert "generation g000001 (embedder fitted)" in said
    assert "| Success@5 | 0.667 |" in said
    assert "| en | 1 | 0.000 | 0.000 | 0.000 |" in said
    assert "8 concurrent askers" in said
    assert "## Misses (1 of 4)" in said
    assert "`c` <c> & か — expected leave@1 p.3 (not found); got leave@1 p.9" in said


def test_unjudged_questions_are_owned_up_to() -> None:
    """An answerable question without a judged page is counted aloud."""
    bare = replace(RUN.results[0], expected=(), scores={})

    assert "1 answerable question has no judged page" in report.markdown(
        replace(RUN, results=(bare,))
    )


def test_a_run_without_questions_can_be_printed() -> None:
    """Nothing measured is said, not a crash."""
    empty = replace(RUN, results=())

    assert "None." in report.markdown(empty)
    assert "None." in webpage.page(empty)


class Outline(HTMLParser):
    """Notes the tags that are open, what they load, and complains when they do not nest."""

    VOID = frozenset({"meta", "br", "!doctype"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.loads += [str(value) for name, value in attrs if name in {"src", "href"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()


def outline(page: str) -> Outline:
    """Return a page's outline, all of whose tags nest."""
    parsed = Outline()
    parsed.feed(page)
    parsed.close()
    assert [] == parsed.open
    return parsed


def test_the_page_is_whole_and_loads_nothing() -> None:
    """The page nests, brings its own style, has plots, and refers to nothing outside."""
    parsed = outline(webpage.page(RUN))

    assert [] == parsed.loads
    assert "script" not in parsed.seen
    assert 1 == parsed.seen.count("style")
    # figures, ranks, two groups, times
    assert 5 == parsed.seen.count("svg")


def test_the_page_escapes_what_people_wrote() -> None:
    """A question with angle brackets is text, never markup."""
    page = webpage.page(RUN)

    assert "&lt;a&gt; &amp; か" in page
    assert "<a>" not in page


def test_the_page_of_answers_shows_what_was_said() -> None:
    """An answer's words are there to be unfolded."""
    answers = replace(
        RUN,
        what="answers",
        measures=("CitedPage@3",),
        results=(result("a", {"CitedPage@3": 0.0}, text="「20日です」[1]"),),
    )

    page = webpage.page(answers)

    outline(page)
    assert "「20日です」[1]" in page
    assert "CitedPage@3 0" in page


ANY_FALL = Limits(chance=1.0)
"""One question lost of three is a fall, whatever chance says."""

AFTER = replace(
    RUN,
    generation="g000002",
    results=(
        RUN.results[0],
        replace(RUN.results[1], scores={"Success@1": 1, "Success@5": 1, "RR@10": 1}),
        *RUN.results[2:],
    ),
)


def test_a_comparison_names_the_questions_that_changed() -> None:
    """Question b rose from the second to the first rank."""
    said = report.comparison_markdown(compare(RUN, AFTER))

    assert "| Success@1 | 3 | 0.333 | 0.667 | +0.333 |" in said
    assert "- better: b Success@1 0 → 1: <b> & か" in said
    assert "worse" not in said


def test_a_comparison_as_json_and_as_a_page() -> None:
    """Programs read ids of wins and losses, people see the gains with their intervals."""
    held = compare(RUN, AFTER)

    rows = {row["measure"]: row for row in json.loads(report.comparison_json(held))["differences"]}
    parsed = outline(webpage.comparison_page(held))

    assert (["b"], []) == (rows["Success@1"]["wins"], rows["Success@1"]["losses"])
    assert 1 / 3 == pytest.approx(rows["Success@1"]["gain"])
    assert 1 == parsed.seen.count("svg")


def test_a_comparison_of_different_sets_warns() -> None:
    """The reader learns that files differ and which questions were left out."""
    held = compare(RUN, replace(AFTER, set_sha256="other", results=AFTER.results[1:]))

    said = report.comparison_markdown(held)

    assert "did not read the same question file" in said
    assert "1 question is in one run only and was left out: a." in said


def test_junit_has_a_case_for_each_question() -> None:
    """Without a verdict a miss is a failure."""
    suites = ET.fromstring(report.junit(RUN))  # noqa: S314 - written by us a line ago

    [suite] = suites
    assert ("4", "1") == (suite.get("tests"), suite.get("failures"))
    [failed] = [case for case in suite if case.find("failure") is not None]
    assert "c <c> & か" == failed.get("name")


def test_junit_with_a_verdict_fails_what_was_lost() -> None:
    """With a verdict, an old miss passes; the gate and the lost question fail."""
    suites = ET.fromstring(report.junit(RUN, decide(AFTER, RUN, limits=ANY_FALL)))  # noqa: S314 - as above

    gate, questions = suites
    assert ("1", "1") == (gate.get("tests"), gate.get("failures"))
    assert ["b <b> & か"] == [
        case.get("name") for case in questions if case.find("failure") is not None
    ]


def test_a_verdict_in_words() -> None:
    """The gate says no, why, and which questions; or yes."""
    refused = report.verdict_markdown(decide(AFTER, RUN, limits=ANY_FALL))

    assert refused.startswith("The candidate may not go live.\n- Success@1 falls from 0.667")
    assert "  - b Success@1 1 → 0: <b> & か" in refused
    assert "The candidate may go live.\n" == report.verdict_markdown(decide(RUN, RUN))


def test_plots_place_marks_on_their_scale() -> None:
    """The middle of the scale is half way between its ends, and every dot has a number."""
    drawn = plots.dots(
        "t", [plots.Mark(label, at, at, at) for label, at in (("l", 0.0), ("m", 0.5), ("r", 1.0))]
    )

    left, middle, right = (
        float(x) for x in re.findall(r'<circle class="dot" cx="([\d.]+)"', drawn)
    )
    grid = [float(x) for x in re.findall(r'<line class="grid" x1="([\d.]+)"', drawn)]
    assert (min(grid), max(grid)) == (left, right)
    assert (left + right) / 2 == pytest.approx(middle)
    assert 3 == len(re.findall('class="number"', drawn))


def test_gains_are_coloured_when_zero_is_out_of_reach() -> None:
    """A gain, a loss, and one that could be nothing."""
    marks = [
        plots.Mark("up", 0.1, 0.05, 0.2),
        plots.Mark("down", -0.1, -0.2, -0.05),
        plots.Mark("same", 0.01, -0.1, 0.1),
    ]

    assert ["gain", "loss", "open"] == re.findall(
        r'circle class="dot (\w+)"', plots.gains("t", marks)
    )


def test_histogram_counts_every_value() -> None:
    """Ten equal values and one ten times as large are in bars; nothing at all draws nothing."""
    drawn = plots.histogram("t", [1.0] * 10 + [10.0], lines=[(1.0, "median")])

    assert ["10", "1"] == re.findall(r"<title>(\d+) between", drawn)
    assert "" == plots.histogram("t", [], lines=[])
