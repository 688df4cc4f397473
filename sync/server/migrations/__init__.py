"""Steps from one shape of the tables to the next (alembic). Run by `migrate.py`, never by hand."""
