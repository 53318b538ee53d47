"""Deployment packages: ZIP files checked and unpacked, safely, into directories that nobody changes any more.

Nothing is written outside the directory: names are checked, symbolic links are made last and must stay inside, sizes are
counted while unpacking (what the archive says of itself is not believed). A directory appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import zipfile
import zlib
from base64 import b64encode
from pathlib import Path, PurePosixPath

from skyjar.runtime.invocations import Package, PackageRefused

UNZIPPED_BYTES = 262_144_000  # 250 MB, of a function with its layers
ENTRIES = 200_000
CHUNK = 1 << 20
BROKEN = "Could not unzip uploaded file. Please check your file, then try to upload again."


def inspect(archive: Path) -> tuple[str, int]:
    """The SHA-256 (base64) and size of a file."""
    digest, size = hashlib.sha256(), 0
    with archive.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return b64encode(digest.digest()).decode(), size


def unpack(archive: Path, directory: Path) -> Package:
    """Unpack into `directory`, unless it is there already. Raises PackageRefused."""
    sha256, size = inspect(archive)
    if size == 0:
        raise PackageRefused("Uploaded file must be a non-empty zip")
    if directory.exists():
        return Package(sha256, size, _held(directory))
    directory.parent.mkdir(parents=True, exist_ok=True)
    temporary = directory.with_name(f"{directory.name}.{os.getpid()}.{os.urandom(4).hex()}")
    temporary.mkdir()
    try:
        unzipped = _extract(archive, temporary)
        try:
            temporary.rename(directory)
        except OSError:  # another was quicker
            if not directory.exists():
                raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise PackageRefused(BROKEN) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Package(sha256, size, unzipped)


def _held(directory: Path) -> int:
    return sum(path.lstat().st_size for path in directory.rglob("*") if path.is_file() and not path.is_symlink())


def _extract(archive: Path, root: Path) -> int:
    links: list[tuple[Path, str]] = []
    total = files = 0
    with zipfile.ZipFile(archive) as source:
        entries = source.infolist()
        if len(entries) > ENTRIES or sum(entry.file_size for entry in entries) >= UNZIPPED_BYTES:
            raise _too_large()
        for entry in entries:
            target = root / _inside(entry.filename)
            mode = entry.external_attr >> 16
            if entry.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            files += 1
            if stat.S_ISLNK(mode):
                links.append((target, source.read(entry).decode()))
                continue
            total += _copy(source, entry, target, UNZIPPED_BYTES - total)
            target.chmod((mode & 0o777 or 0o644) | 0o400)
    if files == 0:
        raise PackageRefused("Uploaded file must be a non-empty zip")
    for target, points_to in links:
        aim = Path(os.path.normpath(target.parent / points_to))
        if points_to.startswith("/") or not aim.is_relative_to(root):
            raise PackageRefused(BROKEN)
        target.symlink_to(points_to)
    for target, _ in links:  # links through links may still lead outside
        if not Path(os.path.realpath(target)).is_relative_to(os.path.realpath(root)):
            raise PackageRefused(BROKEN)
    return total


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or not path.parts:
        raise PackageRefused(BROKEN)
    return path


def _copy(source: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, room: int) -> int:
    copied = 0
    with source.open(entry) as reader, target.open("wb") as writer:
        while chunk := reader.read(CHUNK):
            copied += len(chunk)
            if copied >= room:
                raise _too_large()
            writer.write(chunk)
    return copied


def _too_large() -> PackageRefused:
    return PackageRefused(f"Unzipped size must be smaller than {UNZIPPED_BYTES} bytes")
