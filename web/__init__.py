"""What the rooms with web pages have in common: files that pages load, templates, what a reader's browser asks for.

`static/house.css` is the style of all pages: colours, elements, the frame around the content. `templates/page.html` is
that frame, to be extended, and `templates/common.html` has parts of pages; the sentences in both are translated in the
catalogues of the rooms that use them.
"""
