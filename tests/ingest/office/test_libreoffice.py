"""Old Office files, read where LibreOffice is installed. A program that pretends stands for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest import formats
from ingest.errors import UnreadablePdf
from ingest.office import documents, libreoffice
from ingest.reading import read_one
from tests import office

OLD = b"\xd0\xcf\x11\xe0 an old file"


@pytest.fixture
def pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a soffice first on the path that notes how it was called and gives out.docx or out.xlsx."""
    programs = tmp_path / "programs"
    programs.mkdir()
    office.word(
        programs / "out.docx",
        office.para("備品管理要綱"),
        office.para("第１条 備品は総務課が管理する。"),
    )
    program = programs / "soffice"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$@" > {programs}/called\n'
        f"ulimit -v > {programs}/memory\n"
        f"cat profile/user/registrymodifications.xcu > {programs}/profile\n"
        'while [ "$1" != --convert-to ]; do shift; done\n'
        f'mkdir -p "$4" && cp {programs}/out."$2" "$4"/file."$2"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return programs


def test_old_word_file_is_read_as_what_it_becomes(pretended: Path, tmp_path: Path) -> None:
    """The text is that of the newer file; memory is bounded, macros and links are off."""
    old = tmp_path / "備品 管理.doc"
    old.write_bytes(OLD)

    found = documents.read(old)

    assert "備品管理要綱\n第１条 備品は総務課が管理する。\n" == found.text
    assert str(libreoffice.MEMORY_MB << 10) == (pretended / "memory").read_text().strip()
    assert "--headless" in (pretended / "called").read_text()
    profile = (pretended / "profile").read_text()
    assert '"DisableMacrosExecution" oor:op="fuse"><value>true' in profile
    assert ".doc" in formats.endings()


def test_reading_process_may_use_it(pretended: Path, tmp_path: Path) -> None:
    """It is started by the process that reads files, which connects to nobody itself."""
    old = tmp_path / "a.doc"
    old.write_bytes(OLD)

    found = read_one(old, cache=tmp_path / "c", with_ocr=False)

    assert found.text.startswith("備品管理要綱")
    assert (pretended / "called").exists()


def test_what_it_cannot_open_is_named(pretended: Path, tmp_path: Path) -> None:
    """It converts nothing where a file is damaged or locked, and says nothing of use."""
    (pretended / "out.docx").unlink()
    old = tmp_path / "a.doc"
    old.write_bytes(OLD)

    with pytest.raises(UnreadablePdf, match=r"a\.doc: LibreOffice could not open it"):
        documents.read(old)


def test_it_is_ended_when_it_takes_too_long(
    pretended: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that keeps it busy costs its bound and is named."""
    (pretended / "soffice").write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(libreoffice, "TIMEOUT_S", 0.2)
    old = tmp_path / "a.doc"
    old.write_bytes(OLD)

    with pytest.raises(UnreadablePdf, match="did not convert it within"):
        documents.read(old)


def test_without_it_the_line_says_what_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old file is no document here, and whoever adds it hears of both ways out."""
    monkeypatch.setattr(libreoffice, "installed", lambda: False)
    old = tmp_path / "a.xls"
    old.write_bytes(OLD)

    with pytest.raises(UnreadablePdf, match="Save it in the newer format") as raised:
        documents.read(old)

    assert "LibreOffice（libreoffice-writer、-calc、-impress）を入れてください" in raised.value.why(
        "ja"
    )
    assert ".xls" not in formats.endings()


def test_web_page_that_is_called_xls_is_not_given_to_it(pretended: Path, tmp_path: Path) -> None:
    """LibreOffice would take it, and fetch what it names."""
    old = tmp_path / "a.xls"
    old.write_text("<html><table><tr><td>手数料</td></tr></table>")

    with pytest.raises(UnreadablePdf, match=r"ends with \.xls, but it is a web page"):
        documents.read(old)

    assert not (pretended / "called").exists()
