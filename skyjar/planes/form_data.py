"""Browsers' forms (multipart/form-data) as they arrive: the fields, then one file, whose bytes are handed on. What comes behind the
file is ignored, as S3 does. No I/O. Source: RFC 7578."""

from __future__ import annotations

import re
from collections.abc import Callable

_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:\\"|[^"])*)"|([^;\s]*))')


class Malformed(ValueError):
    """No form, or not the whole of one."""


class TooLong(ValueError):
    """More in front of the file than is taken."""


class Reader:
    """`fields` by lower-case name, and `filename` without folders, are known once it `has_file`; `feed` gives the file's bytes."""

    def __init__(self, content_type: str, most: int) -> None:
        """`most`: bytes in front of the file."""
        _, _, after = content_type.partition("boundary=")
        boundary = after.partition(";")[0].strip().strip('"').encode()
        if not boundary:
            raise Malformed
        self._mark = b"\r\n--" + boundary
        self._most = most
        self._buffer = bytearray(b"\r\n")
        self._state: Callable[[], bytes | None] = self._in_field
        self._name = ""
        self.fields: dict[str, str] = {}
        self.filename = ""
        self.has_file = False
        self._is_whole = False

    def feed(self, data: bytes) -> bytes:
        self._buffer += data
        out: list[bytes] = []
        while (piece := self._state()) is not None:
            if piece:
                out.append(piece)
        return b"".join(out)

    def close(self) -> None:
        """Raises when it was cut short."""
        if not self._is_whole:
            raise Malformed

    def _take(self, until: bytes) -> bytes | None:
        """What comes before that, which is passed over; None when it has not come yet."""
        at = self._buffer.find(until)
        size = len(self._buffer) if at < 0 else at + len(until)
        if size > self._most:
            raise TooLong
        if at < 0:
            return None
        taken = bytes(self._buffer[:at])
        del self._buffer[:size]
        self._most -= size
        return taken

    def _in_field(self) -> bytes | None:
        value = self._take(self._mark)
        if value is None:
            return None
        if self._name:
            self.fields[self._name] = value.decode("utf-8", "replace")
        self._state = self._behind_mark
        return b""

    def _behind_mark(self) -> bytes | None:
        if len(self._buffer) < 2:
            return None
        if self._buffer.startswith(b"--"):
            self._is_whole = True
            self._state = self._over
            return b""
        if not self._buffer.startswith(b"\r\n"):
            raise Malformed
        self._state = self._in_head
        return b""

    def _in_head(self) -> bytes | None:
        head = self._take(b"\r\n\r\n")
        if head is None:
            return None
        self._name, filename = _disposition(head.decode("utf-8", "replace"))
        if self._name == "file":
            self.has_file, self.filename = True, filename
            self._state = self._in_file
        else:
            self._state = self._in_field
        return b""

    def _in_file(self) -> bytes | None:
        at = self._buffer.find(self._mark)
        size = at if at >= 0 else len(self._buffer) - len(self._mark) + 1
        if at >= 0:
            self._is_whole = True
            self._state = self._over
        elif size <= 0:
            return None
        piece = bytes(self._buffer[:size])
        del self._buffer[:size]
        return piece

    def _over(self) -> bytes | None:
        self._buffer.clear()
        return None


def _disposition(head: str) -> tuple[str, str]:
    """The field's name in lower case, and the name of its file without folders, which some browsers tell."""
    for line in head.split("\r\n"):
        if line.lower().startswith("content-disposition:"):
            found = {key.lower(): quoted.replace('\\"', '"') or bare for key, quoted, bare in _PARAMETER.findall(line)}
            return found.get("name", "").lower(), found.get("filename", "").rpartition("/")[2].rpartition("\\")[2]
    return "", ""
