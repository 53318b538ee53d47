"""How many requests a second a prefix takes: what is above that is answered with SlowDown, which SDKs try again.

On AWS a prefix is a partition of the bucket's keys, which S3 splits by itself while the load lasts. So this is in force only with
AWS's timing, or where somebody has set a quota for it. A prefix is here what comes before the last slash of a key, and is not
split. Requests of clients count. Source: S3 User Guide, "Best practices design patterns: optimizing Amazon S3 performance".
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel import quotas
from skyjar.kernel.behaviour import Behaviour
from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Ended, Follower, Tallies
from skyjar.kernel.rates import Rates

from . import limits, request_counts, state
from .errors import SlowDown
from .state import Bucket

_READS = ("GetRequests", "HeadRequests", "ListRequests", "SelectRequests")


_ASKED = frozenset((("s3", "prefix-reads"), ("s3", "prefix-writes")))


def is_on(behaviour: Behaviour) -> bool:
    """Whether there is anything to be checked."""
    if behaviour.has_aws_timing:
        return True
    return bool(behaviour.set_quotas) and not _ASKED.isdisjoint(behaviour.set_quotas)


def check(call: Call, bucket: Bucket, operation: str, parameters: dict[str, Any]) -> None:
    kind = request_counts.kind(operation, parameters)
    if not kind or (call.parent and call.context.get("s3:authType") != "POST"):
        return
    name = "prefix-reads" if kind in _READS else "prefix-writes"
    most = _most(call, bucket, name)
    if most is None:
        return
    concerned = [(bucket.space, prefix, name) for prefix in _prefixes(parameters)]
    rates = call.behaviour.rates
    if any(rates.of(each) >= most for each in concerned):
        raise SlowDown
    call.follower = _counting(rates, concerned, call.follower)


def _counting(rates: Rates, concerned: list[tuple[str, str, str]], also: Follower | None) -> Follower:
    """A request counts once, when it has been answered, whatever it was answered."""

    def follow(ended: Ended, tallies: Tallies) -> None:
        for each in concerned:
            rates.add(each)
        if also is not None:
            also(ended, tallies)

    return follow


def _most(call: Call, bucket: Bucket, name: str) -> int | None:
    found = None
    if ("s3", name) in call.behaviour.set_quotas:
        found = quotas.set_to(state.place(call, bucket), "s3", name)
    if found is None and call.behaviour.has_aws_timing:
        found = limits.QUOTAS[name][0]
    return found


def _prefixes(parameters: dict[str, Any]) -> set[str]:
    """What the request concerns; one that deletes several objects counts once for each of their prefixes."""
    if "delete" in parameters:
        return {_of(str(each["Key"])) for each in parameters["delete"]["Objects"]}
    return {_of(parameters["key"] if "key" in parameters else parameters.get("prefix") or "")}


def _of(key: str) -> str:
    return key.rpartition("/")[0]
