"""Showing and changing how a running cloud behaves: what `skyjar up --stale-reads` and `--aws-timing` set at its start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skyjar.app import Cloud

LONGEST_S = 3600.0


def show(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    behaviour = cloud.pipeline.behaviour
    return {"stale_reads_s": behaviour.stale_reads_s, "aws_timing": behaviour.has_aws_timing}


def change(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    """`stale_reads_s` (seconds, 0 for none) and `aws_timing` (true, false). Holds until the cloud ends."""
    behaviour = cloud.pipeline.behaviour
    seconds, timing = parameters.get("stale_reads_s"), parameters.get("aws_timing")
    if seconds is not None and (isinstance(seconds, bool) or not 0 <= float(seconds) <= LONGEST_S):
        raise ValueError("stale_reads_s is a number of seconds from 0 to 3600.")
    if timing is not None and not isinstance(timing, bool):
        raise ValueError("aws_timing is true or false.")
    if seconds is not None:
        behaviour.stale_reads_s = float(seconds)
    if timing is not None:
        behaviour.has_aws_timing = timing
    return show(cloud, {})
