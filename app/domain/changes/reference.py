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
    own: bool = False
    """The park's own: what the program brings does not replace it."""


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


class DictionaryVersion(DocumentModel):
    """One version of a dictionary for ever (`ref:` bucket), id `name@version`: what is older is judged by it."""

    kind = "dictionary_version"
    id: str
    name: str
    version: str
    content: Body
    published_at: str


@change_function("dictionary.publish", Role.ADMIN)
def publish_dictionary(documents: Documents, change: Change, context: Context) -> Outcome:
    """Publish a dictionary's new content under its name. A version that is out is immutable, as a form's is."""
    dictionary = Dictionary.model_validate({"id": change.doc[1], **change.args})
    existing = documents.get(Dictionary.kind, dictionary.id)
    if existing is not None and same_value(existing.body, dictionary.to_body()):
        return Outcome()
    id = f"{dictionary.id}@{dictionary.version}"
    kept = documents.get(DictionaryVersion.kind, id)
    if kept is not None and not same_value(kept.body.get("content"), dictionary.to_body()["content"]):
        raise Refusal(
            "dictionary_published",
            f"字典 {dictionary.id} 的 {dictionary.version} 版已经发布，内容不能再改。请换一个 version 再发布。",
            field="version",
        )
    version = DictionaryVersion(
        id=id,
        name=dictionary.id,
        version=dictionary.version,
        content=dictionary.content,
        published_at=to_text(context.now),
    )
    writes = [Write(Dictionary.kind, dictionary.id, dictionary.to_body())]
    if kept is None:
        writes.append(Write(version.kind, version.id, version.to_body()))
    return Outcome(tuple(writes))
