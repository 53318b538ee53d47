"""Which version carries which label. A label is on one version of a secret at a time, and AWSPREVIOUS follows AWSCURRENT."""

from __future__ import annotations

from collections.abc import Iterable

from skyjar.kernel.tables import At

from . import limits, state
from .errors import LimitExceededException
from .state import CURRENT, PREVIOUS, Secret, Version


def move(at: At, secret: Secret, version: Version, labels: Iterable[str]) -> Version:
    """The version, written with these labels added, which are taken from the others."""
    wanted = tuple(dict.fromkeys(labels))
    others = [each for each in state.versions.range(at, secret.id) if each.id != version.id]
    former = next((each for each in others if CURRENT in each.stages), None)
    is_succeeding = CURRENT in wanted and former is not None
    for other in others:
        left = [stage for stage in other.stages if stage not in wanted]
        if is_succeeding:
            left = [stage for stage in left if stage != PREVIOUS]
            if former is not None and other.id == former.id:
                left.append(PREVIOUS)
        if tuple(left) != other.stages:
            state.versions.replace(at, other, state.replace(other, stages=tuple(left)))
    held = tuple(stage for stage in version.stages if not (is_succeeding and stage == PREVIOUS))
    merged = tuple(dict.fromkeys((*held, *wanted)))
    if len(merged) > limits.STAGES:
        raise LimitExceededException(f"A version can have at most {limits.STAGES} staging labels.")
    changed: Version = state.replace(version, stages=merged)
    state.versions.put(at, changed)
    return changed


def drop_outdated(at: At, secret: Secret, now: float) -> None:
    """Versions without a label go when there are more than 100, the oldest first, but none of the last day."""
    held = sorted(state.versions.range(at, secret.id), key=lambda each: each.created_at)
    surplus = len(held) - limits.VERSIONS
    for version in held:
        if surplus <= 0:
            return
        if not version.stages and version.created_at < now - limits.VERSION_KEPT_S:
            state.versions.remove(at, version)
            surplus -= 1
    if surplus > 0:
        raise LimitExceededException("The secret has reached the quota of versions.")
