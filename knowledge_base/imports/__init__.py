"""Articles from the exports of help desks and from spreadsheets.

`exports` reads files, `records` finds the fields in them, `conversion` makes Markdown of texts, `filing` says where an
article belongs, and `planning` puts it all together. Nothing is exported here: what converts texts takes half a second
to load, and only the import needs it.
"""
