"""Steps from one shape of the tables to the next (alembic). Run by `migrate.py`, never by hand."""

HEAD = "0002"
"""The shape this program works with: the last step's revision. Known without alembic, which takes a second to load."""
