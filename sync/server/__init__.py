"""The central server: the true documents, who may see them, and the one function that alters them.

Where to begin: `api.py` (what can be asked), `push.py` and `pull.py` (the two messages), `store.py` (the only writer of
documents), `tables.py` (what is kept).
"""
