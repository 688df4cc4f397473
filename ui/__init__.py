"""Glass: the only room with Qt. Widgets show, presenters ask `app.services` through the runner."""

from ui.references import make_singletons_last

make_singletons_last()
