"""The ledger: what was answered can be shown again, and what was asked is not lost.

Each fact holds for SQLite in the home and for PostgreSQL alike.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from api.schemas.answers import WireAnswer
from bot.answers import (
    Answer,
    Approval,
    Certainty,
    Declined,
    Lead,
    Missing,
    Question,
    SmallTalk,
    Turn,
    cite,
)
from bot.errors import AnswerUnknown, BudgetSpent
from bot.guard import Guard
from bot.ledger import database as databases
from bot.ledger.database import Database
from bot.ledger.errors import LedgerTooNew, LedgerUnavailable
from bot.ledger.evidence import dump, load, masked, packed
from bot.ledger.ledger import FILE, Ledger, open_ledger
from bot.ledger.people import KEY_FILE, alias, key_of
from bot.ledger.record import Recorded, SentRecord
from bot.ledger.tables import answers, metadata
from bot.ledger.tokens import Tokens
from bot.slack.channels import ChannelSettings, Thread
from bot.slack.followers import Follower, Followers
from bot.slack.queue import QuestionQueue, Work
from index.passages import Filters, Passage
from index.revisions.following import Followed, State
from ingest.catalog.editions import Kind, Original
from ingest.chunks import Chunk
from tests.databases import database_on
from tests.fakes import edition, edition_text

HELD = replace(
    edition(
        "leave-digest",
        title="休暇の手引きの要約",
        kind=Kind.DIGEST,
        digest_of=Original(
            "leave", "第3版", "休暇の手引き", "総務部", "https://www.example.lg.jp/a"
        ),
        in_force_from=date(2026, 4, 1),
    ),
    published=date(2026, 3, 1),
    withdrawn_on=date(2030, 1, 1),
    groups=("人事課",),
)
HELD = replace(HELD, document=replace(HELD.document, owner="jinji@example.lg.jp"))
TEXT = edition_text(
    "年次有給休暇は、一年につき20日とする。", "繰越しは20日を限度とする。\ud83d", labels=["表紙"]
)


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def keep_as_sent(ledger: Ledger, name: str, columns: dict[str, object], content: object) -> None:
    """Keep an answer as an earlier version kept some: without its evidence, only what was sent."""
    row = {"id": name, "asked_at": 1_001.0, "origin": "", "private": 0, "asker": "",
           "prompt": "", "withdrawn": 0, "evidence": None, "sent": packed(content), **columns}  # fmt: skip
    with ledger.database.write() as connection:
        assert ledger.database.add_new(connection, answers, row)


def answer(name: str = "a1", text: str = "休暇は何日ですか", conversation: str = "") -> Answer:
    """Return an answer in which no field has its default."""
    first = cite(1, HELD, TEXT, 0, 20, section=("第1章", "休暇"), in_force=False, context="見出し")
    first = replace(first, now=Followed(State.CHANGED, HELD, "繰越し", 2, "2", 21, 24))
    second = cite(2, HELD, TEXT, 21, 35)
    chunk = Chunk(HELD, ("第1章",), TEXT.text[0:20], 0, 20, "第1章")
    return Answer(
        id=name,
        question=Question(
            text,
            f"{text}（年次）",
            "ja",
            Filters(
                documents=("leave-digest",),
                kinds=(Kind.DIGEST,),
                editions=("1.0",),
                language="ja",
                municipality="神戸市",
                as_of=date(2026, 5, 1),
                later=True,
                folders=("人事",),
                groups=frozenset({"人事課"}),
            ),
            (Turn("前の質問", "前の答え"),),
            conversation,
            ("お知らせ",),
            "令和8年5月1日時点",
            small_talk=SmallTalk.THANKS,
            alone="休暇は",
        ),
        text="手引きには次の記載があります。\n\n- 「年次有給休暇は、一年につき20日とする。」[1]",
        mode="generative",
        citations=(first, second),
        consulted=(Passage(chunk, (1,), 1.5, {"words": 0.25}),),
        declined=Declined("not-found", "見つかりませんでした。", (second,)),
        generation="g0007",
        recipe={"embedder": "fitted"},
        asked_on=date(2026, 5, 1),
        notices=("要約です。",),
        suggestions=("繰越しは？",),
        clarify=("第1版ですか",),
        prompt="abc",
        took_ms=12.5,
        lead=Lead("年次有給休暇は、一年につき20日とする。", 1, "20日"),
        certainty=Certainty.DECLINED,
        further=(second,),
        further_text="- 「繰越し」[2]",
        missing=(Missing("year", "2025年度"),),
        approval=Approval("p1", "総務部", date(2026, 4, 1), "人事課"),
        likely=0.75,
    )


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """Return an empty database: a path, or the URL of a fresh one on the server."""
    if request.param == "sqlite":
        yield tmp_path / FILE
        return
    with database_on(request.getfixturevalue("postgresql_server")) as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    """Return a clock at 1,000 seconds."""
    return Clock()


@pytest.fixture
def database(where: Path | str) -> Iterator[Database]:
    """Return an open database."""
    opened = Database(where)
    yield opened
    opened.close()


@pytest.fixture
def ledger(database: Database, clock: Clock) -> Ledger:
    """Return an empty ledger."""
    return Ledger(database, b"key", clock=clock)


@pytest.fixture
def queue(database: Database, clock: Clock) -> QuestionQueue:
    """Return an empty queue."""
    return QuestionQueue(database, clock=clock)


def test_answer_comes_back_equal_in_every_part(ledger: Ledger) -> None:
    """What was kept is found again word for word, with passages, citations and recipe."""
    given = answer()

    ledger.keep(given)

    assert given == ledger.answer("a1")


def test_followers_are_due_until_they_were_looked_at(ledger: Ledger) -> None:
    """Each is on the list once; who left, and answers that were taken back, are due no more."""
    followers = Followers(ledger.database)
    for name in ("a1", "a2"):
        ledger.keep(answer(name))
    assert followers.follow("a1", "D1", "7.0")
    assert not followers.follow("a1", "D1", "8.0")
    followers.follow("a1", "D2", "9.0")
    followers.follow("a2", "D1", "10.0")

    assert ["a1 D1 7.0", "a1 D2 9.0", "a2 D1 10.0"] == [
        f"{f.answer} {f.channel} {f.since}" for f in followers.due("g2")
    ]
    followers.looked(followers.due("g2")[0], "g2", "changed")
    followers.leave("a1", "D2")
    ledger.withdraw("a2")

    assert () == followers.due("g2")
    assert (Follower("a1", "D1", "7.0", "g2", "changed"),) == followers.due("g3")


def test_tokens_are_counted_together_and_put_right(where: Path | str) -> None:
    """Two processes share a day: what one set aside the other lacks, until it is known to be less."""
    opened_ = [Database(where), Database(where)]
    day = [datetime(2026, 4, 1, 23, 59, tzinfo=UTC)]
    one, other = (
        Tokens(lambda it=it: it, 1_000, now=lambda: day[0])  # type: ignore[misc]
        for it in opened_
    )

    assert 0 == one.used()
    settle = one.set_aside(600)
    with pytest.raises(
        BudgetSpent, match=r"600 of the day's 1,000 tokens .* may take 401"
    ) as spent:
        other.set_aside(401)
    other.set_aside(400)
    assert 1_000 == other.used()
    day[0] += timedelta(minutes=2)
    other.set_aside(1_000)
    settle(150)

    assert "2026-04-02 00:00 UTC" == f"{spent.value.anew:%Y-%m-%d %H:%M %Z}"
    assert (550, 1_000) == (one.used(date(2026, 4, 1)), one.used())
    for it in opened_:
        it.close()


def test_many_at_once_never_set_aside_more_than_the_day_holds(database: Database) -> None:
    """Forty ask for a hundred each; ten get them."""
    tokens = Tokens(lambda: database, 1_000)

    def ask(_number: int) -> bool:
        try:
            tokens.set_aside(100)
        except BudgetSpent:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(ask, range(40)))

    assert 10 == sum(got)
    assert 1_000 == tokens.used()


def test_every_whole_answer_is_read_page_by_page(ledger: Ledger, clock: Clock) -> None:
    """Private ones too, earliest first, also those of one moment; not what was only sent."""
    for number in range(5):
        ledger.keep(answer(f"a{number}"), private=number == 2)
    clock.now += 1
    ledger.keep(answer("a9"))
    ledger.keep(answer("gone"))
    ledger.withdraw("gone")
    sent = {"asked_on": date(2026, 5, 1), "conversation": "", "question": "？", "language": "ja",
            "mode": "extractive", "text": "", "declined": "", "generation": "g", "took_ms": 1.0}  # fmt: skip
    keep_as_sent(ledger, "sent", sent, {})

    kept = [(one.answer.id, one.private) for one in ledger.whole(at_once=2)]

    expected = [("a0", False), ("a1", False), ("a2", True), ("a3", False), ("a4", False)]
    assert [*expected, ("a9", False)] == kept


def test_sample_answer_leaves_no_field_at_its_default() -> None:
    """A field that is added later must be in the record too: this sample shows it missing."""
    given = answer(conversation="c")
    samples = (
        given,
        given.question,
        given.question.filters,
        given.question.history[0],
        given.citations[0],
        given.declined,
        given.lead,
        replace(HELD, url="https://www.example.lg.jp/"),
    )
    for sample in samples:
        assert sample is not None
        for part in dataclasses.fields(sample):
            # Who asked has a column of its own, and is not in what is printed.
            if part.default is not dataclasses.MISSING and part.name not in {"language", "asker"}:
                assert part.default != getattr(sample, part.name), part.name


def test_edition_with_an_address_comes_back_equal() -> None:
    """Every fact about an edition survives, so that its page can be drawn years later."""
    held = replace(HELD, url="https://www.example.lg.jp/leave.pdf")
    given = replace(answer(), citations=(cite(1, held, TEXT, 0, 5),))

    assert given == load(dump(given))


def test_answer_that_version_2_wrote_is_read_as_it_was() -> None:
    """An edition stood once there, and small things were lists without names."""
    kept = Path(__file__).with_name("answer-2.json").read_text(encoding="utf-8")

    now = answer()
    filters = replace(now.question.filters, later=False)
    then = replace(now, likely=None, question=replace(now.question, filters=filters))
    assert then == load(packed(json.loads(kept)))


def test_unknown_answer_is_an_error_that_names_it(ledger: Ledger) -> None:
    """Looking for an id that was never given says which."""
    with pytest.raises(AnswerUnknown, match='"nothing"'):
        ledger.answer("nothing")


def test_personal_data_is_masked_wherever_the_answer_repeats_it(ledger: Ledger) -> None:
    """A telephone number in the question is nowhere in the record, not even in the bytes."""
    said = "090-1234-5678の山田太郎さんの休暇は"
    given = answer(text=said)
    assert given.declined is not None
    given = replace(
        given,
        declined=Declined("not-found", f"「{said}」は見つかりませんでした。"),
        notices=(f"「{said}」と読み替えて探しました。",),
        question=replace(given.question, history=(Turn(said, "前の答え"),)),
    )

    ledger.keep(given)

    kept = ledger.answer("a1")
    assert "090-1234-5678" not in repr(kept)
    assert "山田太郎" not in repr(kept)
    assert "［電話番号］" in kept.question.text
    assert given.citations == kept.citations


def test_quotation_keeps_a_number_that_the_asker_also_wrote() -> None:
    """A number that a document publishes is not masked in what is quoted from it."""
    text = edition_text("問い合わせは 03-5253-5111 まで。")
    quote = cite(1, HELD, text, 0, 20)
    given = replace(
        answer(text="03-5253-5111はどこですか"),
        text="「問い合わせは 03-5253-5111 まで。」[1]",
        citations=(quote,),
    )

    kept = masked(given, Guard())

    assert "「問い合わせは 03-5253-5111 まで。」[1]" == kept.text
    assert "［電話番号］はどこですか" == kept.question.text


def test_conversation_gives_its_last_turns_oldest_first(ledger: Ledger, clock: Clock) -> None:
    """Only so many turns are given back, and none of another conversation."""
    for number in range(5):
        clock.now += 1
        ledger.keep(answer(f"a{number}", f"質問{number}", "c1"))
    ledger.keep(answer("b", "別の質問", "c2"))

    assert ["質問3", "質問4"] == [turn.question for turn in ledger.turns("c1", most=2)]
    assert () == ledger.turns("")


def test_withdrawn_answer_is_erased(ledger: Ledger, database: Database) -> None:
    """Who takes a question back takes its words out of the record, those of readers too."""
    ledger.keep(answer("a1", conversation="c1"))
    ledger.rate("a1", "down", "秘密の感想")

    ledger.withdraw("a1")

    assert () == ledger.turns("c1")
    with pytest.raises(AnswerUnknown):
        ledger.answer("a1")
    with database.read() as connection:
        kept = connection.exec_driver_sql("SELECT question, text, evidence FROM answers").all()
        said = connection.exec_driver_sql("SELECT rating, comment FROM feedback").all()
    assert [("", "", None)] == [tuple(row) for row in kept]
    assert [("down", "")] == [tuple(row) for row in said]


def test_later_rating_by_the_same_reader_replaces_the_earlier(ledger: Ledger) -> None:
    """Readers are told apart; each has one rating of an answer."""
    ledger.keep(answer())

    ledger.rate("a1", "up", rater="x")
    ledger.rate("a1", "down", "古い", rater="x")
    ledger.rate("a1", "up", rater="y")

    assert {("x", "down", "古い"), ("y", "up", "")} == {
        (each.rater, each.rating, each.comment) for each in ledger.ratings("a1")
    }


def test_comment_is_masked(ledger: Ledger) -> None:
    """A reader's own words go through the guard as well."""
    ledger.keep(answer())

    ledger.rate("a1", "down", "taro@example.jp まで")

    assert "［メールアドレス］ まで" == ledger.ratings("a1")[0].comment


