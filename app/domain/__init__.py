"""Models and pure rules, the same on laptop and server. No I/O, no clock but the one handed in."""
