"""What differs between two installations, read once from the environment and .env."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import quote

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from tebiki import places

if TYPE_CHECKING:
    from bot.writing.model import Configured

PREFIX = "TEBIKI_"
FITTED = "fitted"

KEPT = ("questions", "answers", "feedback", "audit")
"""What may be kept for different times, as `bot.ledger.erasing` knows it."""

Policy = Annotated[Literal["mask", "refuse", "allow"], Field(description="mask, refuse or allow")]
_Several = Annotated[
    tuple[str, ...],
    BeforeValidator(
        lambda given: (
            tuple(filter(None, map(str.strip, given.split(","))))
            if isinstance(given, str)
            else given
        )
    ),
]


def _days(given: object) -> object:
    """Return how many days each kind is kept: one number is that of all."""
    if not isinstance(given, str):
        return given
    if given.strip().isdecimal():
        return dict.fromkeys(KEPT, given.strip())
    pairs = [part.partition("=") for part in given.split(",") if part.strip()]
    days = {kind.strip(): number.strip() for kind, _, number in pairs}
    if strange := days.keys() - set(KEPT):
        raise ValueError(f"nothing is kept as {min(strange)}")
    return days


def _bound(given: object) -> object:
    """Return the groups of each channel and user group of Slack."""
    if not isinstance(given, str):
        return given
    found: dict[str, tuple[str, ...]] = {}
    for part in filter(None, map(str.strip, given.split(","))):
        place, _, group = (each.strip() for each in part.partition("="))
        if not group or place[:1] not in {"C", "G", "S"}:
            raise ValueError(f"{part} names no channel or user group by its id, and a group")
        found[place] = (*found.get(place, ()), group)
    return found


_Seconds = Annotated[PositiveFloat, Field(description="a number above 0")]
_Secret = Annotated[str, Field(repr=False)]


class BadSettings(Exception):
    """Settings that cannot be used; each is named once, with where it stands."""


class Settings(BaseModel):
    """What differs between two installations; each has a line in .env.example.

    A field is the setting of its name in capitals behind "TEBIKI_". What may be wrong says in its
    description what would be right. *notices* are for whoever typed the command.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    corpus: Path
    embedding: str = FITTED
    embedding_question_prefix: str | None = None
    embedding_passage_prefix: str | None = None
    reranker: str = ""
    entailment: str = ""
    ocr: Annotated[
        Literal["auto", "ppocr", "tesseract", "off"],
        Field(description="auto, ppocr, tesseract or off"),
    ] = "auto"
    llm: Annotated[
        Literal["", "openai-like", "anthropic", "ollama"],
        Field(description="openai-like, anthropic or ollama"),
    ] = ""
    llm_model: str = ""
    llm_address: str = ""
    llm_key: _Secret = ""
    llm_timeout_s: _Seconds = 30.0
    llm_deadline_s: _Seconds = 80.0
    llm_tokens: Annotated[PositiveInt, Field(description="a whole number above 0")] = 900
    llm_tokens_a_day: Annotated[
        NonNegativeInt, Field(description="a whole number; 0 means no bound")
    ] = 0
    guard_model: Policy = "mask"
    guard_record: Policy = "mask"
    user_header: str = ""
    group_header: str = ""
    proxies: _Several = ()
    origins: _Several = ()
    database_url: _Secret = ""
    ledger_key: _Secret = ""
    ledger_plain_ids: Annotated[bool, Field(description="1 or 0")] = False
    audit_syslog: str = ""
    record: Annotated[Literal["answers", "counts"], Field(description="answers or counts")] = (
        "answers"
    )
    keep_days: Annotated[
        dict[str, PositiveInt],
        BeforeValidator(_days),
        Field(
            description="questions=365,answers=90,feedback=365,audit=1825, or one number for all"
        ),
    ] = Field(default_factory=dict)
    slack_bot_token: _Secret = ""
    slack_app_token: _Secret = ""
    slack_signing_secret: _Secret = ""
    slack_groups: Annotated[
        dict[str, tuple[str, ...]],
        BeforeValidator(_bound),
        Field(
            description="C0123ABCD=人事課,S0456EFGH=総務課: a channel or user group, and a group"
        ),
    ] = Field(default_factory=dict)
    mail_server: _Secret = ""
    mail_from: str = ""
    public_url: str = ""
    shared: str = ""
    traces: str = ""
    notices: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Refuse half a language model, and mail without a server or a sender."""
        if self.llm and not self.llm_model:
            raise ValueError(f"TEBIKI_LLM is {self.llm}, but TEBIKI_LLM_MODEL names no model")
        if self.llm == "openai-like" and not self.llm_address:
            raise ValueError(
                "TEBIKI_LLM is openai-like, but TEBIKI_LLM_ADDRESS is not set; give the server's, "
                "like http://127.0.0.1:8080/v1"
            )
        if self.shared and not self.shared.startswith("/"):
            raise ValueError(
                f"TEBIKI_SHARED is {self.shared}; give the full path of a folder that all servers "
                f"see, like /mnt/tebiki"
            )
        if self.shared and not self.database_url:
            raise ValueError(
                "TEBIKI_SHARED is set, but TEBIKI_DATABASE_URL is not; give the PostgreSQL "
                "database that says which index is current"
            )
        if self.mail_server or self.mail_from:
            from bot.mail import is_address, is_server

            if not is_server(self.mail_server):
                raise ValueError(
                    "TEBIKI_MAIL_SERVER is no mail server; give one like smtp://mail.example.lg.jp"
                )
            if not is_address(self.mail_from):
                raise ValueError(
                    "TEBIKI_MAIL_FROM is no mail address; give the sender's, like "
                    "tebiki@example.lg.jp"
                )
        return self

    @property
    def model(self) -> Configured | None:
        """The language model, None where none is set."""
        if not self.llm:
            return None
        from bot.writing.model import LONGEST_DEADLINE_S, LONGEST_WAIT_S, Configured

        return Configured(
            self.llm,
            self.llm_model,
            self.llm_address,
            self.llm_key,
            timeout_s=min(self.llm_timeout_s, LONGEST_WAIT_S),
            deadline_s=min(self.llm_deadline_s, LONGEST_DEADLINE_S),
            tokens=self.llm_tokens,
            tokens_a_day=self.llm_tokens_a_day,
        )


def shown(chosen: Settings) -> dict[str, object]:
    """Return the settings as they may be recorded: of a secret only whether it is set.

    An address may hold a password; of what is no number only the part behind it is shown.
    """
    told: dict[str, object] = {}
    for name, field in Settings.model_fields.items():
        value = getattr(chosen, name)
        if name == "notices":
            continue
        if not field.repr:
            value = "set" if value else ""
        elif isinstance(value, str) and "@" in value:
            value = value.rpartition("@")[2]
        plain = isinstance(value, bool | int | float | tuple | dict)
        told[name] = value if plain else str(value or "")
    return told


NAMES = tuple(PREFIX + name.upper() for name in Settings.model_fields if name != "notices")
_PATHS = ("home", "corpus", "embedding", "reranker", "entailment")


@dataclass(frozen=True, slots=True)
class Said:
    """What a setting is set to, and where."""

    value: str
    where: str


CORPORA, MAIN = "corpora", "main"
"""Where in a home the homes of named corpora lie, and the name of the home's own beside them."""

