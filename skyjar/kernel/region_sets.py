"""The Regions that a SigV4A request is signed for: a list of names, in which `*` stands for anything."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

_NAME = re.compile(r"[a-z0-9*-]{1,64}")


def covers(region_set: str, region: str) -> bool:
    return any(_NAME.fullmatch(name) and fnmatchcase(region, name) for name in names(region_set))


def names(region_set: str) -> list[str]:
    return [name.strip() for name in region_set.split(",")]
