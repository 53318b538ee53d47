"""What an object adds to BucketSizeBytes, by CloudWatch's StorageType. Pure.

Source: S3 User Guide, "Amazon S3 CloudWatch dimensions". An archived object takes 32 KB more where it is, and 8 KB of S3 Standard. What
"size overhead" of a small object is AWS does not say exactly: here it is what it lacks to the 128 KB that it is charged for.
"""

from __future__ import annotations

from . import limits, tiers
from .object_state import Object

_STORAGE = {
    "STANDARD_IA": "StandardIAStorage",
    "ONEZONE_IA": "OneZoneIAStorage",
    "GLACIER_IR": "GlacierInstantRetrievalStorage",
    "REDUCED_REDUNDANCY": "ReducedRedundancyStorage",
    "INTELLIGENT_TIERING": "IntelligentTieringFAStorage",
    "GLACIER": "GlacierStorage",
    "DEEP_ARCHIVE": "DeepArchiveStorage",
}
_SMALL = {
    "STANDARD_IA": "StandardIASizeOverhead",
    "ONEZONE_IA": "OneZoneIASizeOverhead",
    "GLACIER_IR": "GlacierInstantRetrievalSizeOverhead",
}
_OVERHEADS = {
    "GLACIER": ("GlacierObjectOverhead", "GlacierS3ObjectOverhead"),
    "DEEP_ARCHIVE": ("DeepArchiveObjectOverhead", "DeepArchiveS3ObjectOverhead"),
    "ARCHIVE": ("IntAAObjectOverhead", "IntAAS3ObjectOverhead"),
    "TIER_DEEP_ARCHIVE": ("IntDAAObjectOverhead", "IntDAAS3ObjectOverhead"),
}
_TIERS = {
    "FREQUENT": "IntelligentTieringFAStorage",
    "INFREQUENT": "IntelligentTieringIAStorage",
    "ARCHIVE_INSTANT": "IntelligentTieringAIAStorage",
    "ARCHIVE": "IntelligentTieringAAStorage",
    "DEEP_ARCHIVE": "IntelligentTieringDAAStorage",
}
_STAGING = {"GLACIER": "GlacierStagingStorage", "DEEP_ARCHIVE": "DeepArchiveStagingStorage"}


def of(found: Object, now: float) -> dict[str, int]:
    """Bytes by storage type."""
    if found.storage_class == tiers.CLASS:
        tier = tiers.of(found, now)
        archive = "TIER_DEEP_ARCHIVE" if tier == "DEEP_ARCHIVE" else tier
        return {_TIERS[tier]: found.size, **_overhead(archive)}
    sizes = {_STORAGE.get(found.storage_class, "StandardStorage"): found.size, **_overhead(found.storage_class)}
    if found.storage_class in _SMALL and found.size < limits.TRANSITION_BYTES:
        sizes[_SMALL[found.storage_class]] = limits.TRANSITION_BYTES - found.size
    return sizes


def _overhead(where: str) -> dict[str, int]:
    if where not in _OVERHEADS:
        return {}
    of_object, of_s3 = _OVERHEADS[where]
    return {of_object: limits.ARCHIVED_BYTES, of_s3: limits.ARCHIVED_S3_BYTES}


def of_parts(storage_class: str) -> str:
    """Where the parts of an upload are until it is complete."""
    return _STAGING.get(storage_class) or _STORAGE.get(storage_class, "StandardStorage")


def add(sizes: dict[str, int], more: dict[str, int]) -> None:
    for kind, size in more.items():
        sizes[kind] = sizes.get(kind, 0) + size
