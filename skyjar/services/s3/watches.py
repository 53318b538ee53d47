"""What of a bucket's requests somebody wants counted: configurations of request metrics and of storage class analysis.

They lie in the bucket's record, which every request reads, so that a bucket that has none costs one look at an empty tuple. When it
has some, a request gets a follower (`kernel/metrics.py`) that counts in memory once it has been answered.
"""

from __future__ import annotations

from typing import Any

import msgspec

METRICS, ANALYTICS = "metrics", "analytics"


class Watch(msgspec.Struct, frozen=True, array_like=True):
    """A configuration of one `kind`, and what its filter asks for; `point` is an access point's ARN."""

    kind: str
    id: str
    prefix: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    point: str = ""

    @property
    def is_filtered(self) -> bool:
        return bool(self.prefix or self.tags or self.point)

    def covers(self, key: str, tags: dict[str, str], point: str = "") -> bool:
        return (
            key.startswith(self.prefix)
            and all(tags.get(name) == value for name, value in self.tags)
            and (not self.point or self.point == point)
        )

    def __str__(self) -> str:
        """The filter, for a reader."""
        parts = [f"prefix={self.prefix}"] if self.prefix else []
        return " ".join(parts + [f"tag:{name}={value}" for name, value in self.tags])


def of(kind: str, wanted: dict[str, Any]) -> Watch:
    chosen = wanted.get("Filter") or {}
    within = chosen.get("And") or chosen
    tags = [*within.get("Tags", ()), *([within["Tag"]] if "Tag" in within else ())]
    return Watch(
        kind=kind,
        id=wanted["Id"],
        prefix=within.get("Prefix") or "",
        tags=tuple((tag["Key"], tag["Value"]) for tag in tags),
        point=within.get("AccessPointArn") or "",
    )


def changed(watches: tuple[Watch, ...], kind: str, identity: str, made: Watch | None) -> tuple[Watch, ...]:
    """With `made` in place of the one of that kind and id."""
    left = [each for each in watches if (each.kind, each.id) != (kind, identity)]
    return tuple(sorted([*left, *([made] if made is not None else [])], key=lambda each: (each.kind, each.id)))
