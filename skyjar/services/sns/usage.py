"""What SNS bills of standard topics: requests, one for each 64 KB that is published, and deliveries. Source: "Amazon SNS pricing"."""

from __future__ import annotations

from collections.abc import Callable

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.metrics import Ended, Tallies

from . import metrics
from .state import Subscription

CHUNK_BYTES = 64 * 1024
_DELIVERIES = {
    "http": "DeliveryAttempts-HTTP",
    "https": "DeliveryAttempts-HTTP",
    "email": "DeliveryAttempts-SMTP",
    "email-json": "DeliveryAttempts-SMTP",
    "sqs": "DeliveryAttempts-SQS",
    "lambda": "DeliveryAttempts-LAMBDA",
}


def counts(operation: str) -> Callable[[Ended, Tallies], None] | None:
    name = operation.title().replace("_", "")

    def asked(ended: Ended, tallies: Tallies) -> None:
        given = ended.parameters
        topic = given.get("topic_arn") or ""
        if ended.error_code or (topic.endswith(".fifo") and operation.startswith("publish")):
            return
        size = 0.0
        if operation == "publish":
            size = metrics.size(given["message"], given.get("message_attributes"))
        elif operation == "publish_batch":
            entries = given["publish_batch_request_entries"]
            size = sum(metrics.size(each["Message"], each.get("MessageAttributes")) for each in entries)
        chunks = max(1.0, -(-size // CHUNK_BYTES))
        key = (ended.account, ended.region, "sns", "Requests-Tier1", name)
        usage.count(tallies, ended.clock_began, key, chunks)

    return asked


def attempted(call: Call, topic: str, subscription: Subscription) -> None:
    """A delivery is begun; of FIFO topics and other protocols nothing is known."""
    usage_type = _DELIVERIES.get(subscription.protocol)
    if usage_type is not None and not topic.endswith(".fifo"):
        usage.use(call, "sns", usage_type, "Deliver")
