"""A town of tills: it sells as a town does, keeps its own books, and compares them with the server's answers.

Pure: `menu`, `town`, `hours`, `baskets`, `documents`, `lives`, `shift` (what is posted) and `sums`, `accounts`,
`swish_books`, `books` (what must come of it). None of them imports anything of the server: its arithmetic is not
checked by itself. `line`, `tills`, `reading`, `run` talk to the server; `comparison` compares.
"""
