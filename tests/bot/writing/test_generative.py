"""Answers in a model's words: what is kept, what replaces them, and what a model is never told."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.answering.extractive import Extractive
from bot.answers import Answer, Citation, Delta, Turn
from bot.asking.question import language_of, read
from bot.errors import ModelFailed
from bot.guard import Contacts, Guard, Policy
from bot.ledger.database import Database
from bot.ledger.tokens import Tokens
from bot.writing.generative import Generative
from bot.writing.model import (
    LONGEST_DEADLINE_S,
    Configured,
    LanguageModel,
    ServedModel,
    fence_of,
    prompt_hash,
)
from ingest.pages import EditionText
from tests.fakes import FakeLibrary, ModelServer, Reply, ScriptedModel, edition, edition_text

TEXT = edition_text(
    "# 任用\n"
    "町は、外部の専門家を特別職として任用することができる。この場合、一般の服務規定は適用されない。\n"
    "# 補助金\n"
    "移行の補助金は令和2年度の予算に計上された。申請は全部で31手続ある。",
    "# 問い合わせ\n移行については、推進室（電話03-1234-5678）に問い合わせる。",
)
HELD = edition(title="手引き", in_force_from=date(2021, 7, 7))
ASKED = "移行の補助金はいつの予算ですか"
GOOD = "移行の補助金は令和2年度の予算に計上された[1]。申請は全部で31手続ある[2]。"
POINTS = (
    '{"points": [{"sentences": [1], "wording": "移行の補助金は令和2年度の予算に計上されました。"},'
    ' {"sentences": [2], "wording": "申請は31手続あります。"}]}'
)
BUSY = ModelFailed("m", "the server is busy", "busy")


def library() -> FakeLibrary:
    """Return a library of one document."""
    return FakeLibrary({HELD: TEXT})


def generative(
    model: LanguageModel,
    held: FakeLibrary | None = None,
    policy: Policy = Policy.MASK,
    clock: Callable[[], float] = time.monotonic,
) -> Generative:
    """Return the answerer over a small library, without pauses between attempts."""
    shelf = held or library()
    fallback = Extractive(lambda: shelf, today=lambda: date(2026, 4, 1))
    guard = Guard(model=policy, contacts=Contacts(lambda: shelf))
    return Generative(
        lambda: shelf, model, fallback, guard=guard, pause=lambda _: None, clock=clock
    )


def ask(
    *replies: str | ModelFailed | tuple[str, ModelFailed], text: str = ASKED
) -> tuple[Answer, ScriptedModel]:
    """Ask with a scripted model."""
    model = ScriptedModel(replies)
    return generative(model).answer(read(text)), model


def test_supported_reply_is_the_answer() -> None:
    """The model's wording is shown, and under it the sentence that it rests on, word for word."""
    answer, _ = ask(GOOD)

    assert "generative" == answer.mode
    assert answer.text.startswith(
        "- 移行の補助金は令和2年度の予算に計上された。[1]\n"
        "  根拠：「移行の補助金は令和2年度の予算に計上された。」（手引き、1.0、p.1）[1]\n"
    )
    assert [1, 2] == [one.marker for one in answer.citations]
    assert "移行の補助金は令和2年度の予算に計上された。" == answer.citations[0].quote
    assert "scripted" == answer.recipe["model"]
    assert prompt_hash("answer.ja") == answer.prompt


def test_points_in_json_are_the_answer() -> None:
    """A reply that keeps to the schema is read point by point."""
    answer, model = ask(POINTS)

    assert "generative" == answer.mode
    assert "- 移行の補助金は令和2年度の予算に計上されました。[1]\n  根拠：「" in answer.text
    assert "- 申請は31手続あります。[2]\n  根拠：「申請は全部で31手続ある。」" in answer.text
    assert "points" in model.schemas[0]["properties"]


def test_failing_point_falls_back_to_its_quotation() -> None:
    """What the sentence says stands in place of what the model made of it, and is counted."""
    answer, _ = ask(GOOD + "申請は全部で32手続ある[2]。")

    assert "generative" == answer.mode
    assert "32手続" not in answer.text
    assert any("1件" in notice for notice in answer.notices)


