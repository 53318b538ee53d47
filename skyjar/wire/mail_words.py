"""Free text in headers: what is not ASCII travels as RFC 2047 says, which S3 does for user-defined metadata.

Source: S3 User Guide, "Working with object metadata": values with other than US-ASCII characters are decoded before they are
stored, and encoded before they are returned. The bytes of a header are taken for ISO 8859-1, as its example shows.
"""

from __future__ import annotations

import re
from base64 import b64encode
from email.errors import HeaderParseError
from email.header import decode_header
from email.quoprimime import header_encode

_WORD = re.compile(r"=\?[A-Za-z0-9_-]+\?(?:[Bb]\?[A-Za-z0-9+/]+=*|[Qq]\?[!-<>@-~=]+)\?=")


def encoded(text: str) -> str:
    """As one encoded word; in the Q encoding where most of it is ASCII, else in B."""
    if text.isascii():
        return text
    data = text.encode()
    others = sum(not character.isascii() for character in text)
    if others * 2 > len(text):
        return f"=?UTF-8?B?{b64encode(data).decode()}?="
    return header_encode(data, "UTF-8").replace("=?UTF-8?q?", "=?UTF-8?Q?", 1)


def decoded(text: str) -> str:
    """What encoded words stand for; anything else as it is."""
    if "=?" not in text or _WORD.search(text) is None:
        return text
    try:
        found = decode_header(text)
        return "".join(each if isinstance(each, str) else each.decode(charset or "ascii") for each, charset in found)
    except (HeaderParseError, LookupError, ValueError):
        return text
