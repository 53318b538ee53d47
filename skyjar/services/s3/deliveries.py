"""Event notifications on their way: written with what they tell of, sent in that order by one job for each bucket.

What the destination refuses by then (its policy has changed, it is gone) is lost, as on AWS.
"""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.tables import At

from . import bridged, happenings, state, waiting_state
from .object_state import Object
from .state import Bucket
from .waiting_state import Delivery

KIND = "notification"
PRINCIPAL = "s3.amazonaws.com"
PAGE = 100


def tell(call: Call, at: At, bucket: Bucket, event: str, found: Object, **more: Any) -> None:
    """Write what is to be sent of this event; `event` is like `ObjectCreated:Put`. Asked where notifications are on."""
    document = state.configuration(at, bucket, KIND) or {}
    written = None
    number = 0
    if bridged.MEMBER in document:
        number = waiting_state.next_number(at, bucket)
        bridged.tell(call, bucket, event, found, sequencer=_sequencer(call, number), more=more)
    for kind, member in happenings.KINDS.items():
        for each in document.get(kind, ()):
            if not happenings.wants(each, event, found.key):
                continue
            if written is None:
                number = number or waiting_state.next_number(at, bucket)
                written = happenings.record(
                    event,
                    bucket,
                    found,
                    who=call.caller,
                    source_ip=call.caller.name if call.caller.kind == "service" else call.source_ip,
                    request_id=call.request_id,
                    now=call.now,
                    sequencer=_sequencer(call, number),
                    more=more,
                )
            told = {**written, "s3": {**written["s3"], "configurationId": each["Id"]}}
            body = orjson.dumps({"Records": [told]})
            waiting_state.deliveries.add(
                at, Delivery(space=bucket.space, number=number, target=each[member], body=body)
            )
    if written is not None:
        state.acting(call, bucket, PRINCIPAL).later(deliver, key=bucket.space, bucket=bucket.name, space=bucket.space)


def _sequencer(call: Call, number: int) -> str:
    """Hexadecimal digits that grow with what happens in a bucket."""
    return f"00{int(call.now):08X}{number & 0xFFFFFFFF:08X}"


@job()
def deliver(call: Call, *, bucket: str, space: str) -> None:
    waiting = waiting_state.deliveries.range(call, space, limit=PAGE)
    for each in waiting:
        waiting_state.deliveries.remove(call, each)
        try:
            send(call, bucket, each.target, each.body.decode())
        except AWSError:  # its record says why
            continue
    if len(waiting) == PAGE:
        call.later(deliver, key=space, bucket=bucket, space=space)


def stated(call: Call, bucket: str) -> dict[str, str]:
    """The condition keys of what S3 does for a bucket; the call is in the bucket's account."""
    return {"aws:SourceArn": state.bucket_arn(bucket), "aws:SourceAccount": call.account}


def put(call: Call, bucket: Bucket, there: str, owner: str, files: dict[str, bytes], **more: Any) -> None:
    """Write a report of a bucket into another one in its Region, as S3; where the `owner` that was said is not that one's,
    nothing is written. What the bucket does not take is lost, and its record says why."""
    who = principals.service(PRINCIPAL, bucket.account)
    try:
        target = state.named(call, there)
        if target.region != bucket.region or owner not in ("", target.account):
            return
        s3 = call.ask("s3", who, account=bucket.account, region=bucket.region, context=stated(call, bucket.name))
        for key, body in files.items():
            s3.put_object(bucket=there, key=key, body=body, acl="bucket-owner-full-control", **more)
    except AWSError:
        return


def send(call: Call, bucket: str, target: str, text: str) -> None:
    """To the queue, topic or function of that ARN, as S3; the call is in the bucket's account and Region."""
    _, _, service, region, account, name = target.split(":", 5)
    who = principals.service(PRINCIPAL, call.account)
    asked = call.ask(service, who, account=account, region=region, context=stated(call, bucket))
    if service == "sqs":
        asked.send_message(queue_url=f"{call.endpoint}/{account}/{name}", message_body=text)
    elif service == "sns":
        asked.publish(topic_arn=target, message=text, subject="Amazon S3 Notification")
    else:
        asked.invoke(function_name=target, invocation_type="Event", payload=text.encode())
