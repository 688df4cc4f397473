"""Glass: the only room with Qt. Widgets show, presenters ask `app.services` through the runner."""
