"""Random histories of three laptops and a centre: the real store, the real engine, the real server code, one process.

`world.py` is what can happen, `truth.py` and `checks.py` what must be true after each step, `histories.py` the
Hypothesis machine over it, `planted.py` defects that must be found. `python -m tests.sync.machine` is the long run.
"""
