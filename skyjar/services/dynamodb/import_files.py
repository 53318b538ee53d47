"""Reading the files of an import, a part at a time, so that a file of any length takes bounded memory and the cloud goes on.

Each part is a job: it reads some of an object, writes the whole lines in it as items, and plans the next part, all in one
transaction: after `kill -9` the import goes on with the part that was not done. A compressed object is unpacked first, in a
thread, into a sealed blob that the import's record names while it is read.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from skyjar.kernel.blobs import Blob, SealedWriter
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Compute, Failed, Outside

from . import encryption, import_logs, ion_items, item_rows, limits, plain_items, schemas, state, tables, values, writes
from .errors import ValidationException
from .schemas import Schema
from .transfer_state import Import, imports
from .values import Item

CHUNK = 2_000  # lines of one transaction
PIECE_BYTES = 1_048_576  # read at once; more where a line is longer
UNPACK_BYTES = 16_384  # either kind of compression makes at most some thousand times as much of it
_CODES = {"NoSuchBucket": "S3NoSuchBucket", "AccessDenied": "S3AccessDenied"}


_SOME_FAILED = "Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for more details."


class Broken(Exception):
    """The file is not what it is said to be."""


class Place(msgspec.Struct, frozen=True):
    """Where an import is: at byte `at` of the object `key` (with this ETag), after `index` items of it; `key` is empty before
    the next object after `after`. `header` are the columns of a CSV file."""

    after: str = ""
    key: str = ""
    at: int = 0
    etag: str = ""
    header: tuple[str, ...] = ()
    index: int = 0


def begin(call: Call, source: str, due: float) -> None:
    _go_on(call, source, Place(), due)


def _go_on(call: Call, source: str, place: Place, due: float | None = None) -> None:
    call.later(read_part, due=due, key=source, source=source, place=msgspec.to_builtins(place))


@job()
def read_part(call: Call, *, source: str, place: dict[str, Any]) -> Outside | None:
    """Read some more lines, or go on to the next object."""
    found = imports.get(call, source)
    schema = schemas.find(call, found.table) if found is not None else None
    if found is None or schema is None:
        return None
    encryption.open_for_itself(call, schema)
    here = msgspec.convert(place, Place)
    try:
        if here.key:
            _read(call, found, schema, here)
            return None
        if not here.after:
            import_logs.begin(call, found)
        return _open(call, found, here)
    except AWSError as error:
        _fail(call, found, error)
        return None


def _fail(call: Call, found: Import, error: AWSError) -> None:
    """Something that it depends on refuses. Before anything was read, there is no table then."""
    code = _CODES.get(error.code, error.code)
    _end(call, state.replace(found, failure_code=code, failure=error.message, status="FAILED"))
    definition = state.tables.get(call, found.table)
    if definition is not None and not found.size_bytes:
        tables.drop(call, definition)


def _finish(call: Call, found: Import) -> None:
    """There is nothing more to read."""
    if found.errors:
        failed = {"status": "FAILED", "failure_code": "ItemValidationError", "failure": _SOME_FAILED}
        _end(call, state.replace(found, **failed))
    else:
        _end(call, state.replace(found, status="COMPLETED"))


def _end(call: Call, found: Import) -> None:
    imports.put(call, state.replace(found, ended_s=call.now, unpacked="", secrets=()))
    definition = state.tables.get(call, found.table)
    if definition is not None:
        state.tables.replace(call, definition, state.replace(definition, status="ACTIVE"))


def _give_up(call: Call, found: Import, place: Place, error: Broken) -> None:
    """Leave out the rest of an object that is not what it is said to be."""
    import_logs.tell(call, found, place.key, [(place.index, str(error))])
    counted = {"processed": found.processed + 1, "errors": found.errors + 1}
    imports.put(call, state.replace(found, **counted, unpacked="", secrets=()))
    _go_on(call, found.id, Place(after=place.key))


# The objects


def _bucket(found: Import) -> dict[str, str]:
    given: dict[str, str] = found.request["S3BucketSource"]
    owner = {"expected_bucket_owner": given["S3BucketOwner"]} if given.get("S3BucketOwner") else {}
    return {"bucket": given["S3Bucket"], **owner}


def _open(call: Call, found: Import, place: Place) -> Outside | None:
    """The next object below the prefix."""
    given = found.request["S3BucketSource"]
    start = {"start_after": place.after} if place.after else {}
    answer = call.ask("s3").list_objects_v2(**_bucket(found), prefix=given.get("S3KeyPrefix", ""), max_keys=1, **start)
    contents = answer.get("Contents") or []
    if not contents:
        _finish(call, found)
        return None
    key, etag, size = contents[0]["Key"], contents[0]["ETag"], contents[0]["Size"]
    following = Place(key=key, etag=etag)
    kind = found.request["InputCompressionType"]
    if kind == "NONE" or not size:
        imports.put(
            call, state.replace(found, size_bytes=found.size_bytes + size, unpacked="", secrets=(), length=size)
        )
        _go_on(call, found.id, following)
        return None
    body = call.ask("s3").get_object(**_bucket(found), key=key)["Body"]
    return Outside(
        Compute(unpack, body, kind, call.blobs.sealed_writer()),
        lambda call, unpacked: _unpacked(call, found.id, following, unpacked),
    )


def _unpacked(call: Call, source: str, following: Place, unpacked: Any) -> None:
    found = imports.get(call, source)
    if found is None:
        return
    if isinstance(unpacked, Failed):
        raise unpacked
    if isinstance(unpacked, Broken):
        _give_up(call, found, following, unpacked)
        return
    blob: Blob = unpacked
    kept = state.replace(found, unpacked=blob.name, secrets=blob.secrets, length=blob.size)
    imports.put(call, state.replace(kept, size_bytes=found.size_bytes + blob.size))
    _go_on(call, source, following)


def unpack(body: Any, kind: str, writer: SealedWriter) -> Blob | Broken:
    """A compressed body as a blob. Pure but for the blob."""
    try:
        for chunk in _chunks(body, kind):
            writer.write(chunk)
            if writer.size > limits.IMPORT_BYTES:
                raise Broken(f"more than {limits.IMPORT_BYTES} bytes")
    except Broken as error:
        writer.abort()
        return error
    return writer.close()


def _decoder(kind: str) -> tuple[Callable[[], Any], type[Exception]]:
    """What makes a decoder, and what that raises."""
    if kind == "GZIP":
        return lambda: zlib.decompressobj(wbits=31), zlib.error
    import zstandard

    return zstandard.ZstdDecompressor().decompressobj, zstandard.ZstdError


def _chunks(body: Any, kind: str) -> Iterator[bytes]:
    """A file may be of several members or frames, one after another."""
    made, wrong = _decoder(kind)
    source, decoder = _Reader(body), made()
    while data := source.read(UNPACK_BYTES):
        while data:
            if decoder.eof:
                decoder = made()
            try:
                yield decoder.decompress(data)
            except wrong as error:
                raise Broken(str(error)) from error
            data = decoder.unused_data if decoder.eof else b""
    if not decoder.eof:
        raise Broken("the end of the compressed file is missing")


class _Reader:
    """An object's body, read on like a file: bytes, a blob, or the parts of one uploaded in parts."""

    def __init__(self, body: Any) -> None:
        whole = [] if isinstance(body, bytes) else [(body, 0, body.size)] if isinstance(body, Blob) else body.pieces
        self._pieces = list(whole)
        self._bytes = body if isinstance(body, bytes) else b""

    def read(self, size: int = -1) -> bytes:
        if self._bytes:
            found, self._bytes = self._bytes[:size], self._bytes[size:]
            return found
        while self._pieces:
            blob, at, length = self._pieces[0]
            if length:
                found = blob.read(at, min(size, length))
                self._pieces[0] = (blob, at + len(found), length - len(found))
                if not found:
                    raise Broken("the object is damaged")
                return bytes(found)
            self._pieces.pop(0)
        return b""


