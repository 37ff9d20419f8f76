"""The ledger's tables as they are now; `migrations` says how they came to be.

Times are seconds since 1970 (UTC). Flags are whole numbers, 0 or 1, in every database alike.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

answers = Table(
    "answers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("asked_at", Float, nullable=False),
    Column("asked_on", Date, nullable=False),
    Column("origin", String(16), nullable=False),
    Column("private", Integer, nullable=False),
    Column("asker", String(64), nullable=False),
    Column("conversation", String(128), nullable=False),
    Column("question", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("mode", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("declined", String(32), nullable=False),
    Column("generation", String(128), nullable=False),
    Column("prompt", String(128), nullable=False),
    Column("took_ms", Float, nullable=False),
    Column("withdrawn", Integer, nullable=False),
    # the whole answer, and what a caller was sent when there was no whole answer to keep
    Column("evidence", LargeBinary),
    Column("sent", LargeBinary),
    Index("answers_of_conversation", "conversation", "asked_at"),
    Index("answers_of_asker", "asker", "asked_at"),
    Index("answers_by_time", "asked_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("answer", String(64), ForeignKey("answers.id"), primary_key=True),
    Column("rater", String(64), primary_key=True),
    Column("rating", String(16), nullable=False),
    Column("comment", Text, nullable=False),
    Column("rated_at", Float, nullable=False),
)

seen = Table(
    "seen",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("at", Float, nullable=False),
    Index("seen_by_time", "at"),
)

waiting = Table(
    "waiting",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("thread", String(64), nullable=False),
    Column("ts", String(64), nullable=False),
    Column("asker", String(64), nullable=False),
    Column("private", Integer, nullable=False),
    Column("conversation", String(128), nullable=False),
    Column("text", Text, nullable=False),
    Column("notices", Text, nullable=False),
    Column("reply_to", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("deleted", Integer, nullable=False),
    Column("edited", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("answer", String(64), nullable=False),
    Column("posted", String(64), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("arrived_at", Float, nullable=False),
    Column("not_before", Float, nullable=False),
    Column("owner", String(128), nullable=False),
    Column("leased_until", Float, nullable=False),
    Column("problem", Text, nullable=False),
    # which event of Slack brought it; only the asker sees the answer; too many were asked
    Column("event", String(255), nullable=False, server_default=""),
    Column("hidden", Integer, nullable=False, server_default="0"),
    Column("limited", Integer, nullable=False, server_default="0"),
    Index("waiting_by_state", "state", "not_before"),
    Index("waiting_of_asker", "asker", "arrived_at"),
)

threads = Table(
    "threads",
    metadata,
    Column("channel", String(64), primary_key=True),
    Column("thread", String(64), primary_key=True),
    Column("asker", String(64), nullable=False),
    Column("open", Integer, nullable=False),
    Column("at", Float, nullable=False),
)

channels = Table(
    "channels",
    metadata,
    Column("channel", String(64), primary_key=True),
    Column("automatic", Integer, nullable=False),
    Column("ephemeral", Integer, nullable=False),
    Column("documents", Text, nullable=False),
)

spent = Table(
    "spent",
    metadata,
    Column("day", Date, primary_key=True),
    Column("tokens", BigInteger, nullable=False),
)

approved = Table(
    "approved",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("question", Text, nullable=False),
    Column("likes", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("wording", Text, nullable=False),
    Column("quotations", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("day", Date, nullable=False),
    Column("owner", String(200), nullable=False),
    # why it is to be checked before it leads again, "" while it stands
    Column("doubt", Text, nullable=False),
    Column("changed_at", Float, nullable=False),
)

# *channel* is the direct messages with a follower, *since* the ts of their choice.
followers = Table(
    "followers",
    metadata,
    Column("answer", String(64), ForeignKey("answers.id"), primary_key=True),
    Column("channel", String(64), primary_key=True),
    Column("since", String(64), nullable=False),
    # the generation and day that the answer was compared with last, and the outcome then
    Column("looked", String(255), nullable=False),
    Column("told", String(64), nullable=False),
)