_OWN = ("home", "corpus", "database_url", "shared", "slack_bot_token", "slack_app_token",
        "slack_signing_secret", "slack_groups", "notices")  # fmt: skip
"""What a named corpus does not share with the installation: where it is kept, and its channel."""

_NAME = re.compile(r"[^\W_][\w-]{0,39}")


def named_in(home: Path) -> tuple[str, ...]:
    """Return the names of a home's corpora; none where it is that of a single one.

    The first is the home's own, where it has an index, and is asked where nobody names one.
    """
    folder = home / CORPORA
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    named = tuple(name for name in names if _NAME.fullmatch(name) and (folder / name).is_dir())
    return (MAIN, *named) if named and (home / "current").exists() else named


def of_corpus(whole: Settings, name: str, corpus: Path | None = None) -> Settings:
    """Return the settings of a named corpus of an installation.

    They are those of the *whole* but for what .env in its own home says. Its documents lie in
    "documents" there unless that, or *corpus*, says otherwise; its record, keys and Slack are its own.

    Raises:
        BadSettings: the name is none, or its .env cannot be used.
    """
    if name == MAIN:
        return whole
    if not _NAME.fullmatch(name):
        raise BadSettings(f'"{name}" cannot name a corpus: up to 40 letters, digits, "-" and "_".')
    home = whole.home / CORPORA / name
    told = said({}, home / ".env")
    own: dict[str, object] = {_field(each): one.value for each, one in told.items()}
    for each in own.keys() & _PATHS:
        own[each] = _from(home, str(own[each]), model=each != "corpus")
    shared = {each: getattr(whole, each) for each in Settings.model_fields if each not in _OWN}
    if whole.public_url:
        shared["public_url"] = f"{whole.public_url.rstrip('/')}/c/{quote(name)}"
    given = {**shared, "corpus": home / "documents", **own, "home": home}
    if corpus is not None:
        given["corpus"] = corpus.expanduser().absolute()
    try:
        return Settings.model_validate(given)
    except ValidationError as problem:
        raise BadSettings(_sentences(problem, told)) from problem


def read(*, home: Path | None = None, corpus: Path | None = None, name: str = "") -> Settings:
    """Return the settings of this process: what an option names, the environment, then .env.

    With a *name* those of that corpus of the home.

    Raises:
        BadSettings: a name in .env is unknown, or a value cannot be used.
    """
    if name:
        whole = read(home=home)
        found = of_corpus(whole, name, corpus)
        return found.model_copy(update={"notices": whole.notices})
    file = places.env_file(os.environ, Path.cwd())
    found = settings(os.environ, home, corpus, file=file.path)
    notices = (file.notice, *found.notices, *_unknown(os.environ))
    return found.model_copy(update={"notices": tuple(filter(None, notices))})


