"""What differs between two installations, read once from the environment and .env."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.guard import Policy
    from bot.writing.model import Configured


FITTED = "fitted"


BUNDLED = Path(__file__).resolve().parent.parent / "corpus"


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between two installations; each has a line in .env.example."""

    home: Path
    corpus: Path
    embedding: str = FITTED
    question_prefix: str | None = None
    passage_prefix: str | None = None
    reranker: str = ""
    model: Configured | None = None
    guard: Mapping[str, Policy] = field(default_factory=dict)
    user_header: str = ""
    proxies: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    database_url: str = ""
    ledger_key: str = ""
    plain_ids: bool = False
    chroma_url: str = ""
    public_url: str = ""
    slack_bot_token: str = ""
    slack_app_token: str = ""
    slack_signing_secret: str = ""


def settings(
    environment: Mapping[str, str], home: Path | None = None, corpus: Path | None = None
) -> Settings:
    """Read the settings; what the command line names wins over the environment.

    Raises:
        ModelFailed: a setting of the language model is missing or not usable.
        BadSetting: a setting of the guard is none of its words.
    """
    from bot.guard import policies
    from bot.writing.model import configured

    return Settings(
        home=home or Path(environment.get("TEBIKI_HOME") or "var"),
        corpus=corpus or Path(environment.get("TEBIKI_CORPUS") or BUNDLED),
        embedding=environment.get("TEBIKI_EMBEDDING") or FITTED,
        question_prefix=environment.get("TEBIKI_EMBEDDING_QUESTION_PREFIX"),
        passage_prefix=environment.get("TEBIKI_EMBEDDING_PASSAGE_PREFIX"),
        reranker=environment.get("TEBIKI_RERANKER", ""),
        model=configured(environment),
        guard=policies(environment),
        user_header=environment.get("TEBIKI_USER_HEADER", ""),
        proxies=_parts_of(environment.get("TEBIKI_PROXIES", "")),
        origins=_parts_of(environment.get("TEBIKI_ORIGINS", "")),
        database_url=environment.get("TEBIKI_DATABASE_URL", ""),
        ledger_key=environment.get("TEBIKI_LEDGER_KEY", ""),
        plain_ids=environment.get("TEBIKI_LEDGER_PLAIN_IDS", "") not in {"", "0"},
        chroma_url=environment.get("TEBIKI_CHROMA_URL", ""),
        public_url=environment.get("TEBIKI_PUBLIC_URL", ""),
        slack_bot_token=environment.get("TEBIKI_SLACK_BOT_TOKEN", ""),
        slack_app_token=environment.get("TEBIKI_SLACK_APP_TOKEN", ""),
        slack_signing_secret=environment.get("TEBIKI_SLACK_SIGNING_SECRET", ""),
    )


def _parts_of(given: str) -> tuple[str, ...]:
    """Return the parts of a setting that lists several things, separated by commas."""
    return tuple(part.strip() for part in given.split(",") if part.strip())


def environment_of_this_process() -> dict[str, str]:
    """Return the environment over what a file .env in the working folder says."""
    from dotenv import dotenv_values

    said = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {**said, **os.environ}
