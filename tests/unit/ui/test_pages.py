"""Every place of the shell has its page."""

from __future__ import annotations

from importlib import import_module

import pytest
from PySide6.QtWidgets import QWidget

from ui.main_window import PLACES
from ui.pages import FILLING, PAGES


@pytest.mark.parametrize("place", [*PAGES, *FILLING])
def test_a_place_names_a_page(place: str) -> None:
    module, name, _ = {**PAGES, **FILLING}[place]
    assert issubclass(getattr(import_module(module), name), QWidget)


def test_the_navigation_leads_somewhere() -> None:
    assert PLACES.keys() <= PAGES.keys()