def test_sentence_without_its_number_is_matched_to_its_source() -> None:
    """A correct sentence is not dropped for a forgotten marker."""
    answer, _ = ask("移行の補助金は令和2年度の予算に計上された。")

    assert "generative" == answer.mode
    assert ["移行の補助金は令和2年度の予算に計上された。"] == [
        one.quote for one in answer.citations
    ]


def test_fewer_than_half_of_the_points_are_no_answer() -> None:
    """When most of what a model said does not stand, quotations answer."""
    answer, _ = ask(
        GOOD + "補助率は二分の一である[1]。上限は100万円である[1]。期限は来年である[1]。"
    )

    assert "extractive" == answer.mode
    assert any("裏付けられなかった" in notice for notice in answer.notices)


def test_heading_of_a_model_is_not_shown() -> None:
    """What stands over an answer comes from us."""
    answer, _ = ask("# 重要なお知らせ\n" + GOOD)

    assert "重要" not in answer.text


@pytest.mark.parametrize(
    "reply",
    [
        "補助金は99億円である[1]。",
        "意味[1]",
        "補助金[1]\n予算[1]\n申請[2]",
        "詳しくは[ここ](https://evil.example)[1]。",
        "移行の補助金は令和2年度の予算に計上された[99]。",
        "ｑｗ えｒｔｙ zxcv ＠＠ 〒〒 ゐゑ[1]",
        "",
        "NO_ANSWER",
        "The migration subsidy was in the budget of fiscal 2020 [1].",
    ],
    ids=[
        "number",
        "word",
        "fragments",
        "link",
        "marker",
        "nonsense",
        "empty",
        "silent",
        "language",
    ],
)
def test_reply_without_support_gives_way_to_quotations(reply: str) -> None:
    """The asker gets the extractive answer and a line that says why."""
    answer, _ = ask(reply)

    assert "extractive" == answer.mode
    assert "「移行の補助金は令和2年度の予算に計上された。" in answer.text
    assert any("モデル" in notice for notice in answer.notices)
    assert "model" not in answer.recipe


def test_busy_model_is_asked_once_more() -> None:
    """One retry, then the answer as if nothing had happened."""
    answer, model = ask(BUSY, GOOD)

    assert "generative" == answer.mode
    assert 2 == len(model.sent)


def test_model_that_stays_busy_is_given_up() -> None:
    """Two attempts in all; the notice carries the reason."""
    answer, model = ask(BUSY)

    assert "extractive" == answer.mode
    assert 2 == len(model.sent)
    assert any("混み合っている" in notice for notice in answer.notices)


def test_one_question_has_one_deadline() -> None:
    """A model that spent the question's time is not asked again, whatever it failed for."""
    passing = iter((0.0, 1.0, LONGEST_DEADLINE_S + 1))
    model = ScriptedModel([BUSY, GOOD])

    answer = generative(model, clock=lambda: next(passing)).answer(read(ASKED))

    assert "extractive" == answer.mode
    assert 1 == len(model.sent)


def test_reply_that_goes_on_past_the_deadline_is_given_up() -> None:
    """Each piece is held to the question's time, so that quotations come before the server's end."""
    passing = itertools.chain((0.0, 1.0, 2.0), itertools.repeat(LONGEST_DEADLINE_S + 1))

    answer = generative(ScriptedModel([GOOD]), clock=lambda: next(passing)).answer(read(ASKED))

    assert "extractive" == answer.mode
    assert any("モデル" in notice for notice in answer.notices)


def test_reply_cut_off_after_a_told_sentence_ends_as_quotations() -> None:
    """What was told in the stream is replaced by the answer at its end."""
    model = ScriptedModel([(GOOD, ModelFailed("m", "the reply was cut off", "cut"))])

    *told, last = generative(model).stream(read(ASKED))

    assert isinstance(last, Answer)
    assert "extractive" == last.mode
    assert any(isinstance(one, Delta) and "令和2年度" in one.text for one in told)
    assert any("途中で切れた" in notice for notice in last.notices)