def test_rating_an_unknown_answer_is_an_error(ledger: Ledger) -> None:
    """Nothing is kept about an answer that was never given."""
    with pytest.raises(AnswerUnknown):
        ledger.rate("nothing", "up")


def test_private_questions_are_in_no_report(ledger: Ledger, clock: Clock) -> None:
    """Reports show public questions in order; their asker still sees the private ones."""
    ledger.keep(answer("a1"), asker="x", private=True)
    clock.now += 1
    ledger.keep(answer("a2"), asker="x", origin="web")
    ledger.rate("a2", "down", "足りない")

    assert ["a2"] == [entry.id for entry in ledger.entries()]
    assert "足りない" == ledger.entries()[0].ratings[0].comment
    assert ["a2", "a1"] == [entry.id for entry in ledger.recent("x")]
    assert () == ledger.recent("")


def test_an_answer_of_which_only_that_was_kept_that_was_sent_is_given_back(ledger: Ledger) -> None:
    """An earlier version kept some so."""
    record = SentRecord(ledger, WireAnswer.model_validate, WireAnswer.of)
    sent = WireAnswer.of(answer())
    columns = {"asked_on": sent.asked_on, "conversation": "", "question": sent.question, "took_ms": 1.0,
               "language": "ja", "mode": "extractive", "text": "", "declined": "", "generation": "g"}  # fmt: skip
    keep_as_sent(ledger, "a1", columns, sent.model_dump(mode="json"))

    record.rate("a1", "up", "")

    assert sent.model_dump(mode="json") == record.find("a1").model_dump(mode="json")
    assert "up" == ledger.ratings("a1")[0].rating


