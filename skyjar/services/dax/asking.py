"""A request on a cluster's port at work: the cluster, its role, the keys of tables, lists of names."""

from __future__ import annotations

import hashlib
from typing import Any

from skyjar.kernel import credentials
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.listening import Listener
from skyjar.kernel.principals import Principal, service
from skyjar.planes.dax import attributes, item_keys
from skyjar.planes.dax.cbor import Malformed
from skyjar.planes.dax.item_keys import Schema as Key

from . import limits, state
from .errors import AccessDeniedException, ValidationException
from .state import AttributeList, Cluster, Schema, Session

Item = dict[str, Any]
PRINCIPAL = "dax.amazonaws.com"


class Asking:
    def __init__(self, call: Call, listener: Listener) -> None:
        self.call = call
        self.cluster: Cluster = state.cluster(call, listener.name.partition("/")[0])
        self._db: Any = None

    @property
    def db(self) -> Any:
        """DynamoDB, asked as the cluster's role."""
        if self._db is None:
            self._db = self.call.ask("dynamodb", self._role())
        return self._db

    def _role(self) -> Principal:
        call, cluster = self.call, self.cluster
        held = state.sessions.get(call, cluster.name)
        if held is not None and held.expires_at - call.now > limits.SESSION_LEFT_S:
            return held.principal
        sts = call.ask("sts", service(PRINCIPAL, call.account), account=call.account)
        try:
            made = sts.assume_role(role_arn=cluster.role, role_session_name=cluster.name)["Credentials"]
        except AWSError as error:
            raise AccessDeniedException(f"DAX cannot assume the role {cluster.role}: {error.message}") from error
        issued = credentials.find(call.tx, made["AccessKeyId"])
        assert issued is not None
        expires_at = float(made["Expiration"])
        state.sessions.put(call, Session(cluster=cluster.name, expires_at=expires_at, principal=issued.principal))
        return issued.principal

    # Keys

    def key_of(self, table: str) -> Key:
        call, name = self.call, self.cluster.name
        known = state.schemas.get(call, name, table)
        if known is not None and known.expires_ms > call.now_ms:
            return known.key
        found = self.db.describe_table(table_name=table)["Table"]
        types = {each["AttributeName"]: each["AttributeType"] for each in found["AttributeDefinitions"]}
        key = tuple((part["AttributeName"], types[part["AttributeName"]]) for part in found["KeySchema"])
        expires_ms = call.now_ms + limits.SCHEMA_MS
        state.schemas.put(call, Schema(cluster=name, table=table, key=key, expires_ms=expires_ms))
        return key

    def names_in_key(self, table: str) -> tuple[str, ...]:
        return tuple(name for name, _ in self.key_of(table))

    def decoded(self, table: str, data: Any) -> Item:
        if type(data) is not bytes:
            raise Malformed("a key is no bytes")
        return item_keys.decode(self.key_of(table), data)

    def same(self, table: str, data: Any) -> bytes:
        """The one form of a key's bytes, whatever number a client wrote as 1.0 or 1."""
        return self.encoded(table, self.decoded(table, data))

    def encoded(self, table: str, item: Item) -> bytes:
        return item_keys.encode(self.key_of(table), item)

    # Lists of names

    def list_number(self, names: tuple[str, ...]) -> int:
        """The number of this list, which it gets when it is first used."""
        if not names:
            return limits.EMPTY_LIST
        call, cluster = self.call, self.cluster.name
        digest = _digest(names)
        known = state.lists.first(call, cluster, digest, via="digest")
        if known is not None:
            return known.number
        last = state.lists.range(call, cluster, limit=1, reverse=True)
        number = last[0].number + 1 if last else limits.EMPTY_LIST + 1
        state.lists.add(call, AttributeList(cluster=cluster, number=number, digest=digest, names=names))
        return number

    def packed_if_known(self, table: str, item: Item) -> bytes | None:
        """An item of a refusal, which leaves nothing behind, and so no new list either."""
        names = attributes.names_of(item, self.names_in_key(table))
        if names and state.lists.first(self.call, self.cluster.name, _digest(names), via="digest") is None:
            return None
        return self.packed(table, item)

    def list_names(self, number: int) -> tuple[str, ...]:
        if number == limits.EMPTY_LIST:
            return ()
        found = state.lists.get(self.call, self.cluster.name, number) if 0 <= number < limits.LISTS else None
        if found is None:
            raise ValidationException(f"Unknown attribute list: {number}")
        return found.names

    # Items

    def packed(self, table: str, item: Item) -> bytes:
        names = attributes.names_of(item, self.names_in_key(table))
        return attributes.pack(self.list_number(names), names, item)

    def unpacked(self, table: str, key: Any, data: Any) -> Item:
        if type(data) is not bytes:
            raise Malformed("an item is no bytes")
        number, values = attributes.unpack(data)
        names = self.list_names(number)
        if len(names) != len(values):
            raise Malformed("an item has not as many values as its list has names")
        return {**self.decoded(table, key), **dict(zip(names, values, strict=True))}


def _digest(names: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(names).encode()).hexdigest()