# The lines


def _read(call: Call, found: Import, schema: Schema, place: Place) -> None:
    try:
        lines, following = _lines(call, found, place)
        header, items, broken = _items(found, schema, place, lines)
    except Broken as error:
        _give_up(call, found, place, error)
        return
    sentences = [_write(call, schema, item) for item in items]
    wrong = [(place.index + at, sentence) for at, sentence in enumerate(sentences) if sentence]
    import_logs.tell(call, found, place.key, wrong)
    found = state.replace(
        found,
        processed=found.processed + len(items),
        imported=found.imported + len(items) - len(wrong),
        errors=found.errors + len(wrong),
    )
    here = state.replace(place, at=following, header=header, index=place.index + len(items))
    if broken is not None:
        _give_up(call, found, here, broken)
    elif following >= found.length:
        imports.put(call, state.replace(found, unpacked="", secrets=()))
        _go_on(call, found.id, Place(after=place.key))
    else:
        imports.put(call, found)
        _go_on(call, found.id, here)


def _items(
    found: Import, schema: Schema, place: Place, lines: list[bytes]
) -> tuple[tuple[str, ...], list[Item], Broken | None]:
    """The columns, if there are any, the items of some lines, and why the next line is none."""
    if found.request["InputFormat"] == "CSV":
        options = (found.request.get("InputFormatOptions") or {}).get("Csv") or {}
        header = place.header or tuple(options.get("HeaderList") or ())
        return *_csv(lines, options.get("Delimiter", ","), header, schema), None
    read = plain_items.read if found.request["InputFormat"] == "DYNAMODB_JSON" else ion_items.read
    items: list[Item] = []
    for line in lines:
        try:
            if line.strip():
                items.append(read(line))
        except ValidationException as error:
            return (), items, Broken(error.message)
    return (), items, None


