"""Storage class analysis: a day's figures, what follows from the last thirty, and the file that is exported. Pure.

Source: S3 User Guide, "Amazon S3 analytics – Storage Class Analysis", "Exported file layout". AWS does not publish its formulas. Here
the cumulative access ratio of an age group is what was retrieved of it and all older ones in the last thirty days, by what was
stored of them on an average day; and objects are worth moving to STANDARD_IA from the first age, thirty days at least, of which
less was retrieved than stored, since from there on what is saved on storage is more than what retrieving costs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from . import limits
from .analysis_state import AGES, EVERY, Activity, Day, Figures, group_of, name_of
from .object_state import Object
from .retrievals import CLASSES
from .watches import Watch

COLUMNS = (
    "Date", "ConfigId", "Filter", "StorageClass", "ObjectAge", "ObjectCount", "DataUploaded_MB", "Storage_MB",
    "DataRetrieved_MB", "GetRequestCount", "CumulativeAccessRatio", "ObjectAgeForSIATransition",
    "RecommendedObjectAgeForSIATransition",
)  # fmt: skip


Held = dict[str, dict[int, tuple[int, int]]]  # by storage class and age group: objects, and their bytes


def counted(watch: Watch, versions: Iterable[Object], ends_s: float, before: Held) -> Held:
    """What there is at the end of a day, with what was counted of it before."""
    found = {kind: dict(groups) for kind, groups in before.items()}
    for each in versions:
        if each.is_marker or each.storage_class not in CLASSES or not watch.covers(each.key, each.tags):
            continue
        groups, group = found.setdefault(each.storage_class, {}), group_of(ends_s - each.modified_s, each.size)
        objects, stored = groups.get(group, (0, 0))
        groups[group] = (objects + 1, stored + each.size)
    return found


def figures(held: Held, done: Iterable[Activity]) -> tuple[Figures, ...]:
    """Of a day: what there is of each class and age group, and what was done with it."""
    found = {
        (kind, group): Figures(kind, group, objects, stored)
        for kind, groups in held.items()
        for group, (objects, stored) in groups.items()
    }
    for each in done:
        place = (each.storage_class, each.group)
        there = found.get(place) or Figures(*place)
        found[place] = Figures(*place, there.objects, there.stored, each.gets, each.retrieved, each.uploaded)
    return tuple(each for _, each in sorted(found.items()))


def analysed(watch: Watch, space: str, day: int, found: tuple[Figures, ...], earlier: Sequence[Day]) -> Day:
    """`earlier`: the days that were analysed before, in order."""
    seen = [*(each.figures for each in earlier[-(limits.ANALYSIS_DAYS - 1) :]), found]
    ratios: dict[str, dict[int, float]] = {}
    for kind in CLASSES:
        for group in (*range(len(AGES)), EVERY):
            ratio = _ratio(kind, -1 if group == EVERY else group, seen)
            if ratio is not None:
                ratios.setdefault(kind, {})[group] = ratio
    is_known = len(earlier) >= limits.ANALYSIS_DAYS - 1
    transition = _transition(ratios.get(CLASSES[0], {})) if is_known else 0
    last = [each.transition for each in earlier[-(limits.STABLE_DAYS - 1) :]]
    is_stable = len(last) == limits.STABLE_DAYS - 1 and all(each == transition for each in last)
    return Day(space, watch.id, day, found, ratios, transition, transition if is_stable else 0)


def _ratio(kind: str, youngest: int, seen: list[tuple[Figures, ...]]) -> float | None:
    """Bytes retrieved by bytes stored, of that age group and the older ones."""
    concerned = [each for day in seen for each in day if each.storage_class == kind and each.group >= youngest]
    stored = sum(each.stored for each in concerned) / len(seen)
    return sum(each.retrieved for each in concerned) / stored if stored else None


def _transition(ratios: dict[int, float]) -> int:
    ages = (
        age
        for group, age in enumerate(AGES)
        if age >= limits.INFREQUENT_DAYS and ratios.get(group, 1.0) < limits.INFREQUENT_RATIO
    )
    return next(ages, 0)


def exported(watch: Watch, history: Sequence[Day]) -> bytes:
    """All days, by date within age group, ALL at the end."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(COLUMNS)
    for group in (*range(len(AGES)), EVERY):
        for day in history:
            kinds = [kind for kind in CLASSES if kind == CLASSES[0] or _is_there(kind, day)]
            writer.writerows(_row(watch, day, kind, group) for kind in kinds)
    return target.getvalue().encode()


def _is_there(kind: str, day: Day) -> bool:
    return any(each.storage_class == kind for each in day.figures)


def _row(watch: Watch, day: Day, kind: str, group: int) -> list[str]:
    date = datetime.fromtimestamp(day.day * limits.DAY_S, UTC).strftime("%m-%d-%Y")
    is_all = group == EVERY
    concerned = [each for each in day.figures if each.storage_class == kind and (is_all or each.group == group)]
    ratio = day.ratios.get(kind, {}).get(group)
    ages = (day.transition, day.recommended) if is_all and kind == CLASSES[0] else (0, 0)
    return [
        date,
        watch.id,
        str(watch),
        kind,
        "ALL" if is_all else name_of(group),
        str(sum(each.objects for each in concerned)) if is_all else "",
        _mb(sum(each.uploaded for each in concerned)) if is_all else "",
        _mb(sum(each.stored for each in concerned)) if concerned or is_all else "",
        _mb(sum(each.retrieved for each in concerned)) if concerned or is_all else "",
        str(sum(each.gets for each in concerned)) if concerned or is_all else "",
        f"{ratio:.4f}" if ratio is not None else "",
        *(str(age) if age else "" for age in ages),
    ]


def _mb(size: int) -> str:
    return f"{size / limits.MIB:.4f}"
