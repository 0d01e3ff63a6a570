"""What customers keep or print: return labels, drop-off codes, invoices, and the signed links that lead to them.

`label_pdf`, `drop_off_code` and `invoice_pdf` write a document from what the shop knows; `Links` makes and reads the
addresses under which `DocumentPages` serves documents. The sentences have catalogues in `locales/`. Importing this room
loads no PDF library: its modules do.
"""

from documents.links import Grant, Kind, LinkExpired, LinkInvalid, Links

__all__ = ["Grant", "Kind", "LinkExpired", "LinkInvalid", "Links"]
