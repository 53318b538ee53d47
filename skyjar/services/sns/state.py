"""Topics, subscriptions and what is on its way, and the only reads and writes of them.

A published message is a `Publication` until the topic's job has given it to every subscription. What a subscription's
endpoint has not taken yet is an `Attempt`: one row for each message and subscription. A subscription belongs to its
topic, whoever owns it, so its table knows no account.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.principals import Principal, service
from skyjar.kernel.tables import At, Place, Record, Table

from . import limits
from .errors import InvalidParameterException, NotFoundException

PRINCIPAL = "sns.amazonaws.com"
FEW = 32


class Topic(Record, frozen=True):
    """`policy` empty means AWS's default one. `settings` are attributes that are read back, by AWS's names."""

    name: str
    created_s: int
    is_fifo: bool = False
    dedups_by_content: bool = False
    dedups_by_group: bool = False
    policy: str = ""
    kms_key: str = ""
    signature_version: str = "1"
    message_bytes: int = limits.MESSAGE_BYTES_DEFAULT
    delivery_policy: str = ""
    settings: dict[str, str] = {}
    tags: dict[str, str] = {}
    archive_days: int = 0
    archive_since: float = 0.0


class Subscription(Record, frozen=True):
    """`topic` is an ARN, `owner` an account; `dead_letter` the ARN of a queue.

    While it replays, `replay_from` is the place (milliseconds, number) in the archive where it goes on, and messages from the
    number `replay_first_new` on are new ones, which wait. Up to the number `replayed_upto` all have come."""

    topic: str
    id: str
    protocol: str
    endpoint: str
    owner: str
    region: str
    is_pending: bool = False
    token: str = ""
    was_authenticated: bool = True
    keeps_unsubscribing_authenticated: bool = False
    principal: str = ""
    is_raw: bool = False
    filter_policy: str = ""
    filters_body: bool = False
    dead_letter: str = ""
    redrive_policy: str = ""
    delivery_policy: str = ""
    next_post_at: float = 0.0
    replay_policy: str = ""
    replay_status: str = ""
    replay_from: tuple[int, int] = (0, 0)
    replay_until_ms: int = 0
    replay_first_new: int = 0
    replayed_upto: int = 0

    @property
    def arn(self) -> str:
        return f"{self.topic}:{self.id}"


class Attribute(msgspec.Struct, frozen=True, array_like=True):
    type: str
    text: str = ""
    binary: bytes = b""


class Publication(Record, frozen=True):
    """A message to a topic. `sealed` holds the message under a KMS key, opened as its `publisher`."""

    topic: str
    number: int
    id: str
    at_ms: int
    message: str
    subject: str | None = None
    is_structured: bool = False
    attributes: dict[str, Attribute] = {}
    group: str = ""
    dedup_id: str = ""
    sealed: bytes = b""
    publisher: Principal | None = None


class Attempt(Record, frozen=True):
    """A publication that an endpoint has not taken; `tries` counts those that failed; `turn_at` is when
    it may go out, where an endpoint's pace is limited."""

    topic: str
    subscription: str
    number: int
    publication: Publication
    tries: int = 0
    turn_at: float = 0.0


class Sequence(Record, frozen=True):
    topic: str
    number: int


class Dedup(Record, frozen=True):
    topic: str
    id: str
    message_id: str
    number: int
    expires_ms: int


class DataKey(Record, frozen=True):
    topic: str
    caller: str
    key: str
    blob: bytes
    made_at: float


class Signer(Record, frozen=True):
    """What messages are signed with: a private key (DER), and the certificate (PEM) that goes with it."""

    id: str
    key: bytes
    certificate: str


topics = Table("sns.topics", Topic, key=("name",), remembers=True)
subscriptions = Table(
    "sns.subscriptions",
    Subscription,
    key=("topic", "id"),
    scope="cloud",
    indexes={
        "owner": ("owner", "region"),
        "token": ("token",),
        "endpoint": ("topic", "protocol", "endpoint"),
    },
)
publications = Table("sns.publications", Publication, key=("topic", "number"))
attempts = Table("sns.attempts", Attempt, key=("topic", "subscription", "number"))
sequences = Table("sns.sequences", Sequence, key=("topic",), remembers=True)
dedups = Table("sns.dedups", Dedup, key=("topic", "id"), indexes={"expires": ("topic", "expires_ms")})
data_keys = Table("sns.data_keys", DataKey, key=("topic", "caller"))
signers = Table("sns.signers", Signer, key=("id",), scope="cloud", remembers=True)


def replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)


def topic_arn(at: At, name: str) -> str:
    return f"arn:aws:sns:{at.region}:{at.account}:{name}"


def locate(call: Call, arn: str, parameter: str = "TopicArn") -> tuple[At, str]:
    """Where a topic's ARN points, and the topic's name; a topic of another Region cannot be reached from this one."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[:3] != ["arn", "aws", "sns"] or not parts[5]:
        raise InvalidParameterException(f"{parameter} Reason: An ARN must have at least 6 elements, not {len(parts)}")
    if parts[3] != call.region:
        raise InvalidParameterException(parameter)
    if parts[4] == call.account:
        return call, parts[5]
    return Place(call.tx, parts[4], parts[3]), parts[5]


def find(call: Call, arn: str, parameter: str = "TopicArn") -> tuple[At, str, Topic | None]:
    """As `locate`, with the topic if it exists; looked for once in a call."""
    seen: tuple[str, At | None, str, Topic | None] | None = call.looked_up
    if seen is not None and seen[0] == arn:
        return seen[1] or call, seen[2], seen[3]
    at, name = locate(call, arn, parameter)
    topic = topics.get(at, name)
    call.looked_up = (arn, None if at is call else at, name, topic)
    return at, name, topic


def existing(call: Call, arn: str, parameter: str = "TopicArn") -> tuple[At, Topic]:
    at, _, topic = find(call, arn, parameter)
    if topic is None:
        raise NotFoundException("Topic does not exist")
    return at, topic


def acting(call: Call, at: At) -> Call:
    """The call as SNS itself makes it for whoever owns a topic there."""
    other = call.acting(service(PRINCIPAL, at.account), {})
    other.region = at.region
    return other


def next_number(at: At, topic: str) -> int:
    """Counts what is published to a topic."""
    found = sequences.get(at, topic)
    number = found.number + 1 if found is not None else 1
    sequences.put(at, Sequence(topic=topic, number=number))
    return number


def last_number(at: At, topic: str) -> int:
    found = sequences.get(at, topic)
    return found.number if found is not None else 0


def of_topic(at: At, arn: str, after: str = "", limit: int | None = None) -> list[Subscription]:
    return subscriptions.range(at, arn, start=(after + "\0",) if after else (), limit=limit)


def subscribers(at: At, arn: str) -> list[Subscription]:
    """All that are confirmed. Few are usual, and these are at hand in memory."""
    found = subscriptions.range(at, arn, limit=FEW, is_queue=True)
    if len(found) == FEW:
        found = subscriptions.range(at, arn)
    return [each for each in found if not each.is_pending]


def subscription(call: Call, arn: str) -> Subscription:
    """The subscription of that ARN."""
    topic, _, identity = arn.rpartition(":")
    if arn.count(":") != 6 or not arn.startswith("arn:aws:sns:"):
        raise InvalidParameterException(
            f"SubscriptionArn Reason: An ARN must have at least 6 elements, not {arn.count(':') + 1}"
            if arn.count(":") < 5
            else "SubscriptionId"
        )
    found = subscriptions.get(call, topic, identity)
    if found is None:
        raise NotFoundException("Subscription does not exist")
    return found


def forget_topic(at: At, topic: Topic) -> None:
    """The topic with its subscriptions and all that was on its way."""
    arn = topic_arn(at, topic.name)
    topics.remove(at, topic)
    for each in of_topic(at, arn):
        subscriptions.remove(at, each)
    tables: tuple[Table[Any], ...] = (publications, attempts, dedups, data_keys)
    for table in tables:
        for record in table.range(at, topic.name):
            table.remove(at, record)


def forget_subscription(at: At, gone: Subscription) -> None:
    """The subscription, with what its endpoint has not taken yet; `at` is the topic's place."""
    subscriptions.remove(at, gone)
    for each in attempts.range(at, gone.topic.rpartition(":")[2], gone.id):
        attempts.remove(at, each)
