"""What storage class analysis has observed: requests of days that are not yet analysed, and the days that are."""

from __future__ import annotations

import msgspec

from skyjar.kernel.tables import At, Record, Table

from . import limits

AGES = (0, 15, 30, 45, 60, 75, 90, 120, 150, 180, 365, 730)  # the first day of each age group
SMALL = -1  # the group of what is smaller than 128 KiB, which is seen in ALL alone
_NAMES = ("000-014", "015-029", "030-044", "045-059", "060-074", "075-089", "090-119", "120-149", "150-179", "180-364",
          "365-729", "730+")  # fmt: skip


def group_of(age_s: float, size: int) -> int:
    if size < limits.TIERING_BYTES:
        return SMALL
    days = age_s // limits.DAY_S
    return max((index for index, first in enumerate(AGES) if days >= first), default=0)


def name_of(group: int) -> str:
    return _NAMES[group]


class Activity(Record, frozen=True):
    """Requests of a day (since the epoch) on the objects of one storage class and age group."""

    space: str
    id: str
    day: int
    storage_class: str
    group: int
    gets: int = 0
    retrieved: int = 0
    uploaded: int = 0


class Figures(msgspec.Struct, frozen=True, array_like=True):
    """Of one class and age group on a day: objects and bytes that are there, requests, bytes retrieved and uploaded."""

    storage_class: str
    group: int
    objects: int = 0
    stored: int = 0
    gets: int = 0
    retrieved: int = 0
    uploaded: int = 0


class Day(Record, frozen=True):
    """A day that has been analysed. `ratios`: the cumulative access ratio by class and age group, `ALL` as the group `EVERY`;
    `transition` and `recommended`: object ages in days, 0 while there is none."""

    space: str
    id: str
    day: int
    figures: tuple[Figures, ...]
    ratios: dict[str, dict[int, float]]
    transition: int = 0
    recommended: int = 0


EVERY = len(AGES)
activities = Table("s3.activities", Activity, key=("space", "id", "day", "storage_class", "group"))
days = Table("s3.analysed_days", Day, key=("space", "id", "day"))


def forget(at: At, space: str, identity: str) -> None:
    for activity in activities.range(at, space, identity):
        activities.remove(at, activity)
    for day in days.range(at, space, identity):
        days.remove(at, day)
