"""Snapshots: the whole state saved under a name, and brought back; and the way back to an empty cloud.

A snapshot is the store's checkpoint (hard links, made in milliseconds) and hard links to the blobs, which never change.
Bringing one back swaps the store below the running cloud: waiting calls are woken and look again, sandboxes end.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyjar.kernel.rocks import RocksDriver

from . import clock

if TYPE_CHECKING:
    from skyjar.app import Cloud

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")


def _path(cloud: Cloud, name: Any) -> Path:
    if not isinstance(name, str) or not _NAME.match(name):
        raise ValueError("A snapshot's name has 1 to 64 letters, digits, dots, hyphens and underscores.")
    return cloud.data / "snapshots" / name


def listing(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    folder = cloud.data / "snapshots"
    found = sorted(folder.iterdir()) if folder.exists() else []
    return {"snapshots": [{"name": path.name, "saved": path.stat().st_mtime} for path in found if path.is_dir()]}


def save(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    path = _path(cloud, parameters.get("name"))
    if path.exists():
        raise ValueError(f"There is a snapshot named {path.name} already; remove it first.")
    cloud.pipeline.records.flush()
    unfinished = path.with_name(f".{path.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    cloud.store.driver.checkpoint(unfinished / "store")
    _link(cloud.data / "blobs", unfinished / "blobs")
    unfinished.rename(path)
    return {"name": path.name}


async def load(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    path = _path(cloud, parameters.get("name"))
    if not path.is_dir():
        raise ValueError(f"There is no snapshot named {path.name}.")
    await _swap(cloud, path)
    return {"name": path.name}


def remove(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    path = _path(cloud, parameters.get("name"))
    if not path.is_dir():
        raise ValueError(f"There is no snapshot named {path.name}.")
    shutil.rmtree(path)
    return {"name": path.name}


async def reset(cloud: Cloud) -> None:
    await _swap(cloud, None)


async def _swap(cloud: Cloud, source: Path | None) -> None:
    """Put a copy of `source` (or nothing) in the place of the present state. No call runs meanwhile: all is done between
    two turns of the loop, but for the end of what runs outside."""
    await cloud.quiesce()
    cloud.store.driver.close()
    for name in ("store", "blobs"):
        shutil.rmtree(cloud.data / name, ignore_errors=True)
    if source is not None:
        _link(source / "store", cloud.data / "store")
        _link(source / "blobs", cloud.data / "blobs")
    cloud.reopen(RocksDriver(cloud.data / "store"))
    clock.recall(cloud.store, cloud.clock)


def _link(source: Path, target: Path) -> None:
    """Copy a tree: files that never change by hard link, the store's few others by content."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in os.scandir(source):
        if entry.is_dir(follow_symlinks=False):
            if entry.name != "incoming":
                _link(Path(entry.path), target / entry.name)
        elif source.name == "store" and not entry.name.endswith(".sst"):
            shutil.copy2(entry.path, target / entry.name)
        else:
            os.link(entry.path, target / entry.name)