def test_record_shows_a_private_answer_only_when_asked_for_private_ones(ledger: Ledger) -> None:
    """To everybody else it is one that is not there."""
    ledger.keep(answer("a1"), private=True)
    record = SentRecord(ledger, WireAnswer.model_validate, WireAnswer.of)

    with pytest.raises(AnswerUnknown):
        record.find("a1")
    assert "a1" == record.find("a1", private=True).id


def test_an_answer_is_recorded_in_one_transaction(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its door and all that is sent of it, so it takes one turn at the one writer."""
    written: list[float | None] = []
    write = ledger.database.write

    class Fixed:
        def answer(self, question: Question) -> Answer:
            return answer()

    def counted(
        *, urgent: bool = False, wait_s: float | None = None
    ) -> AbstractContextManager[sa.Connection]:
        written.append(wait_s)
        return write(urgent=urgent, wait_s=wait_s)

    monkeypatch.setattr(ledger.database, "write", counted)

    given = Recorded(Fixed(), ledger, origin="web").answer(answer().question)

    assert 1 == len(written)
    assert given == ledger.answer("a1")
    record = SentRecord(ledger, WireAnswer.model_validate, WireAnswer.of)
    assert WireAnswer.of(given) == record.find("a1")
    assert "web" == ledger.entries()[0].origin


def test_streamed_answer_is_recorded_before_it_is_told(ledger: Ledger) -> None:
    """When the last event of a stream arrives, the record holds the answer."""

    class Fixed:
        def answer(self, question: Question) -> Answer:
            return answer()

    for event in Recorded(Fixed(), ledger, origin="web").stream(answer().question):
        if isinstance(event, Answer):
            assert event == ledger.answer(event.id)


def test_ledger_that_fails_costs_the_record_not_the_answer(
    ledger: Ledger, database: Database
) -> None:
    """When nothing can be written, the asker still gets the answer."""

    class Fixed:
        def answer(self, question: Question) -> Answer:
            return answer()

    with database.engine.begin() as connection:
        metadata.drop_all(connection)

    given = Recorded(Fixed(), ledger, origin="web").answer(answer().question)

    assert answer() == replace(given, notices=answer().notices)
    assert "まだ記録できていません" in given.notices[0]


def test_person_is_the_same_hash_under_the_same_key_only() -> None:
    """The hash names nobody, differs between keys and teams, and is "" for nobody."""
    assert alias(b"k", "T1", "U1") == alias(b"k", "T1", "U1")
    assert alias(b"k", "T1", "U1") != alias(b"k", "T2", "U1")
    assert alias(b"k", "T1", "U1") != alias(b"j", "T1", "U1")
    assert "U1" not in alias(b"k", "T1", "U1")
    assert "" == alias(b"k", "")


def test_ids_stay_plain_where_that_is_wanted(database: Database) -> None:
    """People are known by their ids then; what is no person is hashed all the same."""
    plain, hashed = Ledger(database, b"k", plain_ids=True), Ledger(database, b"k")

    assert "T1/U1" == plain.person("T1", "U1")
    assert "" == plain.person("")
    assert hashed.person("T1", "U1") == alias(b"k", "T1", "U1")
    assert plain.name("C1", "1.0") == hashed.name("C1", "1.0") == alias(b"k", "C1", "1.0")


def test_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    """The home's key stays, a given key wins, and the file is for its owner alone."""
    made = key_of(tmp_path)

    assert made == key_of(tmp_path)
    assert b"given" == key_of(tmp_path, "given")
    assert 0o600 == stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode)
    assert [KEY_FILE] == [path.name for path in tmp_path.iterdir()]


