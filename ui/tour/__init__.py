"""`zhuqitong tour`: an officer's day, the rest of an issue's way and a reception day, with the real windows and a real
server, told headless.

Leaves numbered pictures, the PDFs and `tour.json` with each step's outcome and seconds.
"""

from ui.tour.run import run_tour

__all__ = ["run_tour"]
