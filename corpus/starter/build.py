"""Make the bundled PDFs from the texts beside this file: ``python corpus/starter/build.py``.

Each ``*-digest.typ`` becomes the PDF of the same name. The same texts, the same typst and the
same fonts give the same bytes, so a rebuild without a change leaves nothing to commit.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

FONTS = Path("/usr/share/fonts/opentype/noto")
"""Where Debian and Ubuntu put the files of fonts-noto-cjk."""

NEEDED = ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc")


def build(into: Path, fonts: Path) -> tuple[Path, ...]:
    """Write one PDF for each text into the folder *into* and return their paths, by name.

    Raises:
        SystemExit: a font or typst is missing, or a text has an error or earns a warning. (A
            character the fonts lack earns none: tests/test_starter.py looks for those.)
    """
    if missing := [name for name in NEEDED if not (fonts / name).is_file()]:
        sys.exit(
            f"{fonts} has no {' and no '.join(missing)}. Nothing was built. Name the folder with "
            "--fonts, or run: sudo apt-get install fonts-noto-cjk"
        )
    try:
        import typst
    except ModuleNotFoundError:
        sys.exit('typst is missing. Nothing was built. Run: python -m pip install "typst>=0.15"')

    into.mkdir(parents=True, exist_ok=True)
    compiler = typst.Compiler(root=str(HERE), font_paths=[str(fonts)], ignore_system_fonts=True)
    built = []
    for source in sorted(HERE.glob("*-digest.typ")):
        try:
            pdf, warnings = compiler.compile_with_warnings(input=str(source), format="pdf")
        except typst.TypstError as problem:
            sys.exit(f"{source.name}: {problem}. Correct the text and build again.")
        if warnings:
            said = "; ".join(warning.message for warning in warnings)
            sys.exit(f"{source.name}: {said}. Correct the text and build again.")
        built.append(into / f"{source.stem}.pdf")
        built[-1].write_bytes(pdf)
    return tuple(built)


def main() -> None:
    """Build beside the texts, or into the folder given with ``--into``."""
    parser = argparse.ArgumentParser(description="Make the bundled PDFs from their texts.")
    parser.add_argument("--into", type=Path, default=HERE, help="folder for the PDFs")
    parser.add_argument("--fonts", type=Path, default=FONTS, help="folder with the Noto CJK fonts")
    given = parser.parse_args()
    for path in build(given.into, given.fonts):
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
