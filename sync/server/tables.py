"""What the centre keeps. Keys begin with the bucket where there is one, so that the tables can be spread by bucket.

`document` is written by `store.py` alone. Bodies are JSON text: they go onto the wire as they are, without being read.
Moments are text as `clock.to_text` writes them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_name)s"}
)

meta = Table(
    "meta",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
"""`epoch` (a new one after the database was put back from a backup), `park`, `park_name`; `allow:…` for each device that may come
back once after it was revoked, `differs:…` for each that found its data to differ from the centre's."""

bucket = Table(
    "bucket",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("head", BigInteger, nullable=False),
    Column("floor", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("sum", BigInteger, nullable=False),
)
"""`head`: the last seq given out. `floor`: deletions up to here are forgotten, an older cursor starts again from 0.
`count` and `sum`: live documents and their digest (`protocol.digest`). This row is the lock of the bucket."""

member = Table(
    "member",
    metadata,
    Column("bucket", String(120), nullable=False),
    Column("person", String(36), nullable=False),
    Column("role", String(16), nullable=False),
    PrimaryKeyConstraint("bucket", "person", "role"),
    Index("ix_member_person", "person"),
)
"""Who looks after which enterprise: follows the assignment documents, in their transaction."""

document = Table(
    "document",
    metadata,
    Column("bucket", String(120), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("id", String(120), nullable=False),
    Column("rev", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("bucket", "kind", "id"),
    Index("ix_document_bucket_seq", "bucket", "seq", unique=True),
)
"""`seq` is the bucket's head when the row was last written. A deleted row keeps its place with an empty body."""

change = Table(
    "change",
    metadata,
    Column("mid", String(36), primary_key=True),
    Column("bucket", String(120), nullable=False),
    Column("person", String(36), nullable=False),
    Column("device", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("received_at", String(24), nullable=False),
    Column("status", String(16), nullable=False),
    Column("body", Text, nullable=False),
    Column("result", Text, nullable=False),
    Index("ix_change_bucket_received", "bucket", "received_at"),
    Index("ix_change_status_received", "status", "received_at"),
)
"""Idempotency log, audit trail, escrow and dead letter in one. `body` is the change as it came; `result` is
`{"keys": [[bucket, kind, id]], "conflicts": […], "error": {…}}`. Its key is `mid` alone: an id is used once in the park."""

account = Table(
    "account",
    metadata,
    Column("person", String(36), primary_key=True),
    Column("account", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("roles", String(200), nullable=False),
    Column("department", String(64)),
    Column("password", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", String(24)),
    Column("created_at", String(24), nullable=False),
)
"""`password` is an argon2id hash; `roles` are separated by spaces."""

device = Table(
    "device",
    metadata,
    Column("person", String(36), nullable=False),
    Column("id", String(64), nullable=False),
    Column("name", String(128), nullable=False),
    Column("want", Text, nullable=False),
    Column("created_at", String(24), nullable=False),
    Column("seen_at", String(24), nullable=False),
    Column("revoked_at", String(24)),
    PrimaryKeyConstraint("person", "id"),
)
"""`want`: JSON list of the buckets a coordinator has opened on this device."""

token = Table(
    "token",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("person", String(36), nullable=False),
    Column("device", String(64), nullable=False),
    Column("created_at", String(24), nullable=False),
    Index("ix_token_person_device", "person", "device"),
)
"""Bearer tokens as SHA-256: what is stolen from here opens nothing."""

counter = Table(
    "counter",
    metadata,
    Column("name", String(40), nullable=False),
    Column("period", String(7), nullable=False),
    Column("value", BigInteger, nullable=False),
    PrimaryKeyConstraint("name", "period"),
)
"""The last official number given out of a name (`issue`, `visit`) in a month (`2026-11`, Beijing)."""

upload = Table(
    "upload",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("bucket", String(120), nullable=False),
    Column("attachment", String(120), nullable=False),
    Column("person", String(36), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("lease", String(36), nullable=False),
    Column("created_at", String(24), nullable=False),
    Column("done_at", String(24)),
)
"""`offset`: bytes that are safe for certain. `lease`: the request that may write; a newer one takes it over."""

upload_part = Table(
    "upload_part",
    metadata,
    Column("upload", String(36), nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),
    PrimaryKeyConstraint("upload", "offset"),
)
"""What has come in of an upload: `parts/<upload>/<name>` in the store. What is not named here counts for nothing."""

stored_file = Table(
    "stored_file",
    metadata,
    Column("bucket", String(120), nullable=False),
    Column("attachment", String(120), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("stored_at", String(24), nullable=False),
    PrimaryKeyConstraint("bucket", "attachment"),
    Index("ix_stored_file_sha256", "sha256"),
)
"""Which attachment of which bucket has its bytes here: what a download is allowed by."""