# The tables.


def test_migrations_make_the_tables_that_the_code_uses(database: Database) -> None:
    """Tables, columns and indexes after all steps are those of tables.py, and HEAD is the last."""
    found = sa.inspect(database.engine)
    for table in metadata.sorted_tables:
        assert {c.name for c in table.columns} == {c["name"] for c in found.get_columns(table.name)}
        assert {i.name for i in table.indexes} == {i["name"] for i in found.get_indexes(table.name)}
    assert set(metadata.tables) | {"alembic_version"} == set(found.get_table_names())
    folder = Path(databases.__file__).parent / "migrations"
    assert databases.HEAD == ScriptDirectory(str(folder)).get_current_head()


def test_what_waits_keeps_its_meaning_through_the_migrations(tmp_path: Path) -> None:
    """A command's answer stays hidden, and a limited question stays limited."""
    database = Database(tmp_path / FILE)
    QuestionQueue(database).take(work("a", reply_to="https://hooks.example/1"))
    QuestionQueue(database).take(work("b"))
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE waiting SET kind = 'limited' WHERE key = 'b'")
        for name in ("event", "hidden", "limited"):
            connection.exec_driver_sql(f"ALTER TABLE waiting DROP COLUMN {name}")
        connection.exec_driver_sql("DROP TABLE spent")
        connection.exec_driver_sql("DROP TABLE approved")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0002'")
    database.close()

    database = Database(tmp_path / FILE)
    found = [QuestionQueue(database).find(key) for key in ("a", "b")]
    database.close()

    assert [("message", True, False), ("message", False, True)] == [
        (each.kind, each.hidden, each.limited) for each in found if each is not None
    ]


