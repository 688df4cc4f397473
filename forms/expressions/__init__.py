"""The ODK XPath dialect: text -> tokens -> syntax tree -> a Python closure that computes.

lexer.py      text -> tokens
syntax.py     the syntax tree
parser.py     tokens -> syntax tree
values.py     what expressions compute with, and the conversions between them
functions*.py the table of functions
compiler.py   syntax tree -> closure; paths are left to a `PathCompiler` (forms/paths.py for forms)
"""
