"""Measurements. `python -m tests.bench NAME --json` prints one JSON object: figures in seconds and bytes."""
