"""The chat widget: the shopper's door on the shop's website.

`static/` is what runs in the browser; docs/widget.md says how it is put on a page and what it says to the server.
"""
