"""E-mail addresses, as they stand in the header of a message."""

from __future__ import annotations

import re
from email.headerregistry import Address

_FORM = re.compile(r'(?:"?(?P<name>[^<>"@]*?)"?\s*<(?P<named>[^<>\s]+)>|(?P<bare>\S+))')

# What RFC 5322 calls a dot-atom, without quotes, comments and whatever else hardly any mailbox is called. Python
# decodes what looks like an encoded word (=?...?=), of which anything may come out, line breaks too.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAILBOX = re.compile(rf"(?!.*=\?)(?P<user>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>[^\W_](?:[\w.-]*[^\W_])?)")

MAX_ADDRESS = 254
"""The characters that an address may have (RFC 5321)."""


def parse_address(text: str) -> Address:
    """One address, perhaps with a name: `Halden <care@halden.example>`.

    The domain comes back in ASCII (IDNA), as mail servers want it. What stands before the @ must be ASCII: few servers
    take anything else.

    Raises:
        ValueError: it is none, or several, or holds what does not belong into a header. The message does not repeat it.
    """
    form = _FORM.fullmatch(text.strip())
    found = _MAILBOX.fullmatch(form["named"] or form["bare"]) if form and text.isprintable() else None
    if not form or not found:
        raise ValueError("must be one e-mail address, such as care@halden.example or Halden <care@halden.example>")
    try:
        domain = found["domain"].encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError("the e-mail address has a domain that cannot be") from None
    address = Address(form["name"] or "", found["user"], domain)
    if len(address.addr_spec) > MAX_ADDRESS:
        raise ValueError(f"the e-mail address is longer than {MAX_ADDRESS} characters")
    return address
