"""Quotas and defaults. Source: SNS endpoints and quotas in the AWS General Reference, the API reference of the operation
that is named, and the Developer Guide's page that is named."""

from skyjar.kernel.quotas import Published

QUOTAS = {
    "standard-topics": (100_000, "Standard topics in an account and Region"),
    "fifo-topics": (1_000, "FIFO topics in an account and Region"),
}
PUBLISHED_AS = "Amazon Simple Notification Service (Amazon SNS)"
PUBLISHED = {"standard-topics": Published("L-61103206", "Topics per Account")}
STANDARD_SUBSCRIPTIONS = 12_500_000  # per topic
FIFO_SUBSCRIPTIONS = 100  # per topic
LARGE_SUBSCRIPTIONS = 100  # of a topic whose messages may be larger than 256 KiB
FILTER_POLICIES = 200  # per topic
FILTER_KEYS = 5  # "Filter policy constraints"
FILTER_COMBINATIONS = 150
FILTER_BYTES = 262_144
MESSAGE_BYTES_LEAST = 1_024  # MaximumMessageSize of SetTopicAttributes
MESSAGE_BYTES_DEFAULT = 262_144
MESSAGE_BYTES_MOST = 1_048_576
SMS_BYTES = 1_600  # Publish: a text message is at most 1,600 bytes, whatever its parts
SUBJECT_LENGTH = 100  # Publish
BATCH_ENTRIES = 10  # PublishBatch
BATCH_ID_LENGTH = 80
ID_LENGTH = 128  # group and deduplication ids
DEDUPLICATION_S = 300  # "Message deduplication for FIFO topics"
QUEUE_ATTRIBUTES = 10  # of a raw message to a queue: "Message attributes"
PENDING_S = 172_800  # "a subscription that is not confirmed is deleted after 48 hours"
PAGE = 100  # ListTopics, ListSubscriptions and their like
TAGS = 50
TAG_KEY_LENGTH = 128
TAG_VALUE_LENGTH = 256
POLICY_BYTES = 30_720
KMS_REUSE_S = 300.0  # "Key management": a data key is used for up to five minutes
ARCHIVE_DAYS = (1, 365)  # "Message archiving for FIFO topic owners"
HTTP_TIMEOUT_S = 15.0  # "Fanout to HTTP/S endpoints"
HTTP_RETRY_S = 3_600  # "Message delivery retries": of a whole HTTP policy
HTTP_RETRIES = 100
SANDBOX_NUMBERS = 10  # CreateSMSSandboxPhoneNumber
CAPTURED = 10_000  # mails, texts and pushes that are kept to be read; a limit of Skyjar's own
