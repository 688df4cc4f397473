"""What is printed: fonts, line breaking, page layout, and one file per document.

From the bottom up: `fonts` (characters and their widths), `ink` (the only way to a PDF canvas), `paragraph` and
`blocks` (text and ruled rows that know their height), `page` (pages, numbering, the running head, the file),
`pen_form` (a form's questions for a pen), then the documents: `checklist`, `visit_record`. What a document needs
to know comes in as the frozen classes of `models`; nothing here reads a store or a clock.
"""
