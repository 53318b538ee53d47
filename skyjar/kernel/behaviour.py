"""What a cloud does slower or less consistently than it could, because AWS does; all of it off unless it is asked for."""

from __future__ import annotations


class Behaviour:
    """`stale_reads_s`: eventually consistent reads may be as old as that. `has_aws_timing`: what AWS takes its time for takes
    as long here, by the cloud's clock (`durations.py`)."""

    __slots__ = ("has_aws_timing", "stale_reads_s")

    def __init__(self) -> None:
        self.stale_reads_s = 0.0
        self.has_aws_timing = False