def at_once(code: str, where: Path | str, count: int) -> list[str]:
    """Run *code* in *count* processes at the same time; return what each printed."""
    opened = f"Path({str(where)!r})" if isinstance(where, Path) else repr(where)
    head = (
        "from pathlib import Path\n"
        "from bot.ledger.database import Database\n"
        "from bot.slack.queue import QuestionQueue\n"
        f"database = Database({opened})\n"
    )
    folder = Path(__file__).parents[3]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", head + code], stdout=subprocess.PIPE, text=True, cwd=folder
        )
        for _ in range(count)
    ]
    printed = [process.communicate(timeout=120)[0] for process in running]
    assert [0] * count == [process.returncode for process in running]
    return printed


def test_processes_that_open_an_empty_database_at_once_all_succeed(where: Path | str) -> None:
    """One makes the tables, the others wait for it."""
    assert ["ready\n"] * 4 == at_once("print('ready')", where, 4)


def test_tables_of_a_newer_version_are_refused_untouched(where: Path | str) -> None:
    """A step that this version does not know is named, and nothing is changed."""
    opened = Database(where)
    with opened.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()

    with pytest.raises(LedgerTooNew, match='"9999"'):
        Database(where)


def test_home_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    """A home that cannot hold anything is named."""
    (tmp_path / "home").write_text("")

    with pytest.raises(LedgerUnavailable, match="home"):
        open_ledger(tmp_path / "home")


@pytest.mark.parametrize("url", ["mysql://x@localhost/y", "nonsense"])
def test_url_of_another_database_is_refused(tmp_path: Path, url: str) -> None:
    """Only PostgreSQL is understood, and the sentence names the setting."""
    with pytest.raises(LedgerUnavailable, match="TEBIKI_DATABASE_URL"):
        open_ledger(tmp_path, url=url)


def test_error_hides_the_password(tmp_path: Path) -> None:
    """A database that cannot be reached is named without its password."""
    with pytest.raises(LedgerUnavailable) as caught:
        open_ledger(tmp_path, url=f"postgresql://u:secret@/d?host={tmp_path}")

    assert "secret" not in str(caught.value)


def test_ledger_opens_again_with_what_was_kept(tmp_path: Path) -> None:
    """A second process finds answers and the same key."""
    first = open_ledger(tmp_path)
    first.keep(answer())
    first.database.close()

    second = open_ledger(tmp_path)

    assert answer() == second.answer("a1")
    assert first.person("T", "U") == second.person("T", "U")
    second.database.close()


