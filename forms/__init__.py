"""The XLSForm language: what a form is, how it is read, and how it is filled in.

Pure code: no Qt, no SQL, no HTTP, and no clock but the one handed in. See README.md for the language.
"""
