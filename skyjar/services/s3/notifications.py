"""Event notifications: their configuration, whose destinations must let S3 in when it is set."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.service import exists, operation

from . import bridged, deliveries, happenings, limits, state
from .errors import InvalidArgument
from .state import Bucket

_SERVICES = {"TopicArn": "sns", "QueueArn": "sqs", "LambdaFunctionArn": "lambda"}


@operation
def get_bucket_notification_configuration(
    call: Call, *, bucket: str, expected_bucket_owner: str = ""
) -> dict[str, Any]:
    at, where = state.bucket_of(call, bucket)
    return state.configuration(at, where, deliveries.KIND) or {}


@operation
def put_bucket_notification_configuration(
    call: Call,
    *,
    bucket: str,
    notification_configuration: dict[str, Any],
    skip_destination_validation: bool = False,
    expected_bucket_owner: str = "",
) -> None:
    at, where = state.bucket_of(call, bucket)
    document: dict[str, Any] = {}
    for kind in happenings.KINDS:
        given = notification_configuration.get(kind) or []
        if given:
            document[kind] = [{**_named(each), "Id": each.get("Id") or call.new_id()} for each in given]
    count = sum(len(each) for each in document.values())
    if count > limits.NOTIFICATIONS:
        raise InvalidArgument(
            f"The number of notification configurations exceeds the limit of {limits.NOTIFICATIONS}",
            ArgumentName="NotificationConfiguration",
            ArgumentValue=count,
        )
    happenings.check(document)
    _check_destinations(call, where, document, skip_destination_validation)
    if notification_configuration.get("EventBridgeConfiguration") is not None:
        document[bridged.MEMBER] = {}
    state.configure(at, where, deliveries.KIND, document or None)
    state.buckets.replace(call, where, state.replace(where, has_notifications=bool(document)))


def _named(configuration: dict[str, Any]) -> dict[str, Any]:
    """With the names of its filter's rules as S3 tells them, whatever their case was: Prefix and Suffix."""
    rules = ((configuration.get("Filter") or {}).get("Key") or {}).get("FilterRules")
    if not rules:
        return configuration
    told = [{**rule, "Name": str(rule.get("Name", "")).capitalize()} for rule in rules]
    return {**configuration, "Filter": {"Key": {"FilterRules": told}}}


def _check_destinations(call: Call, bucket: Bucket, document: dict[str, Any], is_trusted: bool) -> None:
    """Send the test event to queues and topics; functions are asked whether S3 may invoke them."""
    failures: dict[str, str] = {}
    acting = state.acting(call, bucket, deliveries.PRINCIPAL)
    for kind, member in happenings.KINDS.items():
        for target in {each[member]: None for each in document.get(kind, ())}:
            parts = target.split(":")
            if len(parts) < 6 or parts[2] != _SERVICES[member] or parts[0] != "arn":
                raise InvalidArgument("The ARN is not well formed", ArgumentName=member, ArgumentValue=target)
            if not exists(parts[2]):
                raise NotImplementedHere(f"Skyjar does not implement {parts[2]}, so that S3 cannot notify {target}.")
            if is_trusted:
                continue
            problem = _problem(acting, bucket, target)
            if problem:
                number = len(failures) // 2 + 1
                failures |= {f"ArgumentName{number}": f"{target}, null", f"ArgumentValue{number}": problem}
    if failures:
        raise InvalidArgument("Unable to validate the following destination configurations", **failures)


def _problem(call: Call, bucket: Bucket, target: str) -> str:
    """Why S3 cannot notify this destination; empty when it can. The call is S3's, in the bucket's account."""
    service, region = target.split(":")[2:4]
    if region != bucket.region:
        return "The notification destination service region is not valid for the bucket location constraint"
    if service == "lambda":
        call.context = deliveries.stated(call, bucket.name)
        who = principals.service(deliveries.PRINCIPAL, call.account)
        is_let = call.may("lambda", "invoke", who, function_name=target, invocation_type="Event")
        return "" if is_let else f"Not authorized to invoke function [{target}]"
    what = "queue" if service == "sqs" else "topic"
    if target.endswith(".fifo"):
        return f"FIFO {'queues' if what == 'queue' else 'topics'} are not supported as destinations"
    try:
        deliveries.send(call, bucket.name, target, _test(call, bucket))
    except AWSError:
        if service == "sqs" and not _is_queue(call, target):
            return "The destination queue does not exist"
        return f"Permissions on the destination {what} do not allow S3 to publish notifications from this bucket"
    return ""


def _is_queue(call: Call, arn: str) -> bool:
    region, account, name = arn.split(":")[3:6]
    try:
        call.ask("sqs", principals.root(account), region=region).get_queue_url(queue_name=name)
    except AWSError:
        return False
    return True


def _test(call: Call, bucket: Bucket) -> str:
    told = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": happenings.iso(call.now),
        "Bucket": bucket.name,
        "RequestId": call.request_id,
        "HostId": call.request_id,
    }
    return orjson.dumps(told).decode()
