"""Note a call that has ended, where anybody may want to know of it: its record, the history of calls, metrics."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .records import CallRecord

if TYPE_CHECKING:
    from .exchange import Exchange
    from .judgement import Judgement
    from .pipeline import Pipeline


def note(pipeline: Pipeline, x: Exchange, judgement: Judgement | None, message: str) -> None:
    """`message`: what an error says."""
    principal, model = x.principal, x.model
    pipeline.records.add(
        CallRecord(
            x.request_id,
            x.parent,
            x.clock_began,
            x.name,
            model.name if model is not None else (x.plane.name if x.plane is not None else ""),
            principal.arn,
            x.account,
            x.region,
            x.status,
            x.error_code,
            int((time.perf_counter() - x.began) * 1e6),
            x.request.peer,
            judgement,
            message,
            principal.access_key,
        )
    )
    function = x.function
    if function is not None:
        if function not in pipeline.history.skips:
            pipeline.history.see(x, judgement, message)
        counted = function.failed if x.error_code and function.failed is not None else function.counted
        if counted is not None:
            counted(x, pipeline.metrics)
    if pipeline.flushes.timer is None:
        pipeline.flushes.later()
