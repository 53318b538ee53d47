"""Rows written as an ORC file, with the ORC project's own library. Slow: for a thread.

The library is not installed with Skyjar (`skyjar[orc]`), and is loaded when it is first asked for.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def is_there() -> bool:
    return find_spec("pyorc") is not None


def written(schema: str, found: Iterable[tuple[Any, ...]]) -> bytes:
    """`schema` is a struct as ORC writes it (`struct<key:string,size:bigint>`); a row has its values in that order, None for null,
    points in time with their zone."""
    pyorc = import_module("pyorc")
    target = io.BytesIO()
    with pyorc.Writer(target, schema, compression=pyorc.CompressionKind.ZLIB) as writer:
        for row in found:
            writer.write(row)
    return target.getvalue()
