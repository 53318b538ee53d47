"""What S3 says of single headers and parameters that the model alone lets through. Looked at only where they are sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.wire.errors import WireError
from skyjar.wire.models import OperationModel

Read = Callable[[str], Any]
ENCRYPTION = "x-amz-server-side-encryption"
REQUIRED = {
    "objectAttributes": "x-amz-object-attributes"
}  # the headers that an operation cannot do without, by their members


def checked(name: str, read: Read) -> Read:
    """The reader of a member by its name on the wire, and what S3 refuses of it."""
    if name == "Content-MD5":
        return lambda text: read(text) if text else _refuse_digest(text)
    return read


def refuses_encryption(operation: OperationModel) -> bool:
    """Whether the header that asks for encryption has no place there. CompleteMultipartUpload takes it and does nothing with it."""
    shape = operation.input_shape
    known = {member.wire_name for member in shape.members.values()} if shape is not None else set()
    return ENCRYPTION not in known and operation.name != "CompleteMultipartUpload"


def refuse_encryption(text: str) -> Any:
    raise WireError(
        "InvalidArgument",
        f"{ENCRYPTION} header is not supported for this operation.",
        fields={"ArgumentName": ENCRYPTION, "ArgumentValue": text[:100]},
    )


def _refuse_digest(text: str) -> Any:
    raise WireError("InvalidDigest", "The Content-MD5 you specified was invalid.", fields={"Content-MD5": text})