# The queue.


def work(key: str = "C1:1.0", **rest: object) -> Work:
    """Return a question as it arrives."""
    return replace(
        Work(key, "message", "C1", "1.0", "1.0", "x", text="休暇は？", notices=("伏せました",)),
        **rest,  # type: ignore[arg-type]
    )


def test_question_is_taken_once_however_often_it_arrives(queue: QuestionQueue) -> None:
    """The same channel and ts by another event is not another question."""
    assert queue.take(work(), event="e1")
    assert not queue.take(work(), event="e2")

    assert not queue.new("e1")
    assert not queue.new("e2")
    assert queue.new("e3")


def test_question_is_given_to_one_worker_in_order_of_arrival(
    queue: QuestionQueue, clock: Clock
) -> None:
    """Two workers get two questions, the earlier first; then there is none."""
    queue.take(work("C1:2.0"))
    clock.now += 1
    queue.take(work("C1:1.0"))

    first = queue.claim("w1", lease_s=30)
    second = queue.claim("w2", lease_s=30)

    assert first is not None
    assert second is not None
    assert ("C1:2.0", "休暇は？", ("伏せました",)) == (first.key, first.text, first.notices)
    assert "C1:1.0" == second.key
    assert queue.claim("w3", lease_s=30) is None


def test_question_of_a_dead_worker_falls_to_another(queue: QuestionQueue, clock: Clock) -> None:
    """A lease that runs out is given again, with the attempt counted; the first one lost it."""
    queue.take(work())
    lost = queue.claim("dead", lease_s=30)
    assert lost is not None
    clock.now += 31

    again = queue.claim("alive", lease_s=30)

    assert again is not None
    assert (0, 1) == (lost.attempts, again.attempts)
    assert not queue.holds(lost, "dead")
    assert queue.holds(again, "alive")
    assert not queue.finish(lost, "dead")
    assert queue.finish(again, "alive")


def test_lease_given_again_to_the_same_process_is_another_lease(
    queue: QuestionQueue, clock: Clock
) -> None:
    """A thread that was held up cannot act on a question that another thread has taken since."""
    queue.take(work())
    late = queue.claim("w", lease_s=30)
    assert late is not None
    clock.now += 31
    again = queue.claim("w", lease_s=30)
    assert again is not None

    assert not queue.holds(late, "w")
    queue.postpone(late, "w", delay_s=99, problem="late")
    assert not queue.finish(late, "w")
    assert queue.holds(again, "w")
    assert queue.finish(again, "w")


def test_renewed_lease_stays_with_its_worker(queue: QuestionQueue, clock: Clock) -> None:
    """Who is still at work keeps the question."""
    queue.take(work())
    queue.claim("w1", lease_s=30)
    clock.now += 20
    queue.renew("w1", lease_s=30, keys=["C1:1.0"])
    clock.now += 20

    assert queue.claim("w2", lease_s=30) is None


def test_lease_on_a_question_that_was_dropped_runs_out(queue: QuestionQueue, clock: Clock) -> None:
    """A worker that failed at a question lives on and renews what it still works at, only that."""
    queue.take(work())
    assert queue.claim("w1", lease_s=30) is not None
    clock.now += 20

    queue.renew("w1", lease_s=30, keys=["C1:other"])
    clock.now += 20

    assert queue.claim("w1", lease_s=30) is not None


def test_finished_question_is_erased_and_never_given_again(
    queue: QuestionQueue, database: Database
) -> None:
    """The words are gone, the key stays, so that a late delivery finds it answered."""
    queue.take(work(reply_to="https://hooks.example/1"))
    claimed = queue.claim("w", lease_s=30)
    assert claimed is not None
    queue.note(claimed, answer="a1")
    queue.occupy(claimed, "2.0")

    assert queue.finish(claimed, "w")

    assert not queue.take(work())
    assert queue.claim("w", lease_s=30) is None
    found = queue.find("C1:1.0")
    assert found is not None
    assert ("", (), "", "a1", "2.0") == (
        found.text,
        found.notices,
        found.reply_to,
        found.answer,
        found.posted,
    )
    assert {"done": 1} == queue.counts()


def test_message_answers_the_first_question_that_occupies_it(queue: QuestionQueue) -> None:
    """Whoever comes second is told so; in another channel the same ts is another message."""
    first, second, elsewhere = work(), work(key="C1:1.1"), work(key="C2:1.0", channel="C2")
    for one in (first, second, elsewhere):
        queue.take(one)

    assert [True, False, True, True] == [
        queue.occupy(one, "2.0") for one in (first, second, elsewhere, first)
    ]

    assert ["2.0", ""] == [getattr(queue.find(one.key), "posted", None) for one in (first, second)]


