"""The form on screen: one widget per question type, every answer kept as it is given.

`page.FillingPage` is the page; `session.FillingSession` holds the filling and says what changed; `saver.DraftSaver`
writes the draft behind it; `questions` is the registry of question types.
"""
