"""Amazon CloudWatch: metrics, alarms, dashboards."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.service import Service

service = Service("cloudwatch")


class AlarmStateChanged(msgspec.Struct, frozen=True):
    """`detail` is that of EventBridge's "CloudWatch Alarm State Change" from `aws.cloudwatch`, `arn` its resource."""

    account: str
    region: str
    arn: str
    detail: dict[str, Any]


class AlarmConfigurationChanged(msgspec.Struct, frozen=True):
    """`detail` is that of "CloudWatch Alarm Configuration Change"; its `operation` is create, update or delete."""

    account: str
    region: str
    arn: str
    detail: dict[str, Any]


class ActionDue(msgspec.Struct, frozen=True):
    """An alarm's action that CloudWatch itself does not perform. The service that the ARN `action` names reacts, does it,
    and appends what came of it to `taken`; an error that it raises fails the action. `detail` as of AlarmStateChanged."""

    account: str
    region: str
    arn: str
    action: str
    detail: dict[str, Any]
    taken: list[str]
