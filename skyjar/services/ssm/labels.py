"""Labels of versions. A label is on one version of a parameter at a time."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, naming, state
from .errors import ParameterVersionLabelLimitExceeded, ParameterVersionNotFound
from .parameters import tell
from .state import Version


def _version(call: Call, name: str, number: int) -> Version:
    found = state.versions.get(call, name, number)
    if found is None:
        raise ParameterVersionNotFound(f"version {number}", name)
    return found


@operation
def label_parameter_version(
    call: Call, *, name: str, labels: list[str], parameter_version: int | None = None
) -> dict[str, Any]:
    parameter = state.named(call, name)
    number = parameter_version or parameter.version
    version = _version(call, parameter.name, number)
    wanted = [label for label in labels if naming.is_label(label)]
    merged = tuple(dict.fromkeys((*version.labels, *wanted)))
    if len(merged) > limits.LABELS:
        raise ParameterVersionLabelLimitExceeded
    for label in wanted:
        holder = state.with_label(call, parameter.name, label)
        if holder is not None and holder.version != number:
            left = tuple(each for each in holder.labels if each != label)
            state.versions.replace(call, holder, state.replace(holder, labels=left))
    state.versions.replace(call, version, state.replace(version, labels=merged))
    for label in wanted:
        tell(call, parameter, "LabelParameterVersion", label)
    return {"InvalidLabels": [label for label in labels if label not in wanted], "ParameterVersion": number}


@operation
def unlabel_parameter_version(call: Call, *, name: str, parameter_version: int, labels: list[str]) -> dict[str, Any]:
    parameter = state.named(call, name)
    version = _version(call, parameter.name, parameter_version)
    removed = [label for label in labels if label in version.labels]
    left = tuple(label for label in version.labels if label not in removed)
    state.versions.replace(call, version, state.replace(version, labels=left))
    return {"RemovedLabels": removed, "InvalidLabels": [label for label in labels if label not in removed]}
