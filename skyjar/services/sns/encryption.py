"""Messages to a topic with a KMS key lie sealed until they are delivered, with a data key that KMS made for the publisher.

Whoever publishes needs kms:GenerateDataKey and kms:Decrypt, be it a user or an AWS service, by the key's policy
(Developer Guide, "Key management"). A data key serves its publisher for five minutes of the cloud's clock.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel import envelopes
from skyjar.kernel.call import Call
from skyjar.kernel.envelopes import OpenKeys
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal
from skyjar.kernel.tables import At

from . import limits, state
from .errors import (
    KMSAccessDeniedException,
    KMSDisabledException,
    KMSInvalidStateException,
    KMSNotFoundException,
    KMSThrottlingException,
)
from .state import DataKey, Publication, Topic

_ERRORS: dict[str, type[AWSError]] = {
    "AccessDeniedException": KMSAccessDeniedException,
    "DisabledException": KMSDisabledException,
    "KMSInvalidStateException": KMSInvalidStateException,
    "NotFoundException": KMSNotFoundException,
    "ThrottlingException": KMSThrottlingException,
}
_open_keys = OpenKeys()


def seal(call: Call, at: At, topic: Topic, message: str) -> bytes:
    """The message as it is kept, sealed for the caller."""
    arn = state.topic_arn(at, topic.name)
    blob = _data_key(call, at, topic)
    secret = _open(call, call.caller, arn, blob)
    return envelopes.seal(secret, blob, arn, call.chance.bytes(envelopes.NONCE_BYTES), message.encode())


def opened(call: Call, publication: Publication) -> Publication:
    """A sealed publication with its message."""
    if publication.publisher is None:
        return publication
    envelope = envelopes.read(publication.sealed)
    secret = _open(call, publication.publisher, envelope.about, envelope.data_key)
    found: Publication = state.replace(publication, message=envelope.open(secret).decode(), sealed=b"", publisher=None)
    return found


def _data_key(call: Call, at: At, topic: Topic) -> bytes:
    caller, arn = call.caller.arn, state.topic_arn(at, topic.name)
    name = topic.kms_key
    if not name.startswith("arn:"):
        name = f"arn:aws:kms:{at.region}:{at.account}:" + (name if name.startswith("alias/") else f"key/{name}")
    found = state.data_keys.get(at, topic.name, caller)
    if found is None or found.key != name or not 0 <= call.now - found.made_at < limits.KMS_REUSE_S:
        made = _kms(
            call,
            call.caller,
            at.region,
            "generate_data_key",
            key_id=name,
            key_spec="AES_256",
            encryption_context={"aws:sns:topicArn": arn},
        )
        found = DataKey(topic=topic.name, caller=caller, key=name, blob=made["CiphertextBlob"], made_at=call.now)
        state.data_keys.put(at, found)
    return found.blob


def _open(call: Call, who: Principal, arn: str, blob: bytes) -> bytes:
    def ask() -> bytes:
        region = arn.split(":")[3]
        answer = _kms(call, who, region, "decrypt", ciphertext_blob=blob, encryption_context={"aws:sns:topicArn": arn})
        return bytes(answer["Plaintext"])

    return _open_keys.get(who.arn, blob, call.now, limits.KMS_REUSE_S, ask)


def _kms(call: Call, who: Principal, region: str, operation: str, **parameters: Any) -> Any:
    """KMS, through SNS; its errors are SNS's."""
    via = {**call.context, "kms:ViaService": f"sns.{region}.amazonaws.com"}
    try:
        return getattr(call.ask("kms", who, region=region, context=via), operation)(**parameters)
    except AWSError as error:
        kind = _ERRORS.get(error.code)
        if kind is None:
            raise
        worded = kind(error.message)
        worded.judgement = getattr(error, "judgement", None)  # type: ignore[attr-defined]
        raise worded from error
