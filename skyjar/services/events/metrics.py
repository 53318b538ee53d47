"""AWS/Events: what rules and PutEvents tell CloudWatch. Source: EventBridge User Guide, "Monitoring Amazon EventBridge".

What is told of a rule is told of all rules as well, without a dimension. A rule of the default bus is named by RuleName, one
of another bus by both names.
"""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Dimensions, Ended, Tallies

from . import sizes
from .state import DEFAULT

NAMESPACE = "AWS/Events"
MATCHED, TRIGGERED = "MatchedEvents", "TriggeredRules"
INVOKED, FAILED_FOR_GOOD = "Invocations", "FailedInvocations"
SENT, NOT_SENT = "InvocationsSentToDlq", "InvocationsFailedToBeSentToDlq"
_ATTEMPTED, _REPEATED, _SUCCEEDED = "InvocationAttempts", "RetryInvocationAttempts", "SuccessfulInvocationAttempts"
_BEGAN, _DONE = "IngestionToInvocationStartLatency", "IngestionToInvocationCompleteLatency"


def _of_rule(bus: str, rule: str) -> Dimensions:
    return (("RuleName", rule),) if bus == DEFAULT else (("EventBusName", bus), ("RuleName", rule))


def count(call: Call, bus: str, rule: str, *names: str) -> None:
    """Of a rule, and of all; the call is in the rule's account and Region."""
    for dimensions in (_of_rule(bus, rule), ()):
        for name in names:
            call.count(NAMESPACE, dimensions, name, "Count")


def matched_any(call: Call) -> None:
    """An event that one rule at least wants."""
    call.count(NAMESPACE, (), MATCHED, "Count")


def matched(call: Call, bus: str, rule: str) -> None:
    call.count(NAMESPACE, _of_rule(bus, rule), MATCHED, "Count")
    count(call, bus, rule, TRIGGERED)


def attempted(call: Call, bus: str, rule: str, came_at: float, tries: int) -> None:
    """A target is about to be called, for the first time or again."""
    count(call, bus, rule, _ATTEMPTED, *((_REPEATED,) if tries else ()))
    if not tries:
        _took(call, bus, rule, _BEGAN, came_at)


def succeeded(call: Call, bus: str, rule: str, came_at: float) -> None:
    count(call, bus, rule, INVOKED, _SUCCEEDED)
    _took(call, bus, rule, _DONE, came_at)


def _took(call: Call, bus: str, rule: str, name: str, came_at: float) -> None:
    for dimensions in (_of_rule(bus, rule), ()):
        call.count(NAMESPACE, dimensions, name, "Milliseconds", round(max(0.0, call.now - came_at) * 1000))


def _put(ended: Ended, tallies: Tallies) -> None:
    tally = tallies.of(ended.account, ended.region, ended.clock_began, NAMESPACE, ())
    tally.add(("PutEventsApproximateCallCount", "Count"), 1.0)
    if ended.error_code:
        is_throttled = ended.error_code == "ThrottlingException"
        kind = "PutEventsApproximateThrottledCount" if is_throttled else "PutEventsApproximateFailedCount"
        tally.add((kind, "Count"), 1.0)
        return
    entries = ended.parameters["entries"]
    tally.add(("PutEventsApproximateSuccessCount", "Count"), 1.0)
    tally.add(("PutEventsEntriesCount", "Count"), float(len(entries)))
    tally.add(("PutEventsFailedEntriesCount", "Count"), float(ended.result["FailedEntryCount"]))
    tally.add(("PutEventsLatency", "Milliseconds"), round(ended.took_ms, 2))
    tally.add(("PutEventsRequestSize", "Bytes"), float(sum(sizes.size_of(entry) for entry in entries)))


COUNTED = {"put_events": _put}
