"""CloudWatch's alarms whose action is a scaling policy."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import on

from . import monitors, scaling, state
from .errors import ObjectNotFoundException


@on("cloudwatch.ActionDue")
def act(call: Call, event: Any) -> None:
    parts = event.action.split(":")
    if (
        len(parts) < 8
        or parts[2] != "autoscaling"
        or parts[5] != "scalingPolicy"
        or not parts[7].startswith("resource/")
    ):
        return
    found = state.policies.first(call, parts[6], via="id")
    if found is None or state.policy_arn(call, found) != event.action:
        raise ObjectNotFoundException(f"No scaling policy found for {event.action}")
    event.taken.append(event.action)
    alarm = monitors.described(call, found.namespace, event.arn.split(":alarm:", 1)[1])
    if alarm is not None:
        scaling.triggered(call, found, alarm)