def _lines(call: Call, found: Import, place: Place) -> tuple[list[bytes], int]:
    """The whole lines at a place, and where the next one begins."""
    size = PIECE_BYTES
    while True:
        data = _piece(call, found, place, size)
        is_last = place.at + len(data) >= found.length
        if not is_last:
            data = data[: data.rfind(b"\n") + 1]
        if data or is_last:
            break
        if size > limits.IMPORT_LINE_BYTES:
            raise Broken(f"A line is longer than {limits.IMPORT_LINE_BYTES} bytes")
        size *= 2
    lines = data.splitlines(keepends=True)[:CHUNK]
    return [line.rstrip(b"\r\n") for line in lines], place.at + sum(map(len, lines))


def _piece(call: Call, found: Import, place: Place, size: int) -> bytes:
    if place.at >= found.length:
        return b""
    if found.unpacked:
        path = call.blobs.path(found.unpacked)
        return Blob(found.unpacked, path, found.length, found.secrets).read(
            place.at, min(size, found.length - place.at)
        )
    span = f"bytes={place.at}-{place.at + size - 1}"
    body = call.ask("s3").get_object(**_bucket(found), key=place.key, range=span, if_match=place.etag)["Body"]
    data: bytes = body if isinstance(body, bytes) else body.read()
    return data


def _csv(
    lines: list[bytes], delimiter: str, header: tuple[str, ...], schema: Schema
) -> tuple[tuple[str, ...], list[Item]]:
    try:
        texts = [line.decode() for line in lines]
    except UnicodeDecodeError as error:
        raise Broken(str(error)) from error
    if not header and texts:
        header = tuple(next(csv.reader(texts[:1], delimiter=delimiter), ()))
        texts = texts[1:]
    return header, list(plain_items.rows(texts, delimiter, header, schema.definition.types))


def _write(call: Call, schema: Schema, item: Item) -> str:
    """Import an item; or what is wrong with it."""
    try:
        size = values.admit(item)
        writes.check_size(size)
        write = writes.put(schema, item, size)
    except ValidationException as error:
        return error.message
    stored = call.tx.get(write.key.bytes)
    old = item_rows.load(stored) if stored is not None else None
    assert write.change is not None
    new, size = write.change(old)
    item_rows.save(call, schema, write.key, stored, old, new, size)
    return ""