def settings(
    environment: Mapping[str, str],
    home: Path | None = None,
    corpus: Path | None = None,
    *,
    file: Path | None = None,
) -> Settings:
    """Return the settings that *environment* makes, over those of a *file* like .env.

    Raises:
        BadSettings: a name in the file is unknown, or a value cannot be used.
    """
    if gone := [_GONE[name] for name in _GONE if environment.get(name, "").strip()]:
        raise BadSettings("\n".join(f"The environment: {each}" for each in gone))
    told = said(environment, file)
    base = places.folder(environment)
    given: dict[str, object] = {_field(name): one.value for name, one in told.items()}
    for name in given.keys() & _PATHS:
        given[name] = _from(base, str(given[name]), model=name not in ("home", "corpus"))
    given |= {
        name: path.expanduser().absolute()
        for name, path in (("home", home), ("corpus", corpus))
        if path is not None
    }
    if "home" not in given:
        usual = places.home(environment, Path.cwd())
        given |= {"home": usual.path, "notices": (usual.notice,) if usual.notice else ()}
    try:
        return Settings.model_validate({"corpus": places.BUNDLED, **given})
    except ValidationError as problem:
        raise BadSettings(_sentences(problem, told)) from problem


def said(environment: Mapping[str, str], file: Path | None = None) -> dict[str, Said]:
    """Return by name what is set to something; what the environment says counts first.

    Raises:
        BadSettings: the file cannot be read as one, or names what is no setting.
    """
    told = _in_file(file) if file is not None and file.is_file() else {}
    told |= {
        name: Said(environment[name], "the environment") for name in NAMES if name in environment
    }
    # A prefix may be nothing on purpose; its blanks are part of it.
    kept = {name: one for name, one in told.items() if name.endswith("_PREFIX")}
    rest = {name: Said(one.value.strip(), one.where) for name, one in told.items()}
    return {name: one for name, one in rest.items() if one.value} | kept


def _in_file(file: Path) -> dict[str, Said]:
    """Return what a file like .env sets, by name, each with its line."""
    from io import StringIO

    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    try:
        # Windows' editors begin a file with a mark.
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise BadSettings(f"{file}: it is not UTF-8. Save it as UTF-8.") from problem
    lines: dict[str, int] = {}
    wrong: list[str] = []
    for one in parse_stream(StringIO(text)):
        # A statement begins behind the blank lines that are read with it.
        blank = len(one.original.string) - len(one.original.string.lstrip())
        line = one.original.line + one.original.string[:blank].count("\n")
        ours = one.key is not None and one.key.startswith(PREFIX)
        if one.error or (ours and one.value is None):
            wrong.append(f'{file}, line {line}: it is not like "NAME=value".')
        elif one.key is not None:
            lines[one.key] = line
            if ours and one.key not in NAMES:
                wrong.append(f"{file}, line {line}: {_no_setting(one.key)}")
    if wrong:
        raise BadSettings("\n".join(wrong))
    values = dotenv_values(stream=StringIO(text))
    return {
        name: Said(value, f"{file}, line {lines[name]}")
        for name, value in values.items()
        if value is not None and name in NAMES
    }


_GONE = {
    "TEBIKI_CHROMA_URL": (
        "TEBIKI_CHROMA_URL is no setting any more: servers share an index by TEBIKI_DATABASE_URL "
        "and TEBIKI_SHARED. Nothing was changed, and what the Chroma server holds stays there. Set "
        'those two in its place, run "tebiki refresh" where the documents are, and start the '
        'others; docs/corpus.md, "Several servers".'
    )
}
"""What to say of settings of earlier versions without which another index would answer."""


def _unknown(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return what to say of names in the environment: others may put some there, so only a notice."""
    strange = (name for name in environment if name.startswith(PREFIX) and name not in NAMES)
    return tuple(f"The environment: {_no_setting(name)}" for name in sorted(strange))


def _no_setting(name: str) -> str:
    """Return the sentence for a name that is none of a setting, with the nearest that is."""
    if name in _GONE:
        return _GONE[name]
    known = [one.removeprefix(PREFIX) for one in NAMES]
    near = get_close_matches(name.removeprefix(PREFIX), known, n=1)
    rest = f"Is {PREFIX}{near[0]} meant?" if near else ".env.example lists every setting."
    return f"{name} is no setting. {rest}"


def _field(name: str) -> str:
    return name.removeprefix(PREFIX).lower()


def _from(base: Path, given: str, *, model: bool) -> str:
    """Return a path in a setting as it stands from *base*; a *model* may be a name as well."""
    path = base / Path(given).expanduser()
    return str(path) if not model or path.is_dir() else given


def _sentences(problem: ValidationError, told: Mapping[str, Said]) -> str:
    """Return a line for each setting that cannot be used, with where it stands."""
    lines = []
    for one in problem.errors():
        if not one["loc"]:
            lines.append(f"{one['ctx']['error']}.")
            continue
        name = str(one["loc"][0])
        setting = told[PREFIX + name.upper()]
        wanted = Settings.model_fields[name].description
        lines.append(
            f'{setting.where}: {PREFIX}{name.upper()} is "{setting.value}"; it may be {wanted}.'
        )
    return "\n".join(dict.fromkeys(lines))
