"""Target tracking: the alarms that a policy makes, and the capacity that would bring its metric to the target.

What alarms DynamoDB's have was read off those that AWS makes: use is consumed units of a minute, compared with what the
target is of what is provisioned, so they are put anew whenever capacity changes. Two more watch for that.
"""

from __future__ import annotations

from math import ceil
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from . import capacities, limits, linked_roles, state
from .errors import ValidationException
from .state import Key, Policy

HIGH, LOW = "AlarmHigh", "AlarmLow"
CAPACITY_HIGH, CAPACITY_LOW = "ProvisionedCapacityHigh", "ProvisionedCapacityLow"
_PREDEFINED = {
    "DynamoDBReadCapacityUtilization": ("ReadCapacityUnits", "ConsumedReadCapacityUnits"),
    "DynamoDBWriteCapacityUtilization": ("WriteCapacityUnits", "ConsumedWriteCapacityUnits"),
    "LambdaProvisionedConcurrencyUtilization": ("ProvisionedConcurrency", "ProvisionedConcurrencyUtilization"),
}


def check(key: Key, settings: dict[str, Any]) -> None:
    predefined = settings.get("PredefinedMetricSpecification")
    custom = settings.get("CustomizedMetricSpecification")
    if (predefined is None) == (custom is None):
        raise ValidationException(
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified."
        )
    for name in ("ScaleInCooldown", "ScaleOutCooldown"):
        if settings.get(name, 0) < 0:
            raise ValidationException(f"{name} cannot be negative")
    if predefined is not None:
        _check_predefined(key, predefined, settings["TargetValue"])
        return
    assert custom is not None
    if settings["TargetValue"] <= 0:
        raise ValidationException("The target value must be greater than 0.")
    single = [name for name in ("MetricName", "Namespace", "Statistic") if custom.get(name)]
    if custom.get("Metrics"):
        if single:
            raise ValidationException("Metrics and a single metric cannot be specified at the same time.")
    elif len(single) < 3:
        raise ValidationException("A customized metric needs MetricName, Namespace and Statistic.")


def _check_predefined(key: Key, given: dict[str, Any], aim: float) -> None:
    kind = given["PredefinedMetricType"]
    unit = key[2].rpartition(":")[2]
    if _PREDEFINED.get(kind, ("",))[0] != unit:
        raise ValidationException(f"The predefined metric {kind} is not supported for scalable dimension {key[2]}")
    if given.get("ResourceLabel"):
        raise ValidationException(f"ResourceLabel is not supported for the predefined metric {kind}")
    least, most = limits.UTILIZATION[key[0]]
    if not least <= aim <= most:
        raise ValidationException(f"The target value of {kind} must be between {least:g} and {most:g}")


def metric_of(settings: dict[str, Any]) -> Any:
    """What tells one policy's metric from another's."""
    return settings.get("PredefinedMetricSpecification") or settings["CustomizedMetricSpecification"]


def wanted(policy: Policy, capacity: int, value: float) -> int:
    """How much brings the metric to its target."""
    aim: float = policy.settings["TargetValue"]
    if _is_of_units(policy):
        return ceil(value / 60 / (aim / 100) - 1e-9)
    return ceil(max(capacity, 1) * value / aim - 1e-9)


def _is_of_units(policy: Policy) -> bool:
    """Whether what is tracked are consumed units, as a share of those that are provisioned."""
    return policy.namespace == "dynamodb" and "PredefinedMetricSpecification" in policy.settings


def put_alarms(call: Call, policy: Policy) -> Policy:
    """Make its alarms, or put them anew for the capacity that there is; answers the policy with their names."""
    capacity = capacities.standing(call, policy.key).capacity
    wanted_now = _settings(policy, capacity)
    names = {kind: policy.alarms.get(kind) or _name(call, policy, kind) for kind in wanted_now}
    delete_alarms(call, policy, [name for kind, name in policy.alarms.items() if kind not in names])
    cloudwatch = call.ask("cloudwatch", linked_roles.session(call, policy.namespace))
    arn = state.policy_arn(call, policy)
    for kind, settings in wanted_now.items():
        cloudwatch.put_metric_alarm(
            alarm_name=names[kind],
            alarm_description=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {arn}.",
            alarm_actions=[arn],
            **settings,
        )
    new: Policy = state.replace(policy, alarms=names)
    state.policies.put(call, new)
    return new


