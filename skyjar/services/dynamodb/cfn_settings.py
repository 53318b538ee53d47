"""What a template says of a table beside its definition: recovery, TTL, Kinesis, contributor insights, policies and tags.

Each is an operation of its own, done where what is said differs from what was said before."""

from __future__ import annotations

from typing import Any

from skyjar.formation.resources import Physical, Properties

from .cfn_properties import INSIGHTS, indexes, lifetime, policy, truth


def settle(dynamodb: Any, table: Physical, properties: Properties, before: Properties) -> None:
    """All but tags, and the table's own policy, which CreateTable takes."""
    _recovery(dynamodb, table.id, properties, before)
    _destination(dynamodb, table.id, properties, before)
    update_insights(dynamodb, table.id, properties, before)
    _lifetime(dynamodb, table.id, properties, before)
    _stream_policy(dynamodb, table, properties, before)


def _recovery(dynamodb: Any, name: str, properties: Properties, before: Properties) -> None:
    now = properties.get("PointInTimeRecoverySpecification") or {}
    was = before.get("PointInTimeRecoverySpecification") or {}
    if now == was:
        return
    given: dict[str, Any] = {"PointInTimeRecoveryEnabled": truth(now.get("PointInTimeRecoveryEnabled"))}
    if given["PointInTimeRecoveryEnabled"] and now.get("RecoveryPeriodInDays"):
        given["RecoveryPeriodInDays"] = int(now["RecoveryPeriodInDays"])
    if given["PointInTimeRecoveryEnabled"] or truth(was.get("PointInTimeRecoveryEnabled")):
        dynamodb.update_continuous_backups(table_name=name, point_in_time_recovery_specification=given)


def _destination(dynamodb: Any, name: str, properties: Properties, before: Properties) -> None:
    now, was = properties.get("KinesisStreamSpecification") or {}, before.get("KinesisStreamSpecification") or {}
    if now == was:
        return
    precision = {key: value for key, value in now.items() if key != "StreamArn"}
    if now and now["StreamArn"] == was.get("StreamArn"):
        wanted = precision or {"ApproximateCreationDateTimePrecision": "MILLISECOND"}
        dynamodb.update_kinesis_streaming_destination(
            table_name=name, stream_arn=now["StreamArn"], update_kinesis_streaming_configuration=wanted
        )
        return
    if was:
        dynamodb.disable_kinesis_streaming_destination(table_name=name, stream_arn=was["StreamArn"])
    if now:
        given = {"enable_kinesis_streaming_configuration": precision} if precision else {}
        dynamodb.enable_kinesis_streaming_destination(table_name=name, stream_arn=now["StreamArn"], **given)


def update_insights(dynamodb: Any, name: str, properties: Properties, before: Properties) -> None:
    """Contributor insights of the table and its global indexes; an index that is gone has taken its own away."""
    wanted, there = _insights(properties), _insights(before)
    for index, now in wanted.items():
        was = there.get(index) or {}
        if now == was or not (truth(now.get("Enabled")) or truth(was.get("Enabled"))):
            continue
        given = {"index_name": index} if index else {}
        if now.get("Mode"):
            given["contributor_insights_mode"] = now["Mode"]
        action = "ENABLE" if truth(now.get("Enabled")) else "DISABLE"
        dynamodb.update_contributor_insights(table_name=name, contributor_insights_action=action, **given)


def _insights(properties: Properties) -> dict[str, dict[str, Any]]:
    """By index; the table's own under an empty name."""
    of_indexes = {name: each.get(INSIGHTS) or {} for name, each in indexes(properties).items()}
    return {"": properties.get(INSIGHTS) or {}, **of_indexes}


def _lifetime(dynamodb: Any, name: str, properties: Properties, before: Properties) -> None:
    now, was = properties.get("TimeToLiveSpecification"), before.get("TimeToLiveSpecification")
    if now == was:
        return
    given = lifetime(now) if now else {"Enabled": False, "AttributeName": (was or {})["AttributeName"]}
    if given["Enabled"] or (was and truth(was.get("Enabled"))):
        dynamodb.update_time_to_live(table_name=name, time_to_live_specification=given)


def _stream_policy(dynamodb: Any, table: Physical, properties: Properties, before: Properties) -> None:
    """A stream's policy goes with it, so another stream has none yet."""
    now, was = properties.get("StreamSpecification") or {}, before.get("StreamSpecification") or {}
    if not now:
        return
    is_same = now["StreamViewType"] == was.get("StreamViewType")
    update_policy(
        dynamodb, table.attributes["StreamArn"], now.get("ResourcePolicy"),
        was.get("ResourcePolicy") if is_same else None,
    )  # fmt: skip


def update_policy(dynamodb: Any, arn: str, now: dict[str, Any] | None, was: dict[str, Any] | None) -> None:
    if now == was:
        return
    if now:
        dynamodb.put_resource_policy(resource_arn=arn, policy=policy(now))
    else:
        dynamodb.delete_resource_policy(resource_arn=arn)


def update_tags(dynamodb: Any, arn: str, wanted: dict[str, str], there: dict[str, str]) -> None:
    gone = sorted(there.keys() - wanted.keys())
    if gone:
        dynamodb.untag_resource(resource_arn=arn, tag_keys=gone)
    if wanted != there and wanted:
        dynamodb.tag_resource(resource_arn=arn, tags=[{"Key": key, "Value": value} for key, value in wanted.items()])
