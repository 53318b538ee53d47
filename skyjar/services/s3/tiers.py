"""The access tiers of S3 Intelligent-Tiering: where an object is follows from when it was last read. Pure.

The first three tiers read alike, so they are a matter of time alone; the two optional archives are kept with the object, since
it stays there until it is restored. Source: S3 User Guide, "How S3 Intelligent-Tiering works", "Managing S3
Intelligent-Tiering".
"""

from __future__ import annotations

from typing import Any

from . import limits, state
from .object_state import Object

CLASS = "INTELLIGENT_TIERING"
ARCHIVE, DEEP = "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"


def since(found: Object) -> int:
    """When it was last read, or written."""
    return found.tier[0] or found.modified_s


def of(found: Object, now: float) -> str:
    """As inventories name it."""
    if found.tier[1]:
        return "ARCHIVE" if found.tier[1] == ARCHIVE else "DEEP_ARCHIVE"
    unused = now - since(found)
    if found.size < limits.TIERING_BYTES or unused < limits.INFREQUENT_DAYS * limits.DAY_S:
        return "FREQUENT"
    return "INFREQUENT" if unused < limits.INSTANT_DAYS * limits.DAY_S else "ARCHIVE_INSTANT"


def is_read_today(found: Object, now: float) -> bool:
    """Whether that it is read now is known already: a day is exact enough."""
    return int(now // limits.DAY_S) == since(found) // limits.DAY_S


def read(found: Object, now: float) -> Object:
    """It is in the frequent tier from now on."""
    changed: Object = state.replace(found, tier=(int(now), ""), restore=(0, 0))
    return changed


def archive(found: Object, configurations: list[dict[str, Any]], now: float) -> str:
    """The archive where it is to be by now, if that is another and a deeper one than where it is."""
    if found.storage_class != CLASS or found.size < limits.TIERING_BYTES or found.is_marker or found.restore[0] > now:
        return ""
    days = (now - since(found)) / limits.DAY_S
    due = {
        tiering["AccessTier"]
        for each in configurations
        if each["Status"] == "Enabled" and _covers(each, found)
        for tiering in each["Tierings"]
        if days >= tiering["Days"]
    }
    deepest = DEEP if DEEP in due else ARCHIVE if ARCHIVE in due else ""
    return deepest if found.tier[1] not in (deepest, DEEP) else ""


def _covers(configuration: dict[str, Any], found: Object) -> bool:
    chosen = configuration.get("Filter") or {}
    within = chosen.get("And") or chosen
    tags = [*within.get("Tags", ()), *([within["Tag"]] if "Tag" in within else ())]
    return found.key.startswith(within.get("Prefix") or "") and all(
        found.tags.get(tag["Key"]) == tag["Value"] for tag in tags
    )