def delete_alarms(call: Call, policy: Policy, names: list[str]) -> None:
    if not names:
        return
    try:
        call.ask("cloudwatch", linked_roles.session(call, policy.namespace)).delete_alarms(alarm_names=names)
    except AWSError as error:
        if error.status != 404 and "NotFound" not in error.code:
            raise


def _name(call: Call, policy: Policy, kind: str) -> str:
    return f"TargetTracking-{policy.resource}-{kind}-{call.new_id()}"


def _settings(policy: Policy, capacity: int) -> dict[str, dict[str, Any]]:
    """Parameters of PutMetricAlarm, by what the alarm is for."""
    aim, is_out_only = policy.settings["TargetValue"], policy.settings.get("DisableScaleIn", False)
    predefined = policy.settings.get("PredefinedMetricSpecification")
    metric = (
        _custom(policy.settings["CustomizedMetricSpecification"])
        if predefined is None
        else _predefined(policy, predefined["PredefinedMetricType"])
    )
    if not _is_of_units(policy):
        minutes = limits.OTHER_MINUTES
        high, low = aim, aim * limits.SHARE_BELOW
    else:
        minutes = limits.DYNAMODB_MINUTES
        high = round(aim * capacity * 60 / 100, 6)
        low = round(max(aim - limits.POINTS_BELOW, 0.0) * capacity * 60 / 100, 6)
    found = {HIGH: _alarm(metric, high, minutes[0], is_above=True)}
    if not is_out_only:
        found[LOW] = _alarm(metric, low, minutes[1], is_above=False)
    if _is_of_units(policy):
        provisioned = {
            **metric,
            "metric_name": metric["metric_name"].replace("Consumed", "Provisioned"),
            "statistic": "Average",
            "period": limits.CAPACITY_PERIOD_S,
        }
        found[CAPACITY_HIGH] = _alarm(provisioned, float(capacity), limits.CAPACITY_PERIODS, is_above=True)
        found[CAPACITY_LOW] = _alarm(provisioned, float(capacity), limits.CAPACITY_PERIODS, is_above=False)
    return found


def _alarm(metric: dict[str, Any], threshold: float, periods: int, *, is_above: bool) -> dict[str, Any]:
    return {
        **metric,
        "threshold": threshold,
        "evaluation_periods": periods,
        "comparison_operator": "GreaterThanThreshold" if is_above else "LessThanThreshold",
    }


def _predefined(policy: Policy, kind: str) -> dict[str, Any]:
    place = capacities.place(policy.key)
    if policy.namespace == "lambda":
        names = {"FunctionName": place.function, "Resource": f"{place.function}:{place.qualifier}"}
        return {
            "namespace": "AWS/Lambda",
            "metric_name": _PREDEFINED[kind][1],
            "dimensions": [{"Name": name, "Value": value} for name, value in names.items()],
            "statistic": "Average",
            "period": 60,
        }
    dimensions = [{"Name": "TableName", "Value": place.table}]
    if place.secondary:
        dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": place.secondary})
    return {
        "namespace": "AWS/DynamoDB",
        "metric_name": _PREDEFINED[kind][1],
        "dimensions": dimensions,
        "statistic": "Sum",
        "period": 60,
    }


def _custom(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("Metrics"):
        queries = [
            {**each, "MetricStat": {**each["MetricStat"], "Period": 60}} if "MetricStat" in each else each
            for each in given["Metrics"]
        ]
        return {"metrics": queries}
    found = {
        "namespace": given["Namespace"],
        "metric_name": given["MetricName"],
        "dimensions": given.get("Dimensions") or [],
        "statistic": given["Statistic"],
        "period": 60,
    }
    return found | ({"unit": given["Unit"]} if given.get("Unit") else {})
