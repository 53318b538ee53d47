"""What CloudWatch does when another service tells of something."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import on

from . import limits, samples, storing


@on("logs.Measured")
def take(call: Call, event: Any) -> None:
    """What log events say of a metric, by a filter or by themselves; what is too old or too early is not taken."""
    if not call.now - limits.PAST_S <= event.at <= call.now + limits.FUTURE_S:
        return
    sample = samples.of_values(event.values, [1.0] * len(event.values))
    told = storing.Told(event.namespace, event.name, event.dimensions, event.at, event.unit, sample, event.resolution_s)
    storing.store(call, [told])
