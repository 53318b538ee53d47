"""AWS/Lambda: what functions tell CloudWatch. Source: Lambda Developer Guide, "Types of metrics for Lambda functions".

Each invocation counts once for the function, once for what was called (a version or an alias, where it was named), and once
for all functions of the account and Region.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Dimensions, Ended, Tallies
from skyjar.kernel.tables import At, Place
from skyjar.runtime.functions import PROVISIONED
from skyjar.runtime.invocations import Answer, Outcome, Throttled

from . import names, stream_records, usage
from .state import Version

NAMESPACE = "AWS/Lambda"


def count(call: Call, answer: Answer) -> None:
    """Of an invocation that ended or was refused for want of concurrency."""
    if not isinstance(answer, Outcome | Throttled):
        return
    arn = answer.invoked_arn or (answer.function.arn if isinstance(answer, Outcome) else "")
    if not arn:
        return
    _, _, _, region, account, _, name, *qualifier = arn.split(":")
    at = Place(call.tx, account, region)
    if isinstance(answer, Outcome):
        usage.invoked(call, at, answer)
    told: list[tuple[str, str, float]]
    if isinstance(answer, Throttled):
        told = [("Throttles", "Count", 1.0)]
    else:
        told = [
            ("Invocations", "Count", 1.0),
            ("Errors", "Count", 1.0 if answer.result.error else 0.0),
            ("Throttles", "Count", 0.0),
            ("Duration", "Milliseconds", round(answer.result.duration_ms, 2)),
            ("ConcurrentExecutions", "Count", float(answer.concurrent)),
        ]
    for dimensions in _dimensions(name, qualifier):
        for metric, unit, value in told:
            call.count(NAMESPACE, dimensions, metric, unit, value, at=at)
    if isinstance(answer, Outcome) and answer.provisioned:
        _count_provisioned(call, at, answer, (("FunctionName", name), ("Resource", ":".join((name, *qualifier)))))


def _count_provisioned(call: Call, at: At, answer: Outcome, resource: Dimensions) -> None:
    """Of what sandboxes are kept ready for: how much of that was in use, and whether the invocation found one."""
    is_inside = answer.result.init_type == PROVISIONED
    told = [
        ("ProvisionedConcurrencyInvocations" if is_inside else "ProvisionedConcurrencySpilloverInvocations", 1.0),
        ("ProvisionedConcurrentExecutions", float(answer.in_use)),
        ("ProvisionedConcurrencyUtilization", round(min(1.0, answer.in_use / answer.provisioned), 6)),
    ]
    for dimensions in (resource[:1], resource):
        for metric, value in told:
            call.count(NAMESPACE, dimensions, metric, "Count", value, at=at)


def _dimensions(name: str, qualifier: list[str]) -> Iterator[Dimensions]:
    yield ()
    yield (("FunctionName", name),)
    yield ("FunctionName", name), ("Resource", ":".join((name, *qualifier)))


def count_age(call: Call, at: At, version: Version, records: bytes) -> None:
    """How old the last record of a batch from a stream is when the function is called with it."""
    found = orjson.loads(records)
    if not found:
        return
    age_ms = max(0.0, (call.now - stream_records.arrival_of(found[-1])) * 1000)
    call.count(NAMESPACE, (("FunctionName", version.name),), "IteratorAge", "Milliseconds", round(age_ms), at=at)


def _refused(ended: Ended, tallies: Tallies) -> None:
    """A synchronous invocation that is throttled fails, and so is counted where it ended."""
    if ended.error_code != "TooManyRequestsException":
        return
    given = ended.parameters
    called = names.read(ended.account, ended.region, given["function_name"], given.get("qualifier"))
    for dimensions in _dimensions(called.name, [called.qualifier] if called.qualifier else []):
        tally = tallies.of(called.account, called.region, ended.clock_began, NAMESPACE, dimensions)
        tally.add(("Throttles", "Count"), 1.0)


COUNTED = {"invoke": _refused}
