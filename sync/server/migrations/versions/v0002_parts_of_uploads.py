"""What has come in of an upload is objects of a blob store, no longer one growing file.

Uploads under way are begun again: a laptop whose upload is no longer known does so by itself.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    op.execute(sa.text("DELETE FROM upload WHERE done_at IS NULL"))
    op.create_table(
        "upload_part",
        sa.Column("upload", sa.String(36), nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("upload", "offset", name="pk_upload_part"),
    )
