"""Reading parameters' values: one, several, below a path, and how they were before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import filters, limits, naming, secret_references, secure, state
from .errors import ParameterNotFound, ParameterVersionNotFound
from .parameters import shown_details
from .state import Version


def _value(call: Call, version: Version, opens: bool) -> str:
    return secure.decrypted(call, version) if opens and version.type == secure.SECURE else version.value


def _show(call: Call, version: Version, opens: bool, selector: str = "") -> dict[str, Any]:
    return {
        "Name": version.name,
        "Type": version.type,
        "Value": _value(call, version, opens),
        "Version": version.version,
        "LastModifiedDate": version.modified_at,
        "ARN": state.arn_of(call, version.name),
        "DataType": version.data_type,
        **({"Selector": selector} if selector else {}),
    }


@operation
def get_parameter(call: Call, *, name: str, with_decryption: bool = False) -> dict[str, Any]:
    if secret_references.is_one(name):
        return {"Parameter": secret_references.show(call, name, with_decryption)}
    version, selector = state.selected(call, name)
    return {"Parameter": _show(call, version, with_decryption, selector)}


@operation
def get_parameters(call: Call, *, names: list[str], with_decryption: bool = False) -> dict[str, Any]:
    found, invalid = [], []
    for name in dict.fromkeys(names):
        try:
            if secret_references.is_one(name):
                found.append(secret_references.show(call, name, with_decryption))
                continue
            version, selector = state.selected(call, name)
        except (ParameterNotFound, ParameterVersionNotFound):
            invalid.append(name)
        else:
            found.append(_show(call, version, with_decryption, selector))
    return {"Parameters": found, "InvalidParameters": invalid}


@operation
def get_parameters_by_path(
    call: Call,
    *,
    path: str,
    recursive: bool = False,
    parameter_filters: list[dict[str, Any]] | None = None,
    with_decryption: bool = False,
    max_results: int | None = None,
    next_token: str = "",
) -> dict[str, Any]:
    found = _below(call, naming.check_path(path), recursive, parameter_filters or [])
    limit = max_results or limits.BY_PATH_RESULTS
    return naming.page(
        "Parameters", found, next_token, limit, lambda each: each.name, lambda each: _show(call, each, with_decryption)
    )


def _below(call: Call, path: str, recursive: bool, given: list[dict[str, Any]]) -> Iterator[Version]:
    labels = [label for each in given if each["Key"] == "Label" for label in each.get("Values", [])]
    tests = filters.tests([each for each in given if each["Key"] != "Label"], ("Type", "KeyId"))
    for parameter in state.below(call, path):
        is_within = recursive or "/" not in parameter.name.removeprefix(path)
        if not is_within or not all(test(parameter) for test in tests):
            continue
        if not labels:
            yield parameter
            continue
        labelled = [state.with_label(call, parameter.name, label) for label in labels]
        yield from {version.version: version for version in labelled if version is not None}.values()


@operation
def get_parameter_history(
    call: Call, *, name: str, with_decryption: bool = False, max_results: int | None = None, next_token: str = ""
) -> dict[str, Any]:
    parameter = state.parameter_of(call, name)
    return naming.page(
        "Parameters",
        state.versions.each(call, parameter.name),
        next_token,
        max_results or limits.RESULTS,
        lambda version: f"{version.version:012d}",
        lambda version: {
            **shown_details(version),
            "Value": _value(call, version, with_decryption),
            "Labels": list(version.labels),
        },
    )
