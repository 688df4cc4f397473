"""The registry: which widget takes the answer to which question."""

from __future__ import annotations

from typing import Final

from forms.definition import Form, Question
from ui.filling.questions.acknowledge import AcknowledgeEditor
from ui.filling.questions.chips_many import ChipsManyEditor
from ui.filling.questions.chips_one import ChipsOneEditor
from ui.filling.questions.combo import ComboEditor
from ui.filling.questions.date import DateEditor
from ui.filling.questions.editor import Editor, Subject
from ui.filling.questions.image import FileEditor, ImageEditor
from ui.filling.questions.line_text import TextEditor
from ui.filling.questions.moment import MomentEditor, TimeEditor
from ui.filling.questions.multiline import MultilineEditor
from ui.filling.questions.note import CalculatedEditor, NoteEditor
from ui.filling.questions.number import IntegerEditor, NumberEditor
from ui.filling.questions.rank import RankEditor
from ui.filling.questions.signature import SignatureEditor

FEW: Final = 12
"""Up to so many choices stand side by side; more of them make a list that is searched."""

REGISTRY: Final[dict[tuple[str, str], type[Editor]]] = {
    ("text", ""): TextEditor,
    ("text", "multiline"): MultilineEditor,
    ("text", "textarea"): MultilineEditor,
    ("barcode", ""): TextEditor,
    ("geopoint", ""): TextEditor,
    ("integer", ""): IntegerEditor,
    ("decimal", ""): NumberEditor,
    ("range", ""): NumberEditor,
    ("date", ""): DateEditor,
    ("time", ""): TimeEditor,
    ("dateTime", ""): MomentEditor,
    ("select_one", ""): ChipsOneEditor,
    ("select_one", "minimal"): ComboEditor,
    ("select_one", "autocomplete"): ComboEditor,
    ("select_one", "search"): ComboEditor,
    ("select_one", "many"): ComboEditor,
    ("select_one_from_file", ""): ChipsOneEditor,
    ("select_one_from_file", "minimal"): ComboEditor,
    ("select_one_from_file", "autocomplete"): ComboEditor,
    ("select_one_from_file", "search"): ComboEditor,
    ("select_one_from_file", "many"): ComboEditor,
    ("select_multiple", ""): ChipsManyEditor,
    ("select_multiple_from_file", ""): ChipsManyEditor,
    ("rank", ""): RankEditor,
    ("note", ""): NoteEditor,
    ("calculate", ""): CalculatedEditor,
    ("acknowledge", ""): AcknowledgeEditor,
    ("image", ""): ImageEditor,
    ("image", "signature"): SignatureEditor,
    ("image", "draw"): SignatureEditor,
    ("file", ""): FileEditor,
    ("audio", ""): FileEditor,
    ("video", ""): FileEditor,
}
"""(type, appearance) → widget. An appearance that is not here looks the usual way (""); "many" is chosen by the
number of choices, not by the author."""


def editor_class(form: Form, question: Question, choices: int) -> type[Editor]:
    """The widget for a question that has `choices` choices at present."""
    most = max(choices, len(form.choices.get(question.choice_list, ())))
    words = sorted(question.appearance)
    if most > FEW and not question.appearance & {"likert", "columns", "horizontal"}:
        words.append("many")
    for word in words:
        found = REGISTRY.get((question.type, word))
        if found is not None:
            return found
    return REGISTRY.get((question.type, ""), TextEditor)


__all__ = ["REGISTRY", "Editor", "Subject", "editor_class"]