def test_postponed_question_waits_its_time(queue: QuestionQueue, clock: Clock) -> None:
    """A question that Slack did not take is tried again after the delay, not before."""
    queue.take(work())
    claimed = queue.claim("w", lease_s=30)
    assert claimed is not None

    queue.postpone(claimed, "w", delay_s=10, problem="429")

    assert queue.claim("w", lease_s=30) is None
    clock.now += 10
    assert queue.claim("w", lease_s=30) is not None


def test_edit_lets_an_answered_question_be_answered_again_in_its_place(
    queue: QuestionQueue,
) -> None:
    """The new words wait, with the message that the first answer is in; the same edit once only."""
    queue.take(work())
    first = queue.claim("w", lease_s=30)
    assert first is not None
    queue.note(first, answer="a1")
    queue.occupy(first, "2.0")
    queue.finish(first, "w")

    assert queue.revise("C1:1.0", event="e2", edited="5.0", text="手当は？")
    assert not queue.revise("C1:1.0", event="e2", edited="5.0", text="手当は？")
    assert not queue.revise("C1:1.0", event="e3", edited="4.0", text="古い")

    again = queue.claim("w", lease_s=30)
    assert again is not None
    assert ("手当は？", "2.0", "") == (again.text, again.posted, again.answer)


def test_edit_during_the_answer_is_answered_afterwards(queue: QuestionQueue) -> None:
    """Who is at work learns at the end that the words changed, and the question waits again."""
    queue.take(work())
    first = queue.claim("w", lease_s=30)
    assert first is not None

    queue.revise("C1:1.0", event="e2", edited="5.0", text="手当は？")

    assert queue.claim("w2", lease_s=30) is None
    assert not queue.holds(first, "w")
    queue.note(first, answer="a1")
    queue.occupy(first, "2.0")
    assert not queue.finish(first, "w")
    again = queue.claim("w2", lease_s=30)
    assert again is not None
    assert ("手当は？", "2.0") == (again.text, again.posted)


def test_taken_back_question_comes_back_as_deleted_work(queue: QuestionQueue) -> None:
    """Its answer is to be removed; its words are gone at once."""
    queue.take(work())
    first = queue.claim("w", lease_s=30)
    assert first is not None
    queue.occupy(first, "2.0")
    queue.finish(first, "w")

    assert queue.take_back(work(), event="e2")
    assert not queue.take_back(work(), event="e2")

    again = queue.claim("w", lease_s=30)
    assert again is not None
    assert (True, "2.0", "") == (again.deleted, again.posted, again.text)


def test_question_taken_back_before_it_arrived_is_never_answered(queue: QuestionQueue) -> None:
    """Slack does not promise an order: a deletion may come first."""
    assert queue.take_back(work(), event="e2")

    assert not queue.take(work(), event="e1")
    assert queue.claim("w", lease_s=30) is None


def test_thread_is_open_until_others_speak(queue: QuestionQueue) -> None:
    """The asker may go on without a mention; when people talk, only a new mention counts."""
    assert queue.channels.thread("C1", "1.0") is None
    queue.take(work(), opens=True)
    assert Thread("x", open=True) == queue.channels.thread("C1", "1.0")

    queue.channels.leave("C1", "1.0")

    assert Thread("x", open=False) == queue.channels.thread("C1", "1.0")
    queue.take(work("C1:2.0", asker="y"), opens=True)
    assert Thread("y", open=True) == queue.channels.thread("C1", "1.0")


def test_channel_settings_are_the_default_until_chosen(queue: QuestionQueue) -> None:
    """A channel that nobody set up answers on mention, for all to see, from every document."""
    assert ChannelSettings() == queue.channels.settings("C1")

    queue.channels.choose(
        "C1", ChannelSettings(automatic=True, ephemeral=True, documents=("a", "b"))
    )
    queue.channels.choose("C1", ChannelSettings(automatic=True, documents=("a",)))

    assert ChannelSettings(automatic=True, documents=("a",)) == queue.channels.settings("C1")


def is_limited(queue: QuestionQueue, key: str) -> bool:
    """Whether a question was one too many."""
    found = queue.find(key)
    assert found is not None
    return found.limited


def test_questions_of_one_person_are_counted_over_a_minute(
    queue: QuestionQueue, clock: Clock
) -> None:
    """Only the last minute counts, only that person, and no question that was itself too many."""
    queue.take(work("C1:1.0"), most=2)
    clock.now += 50
    queue.take(work("C1:2.0"), most=2)
    queue.take(work("C1:3.0", asker="y"), most=2)
    queue.take(work("C1:4.0"), most=2)
    clock.now += 20
    queue.take(work("C1:5.0"), most=2)
    queue.take(work("C1:6.0"), most=2)

    assert [4, 6] == [n for n in range(1, 7) if is_limited(queue, f"C1:{n}.0")]