def test_stream_tells_only_what_stands() -> None:
    """No piece that fails the check is ever yielded; the pieces make the text of the answer."""
    model = ScriptedModel([GOOD + "上限は100万円である[1]。"])

    *told, last = generative(model).stream(read(ASKED))

    assert isinstance(last, Answer)
    text = "".join(one.text for one in told if isinstance(one, Delta))
    assert last.text == text.strip()
    assert "100万円" not in text
    assert list(last.citations) == [one for one in told if isinstance(one, Citation)]


def test_declined_question_never_reaches_the_model() -> None:
    """Where the documents hold nothing, a model would only guess."""
    answer, model = ask(GOOD, text="火星への移住の抽選の倍率の見通しは")

    assert answer.declined is not None
    assert [] == model.sent


def test_passages_are_numbered_and_fenced() -> None:
    """Each section stands between marks that occur in no passage, its sentences numbered."""
    _, model = ask(GOOD)

    system, user = model.sent[0]
    fence = user.text.split("\n")[1]
    assert fence in system.text
    assert fence not in TEXT.text
    assert user.text.startswith(f"手引き (1.0) 補助金\n{fence}\n[1] 移行の補助金は")
    assert user.text.endswith(f"質問: {ASKED}")


def test_fence_cannot_be_forged() -> None:
    """A passage that contains the mark of another question gets another mark."""
    first = fence_of("a")

    assert fence_of("a", first) != first


def test_personal_data_in_a_question_is_masked_before_the_model() -> None:
    """The model sees a mask, the asker a notice."""
    answer, model = ask(
        GOOD, text="090-1234-5678の田中太郎さんが移行の補助金はいつの予算ですかと聞く"
    )

    sent = "".join(one.text for one in model.sent[0])
    assert "090-1234-5678" not in sent
    assert "田中" not in sent
    assert any("電話番号" in notice for notice in answer.notices)


def test_published_number_is_no_secret() -> None:
    """A number that the documents give out goes to the model as it is."""
    _, model = ask(GOOD, text="移行の補助金の問い合わせは03-1234-5678ですか")

    assert "03-1234-5678ですか" in model.sent[0][1].text


def test_refusing_policy_keeps_the_question_in_the_house() -> None:
    """Under refuse the model is not asked; quotations answer."""
    model = ScriptedModel([GOOD])

    answer = generative(model, policy=Policy.REFUSE).answer(
        read("a@example.jp の移行の補助金はいつの予算ですか")
    )

    assert [] == model.sent
    assert "extractive" == answer.mode
    assert any("メールアドレス" in notice for notice in answer.notices)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=401),
        Reply(status=429),
        Reply(status=500),
        Reply("移行の補助金は", cut=True),
        Reply(wait_s=30, text="移行"),
        Reply(raw=b"data: {oops\n\n"),
        Reply('{"points": [{"sentences": [1], "wording": "移行の補助金は'),
        Reply('{"points": [{"sentences": "x", "wording": 7}, 9]}'),
        Reply(""),
        Reply("移行の補助金はよい。" * 500_000),
        Reply("あ" * 3_000_000),
        Reply('{"points": []}'),
        Reply("申し訳ありませんが、その質問にはお答えできません。"),
        Reply("La subvención figura en el presupuesto de 2020 [1]."),
        Reply("移行の補助金は令和9年度の予算に計上された[1]。"),
        Reply("「移行の補助金は令和9年度の予算に計上された」とある[1]。"),
        Reply("移行の補助金は令和2年度の予算に計上された[55]。"),
        Reply("The subsidy was in the budget of 2020 [1]."),
    ],
    ids=[
        "401", "429", "500", "cut", "slow", "garbage", "broken json", "other json", "nothing",
        "10 MB", "endless sentence", "no points", "refusal", "spanish", "number", "quote", "marker", "language",
    ],
)  # fmt: skip
def test_whatever_a_served_model_does_the_asker_gets_quotations(reply: Reply) -> None:
    """Over real HTTP: each failure ends in the extractive answer with a line that says so."""
    with ModelServer([reply]) as server:
        model = ServedModel(Configured("openai-like", "tiny", server.address, timeout_s=0.5))
        answer = generative(model).answer(read(ASKED))

    assert "extractive" == answer.mode
    assert any("モデル" in notice for notice in answer.notices)
    assert "令和9年度" not in answer.text


