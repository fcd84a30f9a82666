"""The web console: pages for people, made on the server from the read models.

To add a page:

1. `api/app.py`: a line among the console's routes, `page("/queues", queues.get_queues, READERS)`, and its path in the
   README's table. Roles are checked as everywhere; who may not sees a page that says so.
2. Handler: `api/console/queues.py` with `async def get_queues(request)`. It reads (one or a few statements on read
   models, within `own_rows(request)`) and ends in `return show(request, "queues.html", rows=rows)`.
   What goes wrong is raised (`NotFound`, `BadInput`), and `pages.refuse` shows it. Parameters: `wire.Query`.
3. Template: `templates/queues.html` extends `page.html` and fills the blocks `title` and `main`. It has `t` (words),
   `f` (numbers and dates, `formats.Formats`), `me` (the access) and `static`; `macros.html` has what pages share, such
   as bars. No style and no script stands in a template: the policy in `pages` forbids both. To be alive, a page says
   `{% set live = "orders" %}` (the read model it shows); its sections with an id and `data-live` follow that then.
4. Words: a table `[queues]` in `words/sv.toml` and `words/en.toml`. The menu's name is in `[menu]`, its place in
   `pages.MENU`: it appears with the route. A test compares the two languages, and the templates with them.
5. Tests: its path in `MAY` of `tests/acceptance/test_console.py` and in `PAGES` of `tests/browser/test_every_page.py`,
   which looks at each page in both widths, languages and colours, with axe; what it shows in a file of its own there.
"""
