"""What is set for accounts."""

from __future__ import annotations

from skyjar.kernel.tables import Record, Table


class Blocks(Record, frozen=True):
    number: str
    flags: tuple[bool, bool, bool, bool]


blocks = Table("s3control.blocks", Blocks, key=("number",), scope="cloud")
