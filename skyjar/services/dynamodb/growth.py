"""How on-demand tables and indexes grow: to twice their peak.

AWS "instantly accommodates up to double the previous peak", and more "within 30 minutes" may be throttled. So the peak of one half hour
gives twice of it in the next. Without `--aws-timing` a half hour's growth comes at once, as far as its rate itself could have brought
it (twice the rate with which the half hour began): a load that grows beyond twice of any former peak is throttled in both.
Source: Developer Guide, "DynamoDB on-demand capacity mode", "Peak traffic and scaling properties".
"""

from __future__ import annotations

from skyjar.kernel.call import Call

from . import limits, state
from .quotas import quota
from .state import Definition, IndexDefinition, Peak

Bought = Definition | IndexDefinition


def base(call: Call, bought: Bought, is_provisioned: bool) -> tuple[int, int]:
    """Reads and writes per second that it can do whatever it did before."""
    if is_provisioned:
        reads, writes = bought.read_units, bought.write_units
    else:
        reads, writes = quota(call, "on-demand-read-units"), quota(call, "on-demand-write-units")
    return max(reads, bought.warm_reads), max(writes, bought.warm_writes)


def rates(call: Call, bought: Bought, peak: Peak | None) -> tuple[int, int]:
    """What an on-demand table or index can do in a second now."""
    reads, writes = base(call, bought, False)
    if peak is None:
        return reads, writes
    peak = told(peak, call.now, 0.0, 0.0)
    reads, writes = max(reads, peak.grown_reads), max(writes, peak.grown_writes)
    if call.behaviour.has_aws_timing:
        return reads, writes
    return max(reads, min(int(2 * peak.most_reads), 2 * reads)), max(writes, min(int(2 * peak.most_writes), 2 * writes))


def window(now: float) -> int:
    return int(now // limits.PEAK_WINDOW_S)


def told(peak: Peak, at_s: float, reads: float, writes: float) -> Peak:
    """A peak with a second of that half hour; in another one than before, what was done makes it grow."""
    present = window(at_s)
    if present != peak.window:
        grown_reads = max(peak.grown_reads, int(2 * peak.most_reads))
        grown_writes = max(peak.grown_writes, int(2 * peak.most_writes))
        peak = state.replace(
            peak, window=present, grown_reads=grown_reads, grown_writes=grown_writes, most_reads=0.0, most_writes=0.0
        )
    if reads > peak.most_reads or writes > peak.most_writes:
        most_reads, most_writes = max(peak.most_reads, reads), max(peak.most_writes, writes)
        peak = state.replace(peak, most_reads=most_reads, most_writes=most_writes)
    return peak


def matters(call: Call, bought: Bought, peak: Peak, stored: Peak) -> bool:
    """Whether it can do more, or will, by what is not written yet."""
    if peak == stored:
        return False
    reads, writes = base(call, bought, False)
    reads = max(reads, stored.grown_reads, int(2 * stored.most_reads))
    writes = max(writes, stored.grown_writes, int(2 * stored.most_writes))
    return max(peak.grown_reads, 2 * peak.most_reads) > reads or max(peak.grown_writes, 2 * peak.most_writes) > writes
