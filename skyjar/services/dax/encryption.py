"""Clusters encrypted at rest: what they cache lies sealed, by a data key of the cluster under the account's key `alias/aws/dax`.

As on AWS encryption is chosen when a cluster is made, no other key can be, and whoever uses the cluster needs no permission for the key.
Keys of items, and the names of their attributes, stay readable. The cipher's library is loaded with the first such cluster.
Source: Developer Guide, "DAX encryption at rest".
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from skyjar.kernel import principals
from skyjar.kernel.call import Call

from . import limits, state
from .state import Cluster

if TYPE_CHECKING:
    from skyjar.kernel.envelopes import OpenKeys

MANAGED = "alias/aws/dax"


@cache
def open_keys() -> OpenKeys:
    """The data keys in the clear, by account."""
    from skyjar.kernel.envelopes import OpenKeys

    return OpenKeys()


def _kms(call: Call) -> Any:
    context = {"kms:ViaService": f"dax.{call.region}.amazonaws.com"}
    return call.ask("kms", principals.root(call.account), account=call.account, context=context)


def _context(call: Call, name: str) -> dict[str, str]:
    return {"aws:dax:clusterArn": state.arn_of(call, name)}


def new_key(call: Call, name: str) -> bytes:
    """A data key for a new cluster, encrypted by KMS."""
    full = f"arn:aws:kms:{call.region}:{call.account}:{MANAGED}"
    made = _kms(call).generate_data_key(key_id=full, key_spec="AES_256", encryption_context=_context(call, name))
    blob: bytes = made["CiphertextBlob"]
    return blob


def _secret(call: Call, cluster: Cluster) -> bytes:
    def opens() -> bytes:
        context = _context(call, cluster.name)
        secret: bytes = _kms(call).decrypt(ciphertext_blob=cluster.data_key, encryption_context=context)["Plaintext"]
        return secret

    return open_keys().get(call.account, cluster.data_key, call.now, limits.DATA_KEY_S, opens)


def sealed(call: Call, cluster: Cluster, about: str, content: Any) -> bytes:
    """What is cached, sealed together with what it is about; nothing where the cluster is not encrypted."""
    if not cluster.data_key:
        return b""
    from skyjar.kernel import envelopes

    nonce = call.chance.bytes(envelopes.NONCE_BYTES)
    secret = _secret(call, cluster)
    return envelopes.seal(secret, cluster.data_key, about, nonce, msgspec.msgpack.encode(content))


def opened(call: Call, cluster: Cluster, about: str, body: bytes) -> Any:
    from skyjar.kernel import envelopes

    envelope = envelopes.read(body)
    if envelope.about != about:
        raise ValueError("this is about something else")
    return msgspec.msgpack.decode(envelope.open(_secret(call, cluster)))