def test_model_that_only_says_that_it_is_there_gives_way_to_quotations() -> None:
    """Comments without a word end at the deadline, as quotations with a line that says so."""
    with ModelServer([Reply(cut=True, wait_s=0.1, pings=20)]) as server:
        model = ServedModel(Configured("openai-like", "tiny", server.address, deadline_s=0.3))
        answer = generative(model).answer(read(ASKED))

    assert "extractive" == answer.mode
    assert any("時間内に応答がない" in notice for notice in answer.notices)


def test_served_model_answers_over_http() -> None:
    """The whole path, streamed by a server on this machine."""
    with ModelServer([Reply(GOOD)]) as server:
        model = ServedModel(Configured("openai-like", "tiny", server.address))
        answer = generative(model).answer(read(ASKED))

    assert "generative" == answer.mode
    assert "openai-like/tiny" == answer.recipe["model"]


JST = timezone(timedelta(hours=9), "JST")
ENGLISH = edition_text(
    "# Subsidy\nThe subsidy for migration was in the budget of fiscal year 2020."
)
SAYS = "The subsidy for migration was in the budget of fiscal year 2020[1]."


@pytest.mark.parametrize(
    "asked, text, reply, told",
    [
        (ASKED, TEXT, GOOD, "利用枠は2026年4月2日0時（JST）に戻ります"),
        (
            "In which budget was the subsidy for migration?",
            ENGLISH,
            SAYS,
            "begins anew on 2 April 2026 at 0:00 (JST)",
        ),
    ],
    ids=["ja", "en"],
)
def test_spent_budget_is_told_and_quotations_answer(
    asked: str, text: EditionText, reply: str, told: str, tmp_path: Path
) -> None:
    """The day's tokens hold one reply; the second question is not sent, the next day's is."""
    clock = [datetime(2026, 4, 1, 17, 0, tzinfo=JST)]
    opened = Database(tmp_path / "ledger.sqlite")
    tokens = Tokens(lambda: opened, 2_500, now=lambda: clock[0])
    held = FakeLibrary(
        {replace(HELD, document=replace(HELD.document, language=language_of(asked))): text}
    )
    with ModelServer([Reply(reply, usage=(1_600, 50))]) as server:
        model = ServedModel(Configured("openai-like", "tiny", server.address), tokens)
        first, second = (generative(model, held).answer(read(asked)) for _ in range(2))
        clock[0] += timedelta(days=1)
        third = generative(model, held).answer(read(asked))
    opened.close()

    assert ["generative", "extractive", "generative"] == [
        one.mode for one in (first, second, third)
    ]
    assert 2 == len(server.requests)
    assert 1 == sum(told in notice for notice in second.notices)
    assert 1_650 == tokens.used(date(2026, 4, 1))


def test_rules_make_a_follow_up_whole_when_the_budget_is_spent(tmp_path: Path) -> None:
    """Rewriting counts like a reply, and what was asked before is not lost without it."""
    opened = Database(tmp_path / "ledger.sqlite")
    tokens = Tokens(lambda: opened, 2_000)
    again = read("それはいつの予算ですか", history=[Turn("移行の補助金は何ですか")])
    with ModelServer([Reply("移行の補助金はいつの予算ですか", usage=(1_900, 9))]) as server:
        model = ServedModel(Configured("openai-like", "tiny", server.address), tokens)
        once, twice = (generative(model).answer(again) for _ in range(2))
    opened.close()

    assert 1 == len(server.requests)
    assert 1_909 == tokens.used()
    assert "移行の補助金はいつの予算ですか" == once.question.standalone
    assert "移行の補助金はいつの予算ですか" == twice.question.standalone
    for answer in (once, twice):
        assert "「移行の補助金は令和2年度の予算に計上された。" in answer.text
        assert any("利用枠" in notice for notice in answer.notices)
