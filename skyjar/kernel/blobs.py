"""Blobs: large bytes as immutable files named by their content, or sealed and named by chance (see frames.py).

Bytes are streamed in before the transaction that makes them visible; a table that declares `blobs` keeps those its
records name. What nothing names is collected (`Collector`) after a grace period, so that a body being uploaded is safe, and so is
one being sent whose object has just been deleted. A file appears under its name by an atomic rename, so a half-written one is never seen.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from . import frames, keys
from .store import Transaction

GRACE_S = 900.0
STREAMED_BYTES = 2 * frames.FRAME_BYTES  # larger buffers cost more to get than they save
_references = keys.text("kernel.blobs.references")


class Digest(Protocol):
    def update(self, data: bytes, /) -> object: ...


class Blob:
    """A stored blob; the kernel's `Body`. `secrets` are those under which it is sealed, the innermost first; whoever
    keeps a sealed blob keeps them, in whatever way it sees fit. `size` is that of the content."""

    __slots__ = ("name", "path", "secrets", "size")

    def __init__(self, name: str, path: Path, size: int, secrets: tuple[bytes, ...] = ()) -> None:
        self.name = name
        self.path = path
        self.size = size
        self.secrets = secrets

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        if self.secrets:
            with self.stream(offset) as stream:
                return stream.read_whole(self.size - offset if length is None else length)
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read() if length is None else file.read(length)

    def stream(self, offset: int = 0) -> Stream:
        """Of a sealed blob."""
        return Stream(self, offset)


class Flowing(Blob):
    """A body that is still coming, as an operation that is marked `on_head` gets it: `name` is all that is known of it. Whatever call
    answers with one of that name sends it on while it comes; `length` is told to the client where somebody knows it."""

    __slots__ = ("length",)

    def __init__(self, name: str, length: int | None = None) -> None:
        super().__init__(name, Path(), 0)
        self.length = length

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        raise TypeError("the body is still coming")


class Stream:
    """The content of a sealed blob from some place on, read like a file; whoever opened it closes it."""

    def __init__(self, blob: Blob, offset: int) -> None:
        self.name = str(blob.path)
        self._source = frames.layered(frames.File(blob.path), blob.secrets, blob.size)
        self._at = offset

    def read(self, size: int) -> bytes:
        """At most `STREAMED_BYTES`. What cannot be opened ends the stream, as a file ends that was cut short."""
        try:
            return self.read_whole(min(size, STREAMED_BYTES))
        except frames.Damaged:
            return b""

    def read_whole(self, size: int) -> bytes:
        """Raises frames.Damaged."""
        data = self._source.read_at(self._at, size)
        self._at += len(data)
        return data

    def close(self) -> None:
        self._source.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Slices:
    """Parts of blobs, one after another, as an answer's streaming body: (blob, offset, length) each."""

    __slots__ = ("length", "pieces")

    def __init__(self, pieces: tuple[tuple[Blob, int, int], ...]) -> None:
        self.pieces = pieces
        self.length = sum(length for _, _, length in pieces)

    def read(self) -> bytes:
        return b"".join([blob.read(offset, length) for blob, offset, length in self.pieces])


def size_of(body: object) -> int:
    """Of a request's or answer's body, whatever it is; a stream of events, or one that is still coming, may have none that is known."""
    return len(body) if isinstance(body, bytes) else int(getattr(body, "size", 0) or getattr(body, "length", 0) or 0)


class Writer:
    """A blob being written. `digests` are updated with every chunk, so that callers hash while it streams.

    A blob's name is its SHA-256 in hexadecimal: what S3 may have to check anyway, and the fastest strong hash there is
    on processors that have instructions for it.
    """

    def __init__(self, blobs: Blobs, temporary: Path, digests: tuple[Digest, ...]) -> None:
        self._blobs = blobs
        self._temporary = temporary
        self._file = temporary.open("wb", buffering=0)
        self.sha256 = hashlib.sha256()
        self._digests = digests
        self.size = 0

    def write(self, chunk: bytes) -> None:
        self.write_only(chunk)
        self.sha256.update(chunk)
        for digest in self._digests:
            digest.update(chunk)
        self.size += len(chunk)

    def write_only(self, chunk: bytes) -> None:
        """Without looking at it, for `close_as`. A disk that is almost full takes a part of it, and raises only then."""
        written = self._file.write(chunk)
        while written != len(chunk):
            chunk = chunk[written:]
            written = self._file.write(chunk)

    def close(self) -> Blob:
        return self.close_as(self.sha256.hexdigest())

    def close_as(self, name: str) -> Blob:
        if self._blobs.is_synced:
            os.fsync(self._file.fileno())
        self._file.close()
        path = self._blobs.path(name)
        path.parent.mkdir(exist_ok=True)
        self._temporary.replace(path)
        if self._blobs.is_synced:
            _sync_folder(path.parent)
            _sync_folder(path.parent.parent)
        return Blob(name, path, self.size)

    def abort(self) -> None:
        self._file.close()
        self._temporary.unlink(missing_ok=True)


