"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    _documents()
    _people()
    op.create_table(
        "counter",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", "period", name="pk_counter"),
    )
    _files()


def _documents() -> None:
    op.create_table(
        "bucket",
        sa.Column("id", sa.String(120), primary_key=True),
        sa.Column("head", sa.BigInteger, nullable=False),
        sa.Column("floor", sa.BigInteger, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("sum", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "member",
        sa.Column("bucket", sa.String(120), nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "person", "role", name="pk_member"),
    )
    op.create_index("ix_member_person", "member", ["person"])
    op.create_table(
        "document",
        sa.Column("bucket", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("id", sa.String(120), nullable=False),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("bucket", "kind", "id", name="pk_document"),
    )
    op.create_index("ix_document_bucket_seq", "document", ["bucket", "seq"], unique=True)
    op.create_table(
        "change",
        sa.Column("mid", sa.String(36), primary_key=True),
        sa.Column("bucket", sa.String(120), nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("received_at", sa.String(24), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
    )
    op.create_index("ix_change_bucket_received", "change", ["bucket", "received_at"])
    op.create_index("ix_change_status_received", "change", ["status", "received_at"])


def _people() -> None:
    op.create_table(
        "account",
        sa.Column("person", sa.String(36), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("roles", sa.String(200), nullable=False),
        sa.Column("department", sa.String(64)),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", sa.String(24)),
        sa.Column("created_at", sa.String(24), nullable=False),
    )
    op.create_table(
        "device",
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("want", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("seen_at", sa.String(24), nullable=False),
        sa.Column("revoked_at", sa.String(24)),
        sa.PrimaryKeyConstraint("person", "id", name="pk_device"),
    )
    op.create_table(
        "token",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
    )
    op.create_index("ix_token_person_device", "token", ["person", "device"])


def _files() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("bucket", sa.String(120), nullable=False),
        sa.Column("attachment", sa.String(120), nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("lease", sa.String(36), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("done_at", sa.String(24)),
    )
    op.create_table(
        "stored_file",
        sa.Column("bucket", sa.String(120), nullable=False),
        sa.Column("attachment", sa.String(120), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("stored_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "attachment", name="pk_stored_file"),
    )
    op.create_index("ix_stored_file_sha256", "stored_file", ["sha256"])