def test_edit_of_a_limited_question_is_answered_when_the_minute_is_over(
    queue: QuestionQueue, clock: Clock
) -> None:
    """Whoever waits and puts the question again by an edit gets an answer."""
    queue.take(work("C1:1.0"), most=1)
    queue.take(work("C1:2.0"), most=1)
    assert is_limited(queue, "C1:2.0")

    queue.revise("C1:2.0", event="e1", edited="5.0", text="手当は？", most=1)
    assert is_limited(queue, "C1:2.0")
    clock.now += 61
    queue.revise("C1:2.0", event="e2", edited="6.0", text="手当は何？", most=1)

    assert not is_limited(queue, "C1:2.0")


def test_edit_begins_the_patience_anew(queue: QuestionQueue, clock: Clock) -> None:
    """An old question that was just edited is no question that failed for hours."""
    queue.take(work())
    clock.now += 20_000
    queue.revise("C1:1.0", event="e1", edited="5.0", text="手当は？")

    found = queue.find("C1:1.0")

    assert found is not None
    assert 0 == queue.age(found)


def test_question_that_was_taken_for_private_is_public_when_an_event_says_so(
    queue: QuestionQueue,
) -> None:
    """And never the other way round: what is once private stays so."""
    for first, second in ((True, False), (True, True), (False, True)):
        key = f"C1:{first}{second}"
        assert queue.take(work(key, private=first))
        assert not queue.take(work(key, private=second))

    kept = [queue.find(f"C1:{name}") for name in ("TrueFalse", "TrueTrue", "FalseTrue")]
    assert [False, True, False] == [each is not None and each.private for each in kept]


def test_old_questions_and_threads_are_forgotten(
    queue: QuestionQueue, clock: Clock, database: Database
) -> None:
    """After three months only what still waits is left."""
    queue.take(work("C1:1.0"), opens=True)
    claimed = queue.claim("w", lease_s=30)
    assert claimed is not None
    queue.finish(claimed, "w")
    queue.take(work("C1:2.0"))
    clock.now += 91 * 24 * 3600

    queue.tidy()

    assert queue.find("C1:1.0") is None
    assert queue.find("C1:2.0") is not None
    assert queue.channels.thread("C1", "1.0") is None


def test_events_are_forgotten_after_a_day_not_before(queue: QuestionQueue, clock: Clock) -> None:
    """Slack's redeliveries end after minutes; a day is more than enough."""
    queue.new("old")
    clock.now += 24 * 3600 - 1
    queue.tidy()
    assert not queue.new("old")
    clock.now += 2
    queue.tidy()
    assert queue.new("old")


def test_processes_at_one_desk_answer_each_question_once(where: Path | str) -> None:
    """Three processes share sixty questions: none twice, none left."""
    database = Database(where)
    queue = QuestionQueue(database)
    keys = [f"C1:{number}.0" for number in range(60)]
    for key in keys:
        queue.take(work(key))

    done = at_once(
        "import os, time\n"
        "queue, name = QuestionQueue(database), str(os.getpid())\n"
        "while (claimed := queue.claim(name, lease_s=30)) is not None:\n"
        "    print(claimed.key)\n"
        "    time.sleep(0.01)\n"
        "    assert queue.finish(claimed, name)\n",
        where,
        3,
    )

    assert sorted(keys) == sorted(key for each in done for key in each.split())
    assert {"done": 60} == queue.counts()
    database.close()


def test_sqlite_keeps_what_was_written_when_the_power_fails(tmp_path: Path) -> None:
    """Commits reach the disk (synchronous = FULL, 2) in a write-ahead log."""
    database = Database(tmp_path / FILE)
    with database.read() as connection:
        assert 2 == connection.exec_driver_sql("PRAGMA synchronous").scalar()
        assert "wal" == connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    database.close()


def test_erased_words_are_not_in_the_file(tmp_path: Path) -> None:
    """After a question is done its words are in no page of the database file."""
    words = "ほかに例のない言葉"

    def in_file() -> bool:
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return words.encode() in (tmp_path / FILE).read_bytes()

    database = Database(tmp_path / FILE)
    queue = QuestionQueue(database)
    queue.take(work(text=words * 200))
    claimed = queue.claim("w", lease_s=30)
    assert claimed is not None
    assert in_file()

    queue.finish(claimed, "w")
    database.close()

    assert not in_file()
