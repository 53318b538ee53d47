"""Amazon CloudWatch: metrics, alarms, dashboards."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.service import Service

service = Service("cloudwatch")


class ActionDue(msgspec.Struct, frozen=True):
    """An alarm's action that CloudWatch itself does not perform. The service that the ARN `action` names reacts, does it,
    and appends what came of it to `taken`; an error that it raises fails the action. `detail` as in the event "CloudWatch Alarm State Change"."""

    account: str
    region: str
    arn: str
    action: str
    detail: dict[str, Any]
    taken: list[str]
