"""Which key a queue's messages would be encrypted with. Nothing is ciphered: see README.md."""

from __future__ import annotations

from skyjar.kernel.tables import At

from .errors import KmsNotFound
from .state import Queue

MANAGED = "alias/aws/sqs"


def check_key(at: At, queue: Queue) -> None:
    """Sending uses the queue's key. There is the AWS managed one; a customer's cannot exist while Skyjar has no KMS, so
    that it is not found, as on AWS, where a queue takes any key's name and its senders find out."""
    key = queue.kms_key
    start = f"arn:aws:kms:{at.region}:{at.account}:"
    if key in ("", MANAGED, start + MANAGED):
        return
    name = key if key.startswith("arn:") else start + (key if key.startswith("alias/") else f"key/{key}")
    missing = f"Alias {name} is not found." if ":alias/" in name else f"Key '{name}' does not exist."
    raise KmsNotFound(f"{missing} Skyjar has no KMS yet: the key that works is {MANAGED}.")
