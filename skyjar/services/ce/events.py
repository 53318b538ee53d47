"""What Cost Explorer hears: that something has been used, and so may be held from now on."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import on

from . import jobs


@on("usage.Written")
def begin(call: Call, event: Any) -> None:
    jobs.begin(call)
