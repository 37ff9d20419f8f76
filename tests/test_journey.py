"""The whole path on the bundled corpus, as a new user walks it: refresh, search, ask, serve."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import unicodedata
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfReader, PdfWriter
from typer.testing import CliRunner

from bot.answers import Question, Turn
from bot.asking.question import read
from evals.questions import load
from tebiki.building import build
from tebiki.command_line import app
from tebiki.settings import settings

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus"
JAPANESE = "CIO補佐官を特別職非常勤職員として任用するには"
ENGLISH = "how do we hire a CIO aide as special part-time staff"

Told = dict[str, Any]


def _run(*words: str | Path, code: int = 0) -> str:
    """Run a command and return what it printed; any exit code but *code* fails."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert code == result.exit_code, result.output
    return result.stdout


def _ask(home: Path, question: str) -> Told:
    told: Told = json.loads(_run("--home", home, "ask", question, "--json"))
    return told


def _locked(content: bytes, password: str) -> bytes:
    """Return a PDF that opens only with the password."""
    writer = PdfWriter(clone_from=BytesIO(content))
    writer.encrypt(password, algorithm="AES-256")
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


@pytest.fixture(scope="module")
def home(bundled_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled corpus, indexed."""
    return Path(shutil.copytree(bundled_home, tmp_path_factory.mktemp("journey") / "home"))


def test_the_question_of_the_town_hall_is_answered(home: Path) -> None:
    """Both conditions stand in the quotation: the act does not apply, rules must be set."""
    answer = _ask(home, JAPANESE)
    quotes = "".join(
        c["quote"] for c in answer["citations"] if c["document"] == "zentai-digest"
    ).replace("\n", "")

    assert answer["declined"] is None
    assert "地方公務員法の規定は適用されない" in quotes
    assert re.search(r"服務.*要綱等で定める必要がある", quotes)


def test_first_line_stands_in_the_quotation_that_it_rests_on(home: Path) -> None:
    """What is large is read in its place, and nothing beside the quotation is said."""
    answerer = build(settings({}, home)).answerer
    answers = [answerer.answer(read(question.text)) for question in list(load("starter"))[::8]]

    led = [(one.lead, one.citations) for one in answers if one.lead is not None]
    assert len(led) > len(answers) / 2
    for lead, citations in led:
        assert lead.text in next(one.quote for one in citations if one.marker == lead.marker)


def test_talks_are_answered_as_their_last_turn_written_out(home: Path) -> None:
    """Of 60 talks of two and three turns at most two lose a right first citation."""
    answerer = build(settings({}, home)).answerer
    judged = {question.id: question for name in ("starter", "frozen") for question in load(name)}
    talks = tomllib.loads((ROOT / "tests/bot/asking/talks.toml").read_text(encoding="utf-8"))

    def is_right(question: Question, talk: Told) -> bool:
        cited = answerer.answer(question).citations[:1]
        return any(
            citation.edition.document.id == judgement.document
            and set(citation.pages) & set(judgement.pages)
            for judgement in judged[talk["of"]].judgements
            for citation in cited
        )

    whole = talked = 0
    for talk in talks["talk"]:
        *before, last = talk["turns"]
        whole += is_right(read(talk["whole"]), talk)
        talked += is_right(read(last, history=[Turn(turn) for turn in before]), talk)

    assert 60 == len(talks["talk"])
    assert 50 <= whole <= talked + 2


def test_the_same_in_english(home: Path) -> None:
    """An English asker gets English framing and the same ground."""
    answer = _ask(home, ENGLISH)

    assert "en" == answer["language"]
    quoted = " ".join(c["quote"] for c in answer["citations"])
    assert "does not apply" in quoted or "地方公務員法の規定は適用されない" in quoted


def test_english_finds_japanese_when_the_english_digest_is_gone(
    bundled_home: Path, tmp_path: Path
) -> None:
    """Withdrawn from the catalog and the folder, the Japanese digest answers; it stays Japanese."""
    corpus = tmp_path / "corpus"
    shutil.copytree(CORPUS, corpus)
    (corpus / "starter" / "english-digest.pdf").unlink()
    listed = (corpus / "catalog.toml").read_text(encoding="utf-8")
    entries = re.split(r"(?m)^(?=\[\[documents\]\])", listed)
    kept = "".join(entry for entry in entries if 'id = "english-digest"' not in entry)
    assert len(kept) < len(listed)
    (corpus / "catalog.toml").write_text(kept, encoding="utf-8")
    shutil.copytree(bundled_home / "readings", tmp_path / "home" / "readings")
    _run("--home", tmp_path / "home", "--corpus", corpus, "refresh")

    answer = _ask(tmp_path / "home", ENGLISH)

    assert "en" == answer["language"]
    assert {"zentai-digest"} == {
        c["document"] for c in answer["citations"] if "地方公務員法" in c["quote"]
    }


def test_an_answer_keeps_the_contract(home: Path) -> None:
    """The names that programs rely on are there, with the meaning they were promised."""
    answer = _ask(home, JAPANESE)
    citation = answer["citations"][0]

    assert {
        "id", "question", "text", "mode", "language", "declined", "citations", "took_ms",
    } <= set(answer)  # fmt: skip
    assert {
        "marker", "document", "title", "edition", "in_force", "file", "page", "pages",
        "page_label", "section", "heading", "quote", "start", "end",
    } <= set(citation)  # fmt: skip
    assert "starter/zentai-digest.pdf" == citation["file"]
    assert citation["page"] == citation["pages"][0]
    assert f"[{citation['marker']}]" in answer["text"]


def test_a_digest_is_told_apart_from_the_official_work(home: Path) -> None:
    """Whoever cites the answer knows what it was taken from."""
    told = json.dumps(_ask(home, JAPANESE), ensure_ascii=False)

    assert "自治体DX全体手順書" in told
    assert "公式の文書ではなく要約です" in told


def test_what_is_not_there_is_declined_with_what_is_near(home: Path) -> None:
    """No guess, no citation, and somebody to ask."""
    answer = _ask(home, "粗大ごみの収集を申し込むにはどうすればよいですか")

    assert "not-found" == answer["declined"]["reason"]
    assert [] == answer["citations"]


def test_every_quotation_is_the_stored_text_between_its_offsets(home: Path) -> None:
    """Over all our questions: quote, offsets, page and label of every citation agree."""
    parts = build(settings({}, home))
    generation = parts.generation()
    lines = (ROOT / "evals" / "questions" / "starter.jsonl").read_text(encoding="utf-8")
    checked = 0
    for line in lines.splitlines():
        answer = parts.answerer.answer(read(json.loads(line)["question"]))
        nearest = answer.declined.nearest if answer.declined else ()
        for citation in (*answer.citations, *nearest):
            text = generation.text(citation.edition)
            page = text.pages[citation.page - 1]
            assert text.text[citation.start : citation.end] == citation.quote
            assert text.start_of(page.number) <= citation.start
            assert citation.start < text.start_of(page.number) + len(page.text)
            assert page.label == citation.page_label
            checked += 1
    assert checked > 300


def test_another_engine_reads_every_sentence_on_its_page(home: Path) -> None:
    """Whatever could be quoted stands on the page that would be cited, as pypdf reads the file.

    Cell by cell: the two engines take the cells that span several rows in another order.
    """
    parts = build(settings({}, home))
    generation = parts.generation()
    checked = 0
    for edition in (edition for edition in generation.editions if edition.held):
        text = generation.text(edition)
        pages = [_flat(page.extract_text()) for page in PdfReader(parts.page_file(edition)).pages]
        for unit in generation.sentences(edition):
            there = "".join(pages[at - 1] for at in text.pages_of(unit.start, unit.end))
            for cell in text.text[unit.start : unit.end].split("\t"):
                assert _flat(cell) in there, (edition.key, unit.page, cell)
                checked += 1
    assert checked > 900


def _flat(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def test_an_answer_can_be_exported_as_evidence(home: Path, tmp_path: Path) -> None:
    """Sheet and picture lie in a folder named after the answer, the quotation in both sheets."""
    answer = _ask(home, JAPANESE)

    told = json.loads(_run("--home", home, "export", answer["id"], "--to", tmp_path, "--json"))

    folder = tmp_path / answer["id"]
    assert sorted(path.name for path in folder.iterdir()) == told["files"]
    quote = answer["citations"][0]["quote"].splitlines()[0]
    assert quote in (folder / f"{answer['id']}.md").read_text(encoding="utf-8")
    pages = PdfReader(folder / f"{answer['id']}.pdf").pages
    assert _flat(quote) in _flat("".join(page.extract_text() for page in pages))


def test_search_lists_pages(home: Path) -> None:
    """One passage a page, with what a program needs to find it."""
    told = json.loads(_run("--home", home, "search", "標準化の目標時期", "-k", "4", "--json"))
    places = [(p["file"], p["pages"][0]) for p in told["passages"]]

    assert 4 == len(set(places)) == len(places)
    assert {
        "document", "title", "edition", "file", "pages", "section", "text", "start", "end", "score",
    } <= set(told["passages"][0])  # fmt: skip


def test_options_count_before_and_after_the_command(home: Path, tmp_path: Path) -> None:
    """Either place works, and the nearer one wins."""
    before = json.loads(_run("--home", home, "status", "--json"))
    after = json.loads(_run("--home", tmp_path, "status", "--home", home, "--json"))

    assert before == after
    assert before["pages"] > 40


def test_a_second_refresh_changes_nothing(home: Path) -> None:
    """Whoever types "make serve" again waits for nothing."""
    told = json.loads(_run("--home", home, "refresh", "--json"))

    assert (False, "g000001") == (told["published"], told["generation"])


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    """It says what would be added and leaves the home alone."""
    told = json.loads(_run("--home", tmp_path / "home", "refresh", "--dry-run", "--json"))

    assert "zentai-digest@第1.0版対応" in told["added"]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("question", [JAPANESE, "高岡市の書かない窓口の費用はいくら"])
def test_a_person_reads_all_of_an_answer_and_again_by_its_id(home: Path, question: str) -> None:
    """Text, notices, sources, what to ask next and the id are printed, and later the same."""
    printed = _run("--home", home, "ask", question)
    name = printed.split()[-1]
    told = json.loads(_run("--home", home, "answer", name, "--json"))
    again = _run("--home", home, "answer", name)

    nearest = told["declined"]["nearest"] if told["declined"] else []
    assert printed.startswith(told["text"])
    for citation in [*told["citations"], *nearest]:
        assert f"[{citation['marker']}] {citation['title']}" in printed
    for said in [*told["notices"], *told["suggestions"]]:
        assert said in printed
    assert f"{question}\n{printed}" == again


def test_without_an_index_each_command_names_the_way_to_one(tmp_path: Path) -> None:
    """Exit code 3, and a sentence with the command."""
    for command in (["ask", "標準化"], ["search", "標準化"], ["status"]):
        result = CliRunner().invoke(app, ["--home", str(tmp_path), *command])
        assert 3 == result.exit_code
        assert "tebiki refresh" in result.stderr


@pytest.mark.parametrize("question", ["", "   ", "?", "あ" * 100_000, "\x00\x01"])
def test_a_question_that_is_none_is_refused_in_words(question: str, home: Path) -> None:
    """Wrong usage, not a traceback."""
    result = CliRunner().invoke(app, ["--home", str(home), "ask", question])

    assert 2 == result.exit_code
    assert "BadQuestion" in result.stderr
    assert "Traceback" not in result.output


def test_bad_files_are_named_and_the_rest_is_indexed(tmp_path: Path) -> None:
    """Empty, cut short, locked, no PDF at all, a link to nothing: each with what to do."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    good = (CORPUS / "starter" / "kosei-digest.pdf").read_bytes()
    (corpus / "good.pdf").write_bytes(good)
    (corpus / "empty.pdf").write_bytes(b"")
    (corpus / "short.pdf").write_bytes(good[: len(good) // 3])
    (corpus / "letter.pdf").write_text("拝啓 時下ますます", encoding="utf-8")
    (corpus / "locked.pdf").write_bytes(_locked(good, "secret"))
    (corpus / "gone.pdf").symlink_to(tmp_path / "nowhere.pdf")
    (corpus / "要領.xps").write_bytes(b"PK")
    where = ("--home", tmp_path / "home", "--corpus", corpus)

    told = json.loads(_run(*where, "refresh", "--json", code=1))

    problems = {p["file"]: p["message"] for p in told["problems"]}
    assert {"empty.pdf", "short.pdf", "letter.pdf", "locked.pdf", "gone.pdf"} == set(problems)
    assert ["good"] == [key.partition("@")[0] for key in told["added"]]
    assert [
        "要領.xps cannot be read here and was left out: save it as a PDF to have it indexed."
    ] == (told["notices"])
    assert "password" in problems["locked.pdf"]
    assert told["published"]
    assert ["good"] == [
        e["document"] for e in json.loads(_run(*where, "status", "--json"))["editions"]
    ]


def test_the_version_of_the_contract_is_listed() -> None:
    """The command line is installed under the name that the README uses."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert "tebiki.command_line:main" == project["project"]["scripts"]["tebiki"]


@pytest.fixture
def served(home: Path) -> Iterator[str]:
    """A real server in a process of its own, as "make serve" starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-X", "importtime", "-m", "tebiki", "serve"]
    with (home / "serve.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--home", str(home)],
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    try:
        for _ in range(600):
            try:
                if httpx.get(f"{address}/readyz").is_success:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_a_served_question_is_answered_without_torch(served: str, home: Path) -> None:
    """The default path loads no model library and no Chroma; the import log of the process shows it."""
    answer = httpx.post(f"{served}/v1/answers", json={"question": JAPANESE}, timeout=60).json()
    loaded = {
        line.rsplit("|", 1)[-1].strip().partition(".")[0]
        for line in (home / "serve.log").read_text(encoding="utf-8").splitlines()
        if line.startswith("import time:")
    }

    assert answer["declined"] is None
    assert "numpy" in loaded
    assert not loaded & {
        "torch", "sentence_transformers", "transformers", "sklearn", "chromadb",
    }  # fmt: skip


def test_status_tells_how_each_page_was_read(home: Path) -> None:
    """For a document it lists every page with its engine and score; an unknown one is refused."""
    held = next(
        e for e in json.loads(_run("--home", home, "status", "--json"))["editions"] if e["held"]
    )

    told = json.loads(_run("--home", home, "status", "--pages", held["document"], "--json"))
    shown = _run("--home", home, "status", "--pages", held["document"])

    assert held["document"] == told["document"]
    assert list(range(1, len(told["pages"]) + 1)) == [page["page"] for page in told["pages"]]
    assert {"pdfium"} == {page["engine"].partition("+")[0] for page in told["pages"]}
    assert all(0.7 <= page["score"] <= 1.0 for page in told["pages"])
    assert "engine" in shown.splitlines()[0]


def test_a_conversation_keeps_its_subject_through_every_follow_up(home: Path) -> None:
    """Each call is a process of its own; what the documents do not say is declined as understood."""

    def told(question: str) -> Told:
        words = ("--home", home, "ask", question, "--conversation", "X", "--json")
        answer: Told = json.loads(_run(*words))
        return answer

    told("CIO補佐官を任用するには")
    cost, until, contact, whom = (
        told(said)
        for said in (
            "その費用は誰が負担しますか",
            "いつまでですか",
            "連絡先は",
            "誰に聞けばいいですか",
        )
    )

    for answer in (cost, until, contact, whom):
        assert any("「CIO補佐官を任用するには、" in notice for notice in answer["notices"])
    shown = [*cost["citations"], *cost["further"]]
    assert any("CIO補佐官" in citation["quote"] for citation in shown)
    assert until["declined"] is not None or until["lead"]["value"] is None
    assert "answered" != contact["certainty"]


def test_a_choice_that_is_offered_can_be_typed(home: Path) -> None:
    """Each is answered by the section it names, and who was asked back once is not asked again."""
    words = ("--home", home, "ask", "--conversation", "choices", "--json")
    offered = _ask(home, "デジタル人材")["clarify"]
    printed = _run("--home", home, "ask", "デジタル人材")

    assert 4 == len(offered)
    for choice in offered:
        part = choice.removeprefix("「").partition("」")[0]
        chosen = _ask(home, choice)
        assert f"- {choice}\n" in printed
        assert part in chosen["citations"][0]["section"]
        assert [] == chosen["clarify"]
    first, again = (json.loads(_run(*words, "デジタル人材")) for _ in range(2))
    assert (offered, []) == (first["clarify"], again["clarify"])
