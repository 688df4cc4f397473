"""What the server publishes for everybody: forms and dictionaries."""

from __future__ import annotations

from pydantic import BaseModel

from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function
from app.domain.clock import to_text
from app.domain.documents import Body, DocumentModel, Documents, same_value
from app.domain.people import Role
from app.domain.visit import PublishedForm


class Dictionary(DocumentModel):
    """One dictionary (`ref:` bucket); the id is its name, the content is as in `resources/dictionaries`."""

    kind = "dictionary"
    id: str
    version: str
    content: Body


class FormArgs(BaseModel):
    """args of `form.publish`."""

    form_id: str
    version: str
    title: str
    source: str


@change_function("form.publish", Role.ADMIN)
def publish_form(documents: Documents, change: Change, context: Context) -> Outcome:
    """Publish a form. A published version is immutable: the same text again is nothing, another text is refused."""
    args = FormArgs.model_validate(change.args)
    id = f"{args.form_id}@{args.version}"
    existing = documents.get(PublishedForm.kind, id)
    if existing is not None:
        if PublishedForm.of(existing).source == args.source:
            return Outcome()
        raise Refusal(
            "form_published",
            f"表单 {args.form_id} 的 {args.version} 版已经发布，内容不能再改。请在 settings 表里改 version 后重新发布。",
            field="version",
        )
    form = PublishedForm(id=id, **args.model_dump(), published_at=to_text(context.now))
    return Outcome((Write(PublishedForm.kind, id, form.to_body()),))


@change_function("dictionary.publish", Role.ADMIN)
def publish_dictionary(documents: Documents, change: Change, context: Context) -> Outcome:
    """Publish a dictionary's new content under its name."""
    dictionary = Dictionary.model_validate({"id": change.doc[1], **change.args})
    existing = documents.get(Dictionary.kind, dictionary.id)
    if existing is not None and same_value(existing.body, dictionary.to_body()):
        return Outcome()
    return Outcome((Write(Dictionary.kind, dictionary.id, dictionary.to_body()),))
