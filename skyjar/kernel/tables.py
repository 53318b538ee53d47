"""Tables: records with a key and declared indexes, on top of a transaction's bytes.

A record is a frozen msgspec struct. Its table says which of its fields are the key and which indexes exist; indexes
change in the same transaction as the record. Keys begin with the table's name, then account and region as far as the
table's scope says. The stored value begins with the table's version, and older ones are upgraded on read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Generic, Literal, Protocol, TypeVar, get_type_hints

import msgspec

from . import keys
from .keys import Part
from .store import Transaction

_blob_references = keys.text("kernel.blobs.references")


class Record(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What a table holds. New fields go at the end and have a default; anything else needs a version and an upgrade."""


R = TypeVar("R", bound=Record)
REMEMBERED = 2048
Scope = Literal["region", "account", "cloud"]


class At(Protocol):
    """Where a table is read or written: a call, or anything else that has these."""

    @property
    def tx(self) -> Transaction: ...

    @property
    def account(self) -> str: ...

    @property
    def region(self) -> str: ...


class Place:
    """An `At` of one's own: another account or region than the call's."""

    __slots__ = ("account", "region", "tx")

    def __init__(self, tx: Transaction, account: str, region: str) -> None:
        self.tx = tx
        self.account = account
        self.region = region


class Table(Generic[R]):
    """`key` and each index are names of fields of the record, of type str, int, float, bytes or bool.

    `blobs` names fields that hold a blob's name (or an empty string, or a tuple of names): as long as a record that
    names it exists, the blob is kept. `remembers` keeps what `get` decoded last, for tables that are read on every call;
    what is in their records must not be changed in place.
    """

    def __init__(
        self,
        name: str,
        record: type[R],
        *,
        key: tuple[str, ...],
        scope: Scope = "region",
        indexes: Mapping[str, tuple[str, ...]] | None = None,
        blobs: tuple[str, ...] = (),
        version: int = 1,
        upgrades: Mapping[int, Callable[[list[Any]], list[Any]]] | None = None,
        remembers: bool = False,
    ) -> None:
        self.name = name
        self.record = record
        self.scope = scope
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(record).decode
        self._version = bytes((version,))
        self._upgrades = dict(upgrades or {})
        types = get_type_hints(record)
        self._key_encoders = [_encoder(types[field]) for field in key]
        self._key_of = _key_builder(key, types)
        self._indexes = [
            (keys.text(f"{name}#{index}"), _key_builder(fields, types)) for index, fields in (indexes or {}).items()
        ]
        self._index_encoders = {
            index: [_encoder(types[field]) for field in (*fields, *key)] for index, fields in (indexes or {}).items()
        }
        self._blobs = blobs
        self._roots: dict[tuple[str | None, str, str], bytes] = {}
        self._remembers = remembers
        self._remembered: dict[bytes, tuple[bytes, R]] = {}  # the record of these very bytes
        self._wholes: dict[tuple[Any, ...], bytes] = {}  # keys of what is remembered, encoded

    def _root(self, at: At, index: str | None = None) -> bytes:
        try:
            return self._roots[index, at.account, at.region]
        except KeyError:
            if len(self._roots) > 4096:
                self._roots.clear()
            root = keys.text(self.name if index is None else f"{self.name}#{index}") + self._scope_key(at)
            self._roots[index, at.account, at.region] = root
            return root

    def _scope_key(self, at: At) -> bytes:
        if self.scope == "region":
            return keys.text(at.account) + keys.text(at.region)
        return keys.text(at.account) if self.scope == "account" else b""

    def _bytes(self, encoders: list[Callable[[Any], bytes]], parts: tuple[Part, ...]) -> bytes:
        count = len(parts)
        if count == 1:
            return encoders[0](parts[0])
        if count == 2:
            return encoders[0](parts[0]) + encoders[1](parts[1])
        return b"".join([encode(part) for encode, part in zip(encoders, parts, strict=False)])

    def load(self, value: bytes) -> R:
        if value[:1] == self._version:
            return self._decode(memoryview(value)[1:])
        if value[0] > self._version[0]:
            raise ValueError(f"a record of {self.name} was written by a newer Skyjar (version {value[0]})")
        fields = msgspec.msgpack.decode(memoryview(value)[1:])
        for version in range(value[0], self._version[0]):
            fields = self._upgrades[version](fields)
        return msgspec.convert(fields, self.record)

    # One record

    def get(self, at: At, *key: Part) -> R | None:
        if self._remembers:
            return self._recall(at, key)
        value = at.tx.get(self._root(at) + self._bytes(self._key_encoders, key))
        return None if value is None else self.load(value)

    def _recall(self, at: At, key: tuple[Part, ...]) -> R | None:
        place = (at.account, at.region, key)
        whole = self._wholes.get(place)
        if whole is None:
            if len(self._wholes) >= REMEMBERED:
                self._wholes.clear()
            whole = self._wholes[place] = self._root(at) + self._bytes(self._key_encoders, key)
        value = at.tx.get(whole)
        if value is None:
            return None
        before = self._remembered.get(whole)
        if before is not None and before[0] is value:
            return before[1]
        record = self.load(value)
        self._remember(whole, value, record)
        return record

    def _remember(self, key: bytes, value: bytes, record: R) -> None:
        if len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = (value, record)

    def get_many(self, at: At, several: Iterable[tuple[Part, ...]]) -> list[R | None]:
        root = self._root(at)
        values = at.tx.get_many([root + self._bytes(self._key_encoders, key) for key in several])
        return [None if value is None else self.load(value) for value in values]

    def put(self, at: At, record: R) -> None:
        """Insert, or replace the record that has the same key."""
        key = self._key_of(record)
        old = None
        if self._indexes or self._blobs:
            value = at.tx.get(self._root(at) + key)
            old = None if value is None else self.load(value)
        self._write(at, key, old, record)

    def add(self, at: At, record: R) -> None:
        """Insert a record whose key is known to be new; nothing is read."""
        self._write(at, self._key_of(record), None, record)

    def add_all(self, at: At, records: list[R]) -> None:
        """As `add`, several."""
        if self._remembers or self._indexes or self._blobs:
            for record in records:
                self._write(at, self._key_of(record), None, record)
            return
        root, version, writes = self._root(at), self._version, at.tx.writes
        encode, key_of = self._encode, self._key_of
        for record in records:
            writes[root + key_of(record)] = version + encode(record)

    def forget(self, at: At, *key: Part) -> None:
        """Delete by key, of a table without indexes and blobs; nothing is read."""
        assert not self._indexes and not self._blobs
        at.tx.delete(self._root(at) + self._bytes(self._key_encoders, key))

    def replace(self, at: At, old: R, new: R) -> None:
        """Replace a record in hand by one with the same key; nothing is read."""
        self._write(at, self._key_of(new), old, new)

    def remove(self, at: At, record: R) -> None:
        """Delete a record in hand; nothing is read."""
        key = self._key_of(record)
        delete = at.tx.delete
        delete(self._root(at) + key)
        scope = self._scope_key(at) if self._indexes else b""
        for root, build in self._indexes:
            delete(root + scope + build(record) + key)
        if self._blobs:
            for blob in self._named(record):
                delete(_reference(blob, self._root(at) + key))

    def delete(self, at: At, *key: Part) -> R | None:
        record = self.get(at, *key)
        if record is not None:
            self.remove(at, record)
        return record

    def _write(self, at: At, key: bytes, old: R | None, new: R) -> None:
        tx = at.tx
        root = self._root(at)
        value = self._version + self._encode(new)
        tx.put(root + key, value)
        if self._remembers:
            self._remember(root + key, value, new)
        if self._indexes:
            scope = self._scope_key(at)
            for index_root, build in self._indexes:
                entry = build(new)
                if old is not None:
                    before = build(old)
                    if before == entry:
                        continue
                    tx.delete(index_root + scope + before + key)
                tx.put(index_root + scope + entry + key, key)
        if self._blobs:
            kept = self._named(new)
            for blob in self._named(old) - kept if old is not None else ():
                tx.delete(_reference(blob, root + key))
            for blob in kept:
                tx.put(_reference(blob, root + key), b"")

    def _named(self, record: R) -> set[str]:
        names: set[str] = set()
        for field in self._blobs:
            value = getattr(record, field)
            if value:
                names.update((value,) if isinstance(value, str) else value)
        names.discard("")
        return names

    # Ranges

    def bounds(
        self, at: At, prefix: tuple[Part, ...], via: str | None, start: tuple[Part, ...], end: tuple[Part, ...]
    ) -> tuple[bytes, bytes]:
        encoders = self._key_encoders if via is None else self._index_encoders[via]
        root = self._root(at, via) + self._bytes(encoders, prefix) if prefix else self._root(at, via)
        if start or end:
            rest = encoders[len(prefix) :]
            low = root + self._bytes(rest, start) if start else root
            return low, root + self._bytes(rest, end) if end else keys.after(root)
        return root, keys.after(root)

    def range(
        self,
        at: At,
        *prefix: Part,
        via: str | None = None,
        start: tuple[Part, ...] = (),
        end: tuple[Part, ...] = (),
        limit: int | None = None,
        reverse: bool = False,
        is_queue: bool = False,
    ) -> list[R]:
        """The records whose key (or index `via`) begins with `prefix`, in order, from `start` to before `end`."""
        low, high = self.bounds(at, prefix, via, start, end)
        pairs = at.tx.scan(low, high, limit, reverse, is_queue)
        if via is None:
            return [self.load(value) for _, value in pairs]
        root = self._root(at)
        found = (
            at.tx.get_many([root + key for _, key in pairs])
            if len(pairs) > 1
            else [at.tx.get(root + key) for _, key in pairs]
        )
        return [self.load(value) for value in found if value is not None]

    def each(self, at: At, *prefix: Part, start: tuple[Part, ...] = (), reverse: bool = False) -> Iterator[R]:
        """As `range` over the key, a page at a time."""
        low, high = self.bounds(at, prefix, None, start, ())
        for _, value in at.tx.iterate(low, high, reverse):
            yield self.load(value)

    def count(
        self,
        at: At,
        *prefix: Part,
        via: str | None = None,
        start: tuple[Part, ...] = (),
        end: tuple[Part, ...] = (),
        limit: int | None = None,
    ) -> int:
        low, high = self.bounds(at, prefix, via, start, end)
        return len(at.tx.scan(low, high, limit))

    def first(self, at: At, *prefix: Part, via: str | None = None, start: tuple[Part, ...] = ()) -> R | None:
        found = self.range(at, *prefix, via=via, start=start, limit=1)
        return found[0] if found else None

    def watched(self, at: At, *prefix: Part, via: str | None = None) -> bytes:
        """The prefix to wait on (`Wait(on=…)`): touched whenever a record below `prefix` changes."""
        return self.bounds(at, prefix, via, (), ())[0]

    def anywhere(self, tx: Transaction) -> Iterator[tuple[str, str, R]]:
        """Every record of every account and region, with both (empty as the scope has none)."""
        root = keys.text(self.name)
        for key, value in tx.iterate(root, keys.after(root)):
            parts = key[len(root) :].split(b"\0\x01", 2)
            account = parts[0].decode() if self.scope != "cloud" else ""
            region = parts[1].decode() if self.scope == "region" else ""
            yield account, region, self.load(value)


def _reference(blob: str, key: bytes) -> bytes:
    return _blob_references + keys.text(blob) + key


def _encoder(annotation: Any) -> Callable[[Any], bytes]:
    if annotation in keys.ENCODERS:
        return keys.ENCODERS[annotation]
    raise TypeError(f"a key field cannot be {annotation}")


def _key_builder(fields: tuple[str, ...], types: dict[str, Any]) -> Callable[[Any], bytes]:
    encoders = [_encoder(types[field]) for field in fields]
    get = attrgetter(*fields)
    if len(fields) == 1:
        only = encoders[0]
        return lambda record: only(get(record))
    if len(fields) == 2:
        first, second = encoders
        first_name, second_name = fields
        return lambda record: first(getattr(record, first_name)) + second(getattr(record, second_name))
    if len(fields) == 3:
        one, two, three = encoders

        def build(record: Any) -> bytes:
            a, b, c = get(record)
            return one(a) + two(b) + three(c)

        def build_numbered(record: Any) -> bytes:
            a, b, c = get(record)
            return one(a) + keys.integers(b, c)

        return build_numbered if two is three is keys.integer else build
    return lambda record: b"".join([encode(part) for encode, part in zip(encoders, get(record), strict=True)])