class SealedWriter:
    """A blob being written that is sealed as it is written, once or twice. `digests` are of the content.

    Its name and its secrets are of the machine's own chance, also in a cloud whose chance is seeded: a secret that came
    twice would give away what it sealed.
    """

    def __init__(self, writer: Writer, digests: tuple[Digest, ...], layers: int) -> None:
        self._writer = writer
        self._digests = digests
        self._secrets = tuple(os.urandom(frames.SECRET_BYTES) for _ in range(layers))
        outermost = self._writer.write_only
        self._sealers = [frames.Sealer(self._secrets[-1], outermost)]
        for secret in reversed(self._secrets[:-1]):
            self._sealers.insert(0, frames.Sealer(secret, self._sealers[0].write))
        self.size = 0

    def write(self, chunk: bytes) -> None:
        for digest in self._digests:
            digest.update(chunk)
        self._sealers[0].write(chunk)
        self.size += len(chunk)

    def close(self) -> Blob:
        for sealer in self._sealers:
            sealer.close()
        made = self._writer.close_as(os.urandom(32).hex())
        return Blob(made.name, made.path, self.size, self._secrets)

    def abort(self) -> None:
        self._writer.abort()


def _written(writer: Writer | SealedWriter, data: bytes) -> Blob:
    try:
        writer.write(data)
        return writer.close()
    except OSError:
        writer.abort()
        raise


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Blobs:
    def __init__(self, directory: Path, *, is_synced: bool = False) -> None:
        self._directory = directory
        self._incoming = directory / "incoming"
        self._count = 0
        self.is_synced = is_synced
        self.prepare()

    def prepare(self) -> None:
        """Make the folders, and clear away what was being written when a process was killed."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        for left in self._incoming.iterdir():
            left.unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        return self._directory / name[:2] / name

    def writer(self, *digests: Digest) -> Writer:
        self._count += 1
        return Writer(self, self._incoming / f"{os.getpid()}-{self._count}", digests)

    def put(self, data: bytes) -> Blob:
        return _written(self.writer(), data)

    def sealed_writer(self, *digests: Digest, layers: int = 1) -> SealedWriter:
        return SealedWriter(self.writer(), digests, layers)

    def put_sealed(self, data: bytes, layers: int = 1) -> Blob:
        return _written(self.sealed_writer(layers=layers), data)

    def open(self, name: str) -> Blob:
        """Of one that is not sealed. Raises FileNotFoundError when there is no such blob."""
        path = self.path(name)
        return Blob(name, path, path.stat().st_size)

    def files(self) -> Iterator[os.DirEntry[str]]:
        """All blobs that there are, in no order; what comes and goes meanwhile may be missed."""
        for folder in self._folders():
            with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
                yield from entries

    def _folders(self) -> list[str]:
        try:
            with os.scandir(self._directory) as entries:
                return [entry.path for entry in entries if entry.name != self._incoming.name and entry.is_dir()]
        except FileNotFoundError:
            return []


class Collector:
    """Walks over all blobs a few at a time, round after round, and deletes those that no record names.

    A file goes when it was found unnamed `GRACE_S` ago and still is, and is itself older than that: content that is written
    again, or a copy, may have taken it up in between. Times are the machine's, in seconds.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._left: Iterator[os.DirEntry[str]] = iter(())
        self._unnamed: dict[str, float] = {}  # since when, as far as is known

    def step(self, tx: Transaction, now: float, count: int) -> int:
        """Look at up to that many, at no more than one end of a round; how many were deleted."""
        gone = 0
        for file in itertools.islice(self._left, count):
            gone += self._look_at(file, tx, now)
            count -= 1
        if count > 0:
            self._left = self._blobs.files()
        return gone

    def _look_at(self, file: os.DirEntry[str], tx: Transaction, now: float) -> bool:
        name = file.name
        start = _references + keys.text(name)
        if tx.scan(start, keys.after(start), 1):
            self._unnamed.pop(name, None)
            return False
        since = self._unnamed.setdefault(name, now)
        if now - since < GRACE_S:
            return False
        with contextlib.suppress(FileNotFoundError):
            path = Path(file.path)
            if now - path.stat().st_mtime < GRACE_S:
                return False
            path.unlink()
        del self._unnamed[name]
        return True
