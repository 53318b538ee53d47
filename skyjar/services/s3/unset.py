"""Configurations that no bucket here has, because what sets them is not implemented: what AWS answers then."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import state


@operation
def get_bucket_logging(call: Call, *, bucket: str, expected_bucket_owner: str = "") -> dict[str, Any]:
    state.bucket_of(call, bucket)
    return {}
