"""The committed baseline: what the bundled questions scored, for CI to compare with.

Made anew, when a change is meant, from the records of two runs:

    tebiki eval retrieval --json > retrieval.json
    tebiki eval answers --json > answers.json
    python -m evals.baseline retrieval.json answers.json

Only scores are kept, one question a line, so that a change of the baseline can be read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from evals import runs
from evals.errors import BadRun
from evals.runs import Run

BASELINE = Path(__file__).parent / "baseline.json"

_RUNS: TypeAdapter[dict[str, Run]] = TypeAdapter(dict[str, Run])


def load(path: Path = BASELINE) -> Mapping[str, Run]:
    """Return the committed runs by what they measure: retrieval, answers.

    Raises:
        BadRun: the file is missing or is no baseline.
    """
    try:
        return _RUNS.validate_json(path.read_bytes())
    except OSError as problem:
        raise BadRun(str(path), problem.strerror or "it cannot be read") from problem
    except ValidationError as problem:
        raise BadRun(str(path), f"it is no baseline ({problem.error_count()} faults)") from problem


def save(measured: Iterable[Run], path: Path = BASELINE) -> None:
    """Write runs as the baseline, one question a line, without what differs from day to day."""
    said = {run.what: _RUNS.dump_python({"": run.slim()}, mode="json")[""] for run in measured}
    path.write_text(
        "{\n" + ",\n".join(f'"{what}": {_lines(run)}' for what, run in said.items()) + "\n}\n",
        encoding="utf-8",
    )


def _lines(run: dict[str, Any]) -> str:
    """Return a run as JSON with its results one a line."""
    results = run.pop("results")
    head = json.dumps(run, ensure_ascii=False)[:-1]
    rows = ",\n".join(json.dumps(result, ensure_ascii=False) for result in results)
    return f'{head}, "results": [\n{rows}\n]}}'


def main(paths: Sequence[str]) -> None:
    """Make the baseline of the records at *paths*."""
    save([runs.load(Path(path)) for path in paths])


if __name__ == "__main__":
    main(sys.argv[1:])
