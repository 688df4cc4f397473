"""Alembic runs this with the connection that `migrate.py` hands over."""

from __future__ import annotations

from alembic import context

from sync.server.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
