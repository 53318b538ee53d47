"""What Cost Explorer hears: that something may be held from now on."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import on

from . import jobs


@on("usage.Begun")
def begin(call: Call, event: Any) -> None:
    jobs.begin(call)
