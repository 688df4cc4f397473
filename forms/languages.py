"""A form in another of its languages: the very same form, with the texts of that language.

Where a text is not translated, the default language's stands.
"""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Mapping
from typing import Any

from forms.definition import Choice, Form, Group, Item
from forms.problems import FormError, problem

TEXTS = {
    "label": "label",
    "hint": "hint",
    "guidance_hint": "guidance",
    "required_message": "required_message",
    "constraint_message": "constraint_message",
}
"""Column -> attribute."""
MEDIA = ("image", "audio", "video", "big-image")

_made: weakref.WeakKeyDictionary[Form, dict[str, Form]] = weakref.WeakKeyDictionary()


def in_language(form: Form, language: str) -> Form:
    """The form in a language, named in full (`English (en)`) or by its code (`en`). Made once per form.

    Empty, or the default language: the form itself. FormError (`language_unknown`) for one it does not have.
    """
    name = _named(form, language)
    if not name:
        return form
    made = _made.setdefault(form, {})
    if name not in made:
        made[name] = dataclasses.replace(
            form,
            items=tuple(_item(item, name) for item in form.items),
            choices={key: tuple(_choice(c, name) for c in row) for key, row in form.choices.items()},
        )
    return made[name]


def _named(form: Form, language: str) -> str:
    wanted = language.strip().lower()
    if not wanted or wanted == form.default_language.lower():
        return ""
    for name in form.languages:
        if wanted in (name.lower(), code_of(name)):
            return "" if name == form.default_language else name
    raise FormError(problem("language_unknown", name=language, known="、".join(form.languages) or "（无）"))


def code_of(language: str) -> str:
    """`en` of `English (en)`; nothing when there is none."""
    _, sign, rest = language.rpartition("(")
    return rest.rstrip(") ").lower() if sign else ""


def _item(item: Item, language: str) -> Item:
    if isinstance(item, Group):
        items = tuple(_item(inner, language) for inner in item.items)
        return dataclasses.replace(item, items=items, **_texts(item, language), **_media(item, language))
    return dataclasses.replace(item, **_texts(item, language), **_media(item, language))


def _choice(choice: Choice, language: str) -> Choice:
    extra = dict(choice.extra)
    extra.update(
        {m: _text(choice.translations, m, language) or extra.get(m, "") for m in MEDIA if m in extra}
    )
    return dataclasses.replace(choice, extra=extra, **_texts(choice, language))


def _texts(record: Choice | Item, language: str) -> dict[str, Any]:
    found = {attribute: _text(record.translations, column, language) for column, attribute in TEXTS.items()}
    return {attribute: text for attribute, text in found.items() if text and hasattr(record, attribute)}


def _media(item: Item, language: str) -> dict[str, Any]:
    media = {m: _text(item.translations, m, language) or item.media.get(m, "") for m in MEDIA}
    return {"media": {m: file for m, file in media.items() if file}}


def _text(translations: Mapping[str, Mapping[str, str]], column: str, language: str) -> str:
    return translations.get(column, {}).get(language, "")
