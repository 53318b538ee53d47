"""Reading parameters' values: one, several, below a path, and how they were before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import filters, limits, naming, public, secret_references, secure, state
from .errors import ParameterNotFound, ParameterVersionNotFound
from .parameters import shown_details
from .state import Version


def _value(call: Call, at: At, version: Version, opens: bool) -> str:
    return secure.decrypted(call, at, version) if opens and version.type == secure.SECURE else version.value


def _show(call: Call, at: At, version: Version, opens: bool, selector: str = "") -> dict[str, Any]:
    return {
        "Name": version.name,
        "Type": version.type,
        "Value": _value(call, at, version, opens),
        "Version": version.version,
        "LastModifiedDate": version.modified_at,
        "ARN": state.arn_of(at, version.name),
        "DataType": version.data_type,
        **({"Selector": selector} if selector else {}),
    }


def _read(call: Call, name: str, opens: bool) -> dict[str, Any]:
    if public.is_one(name):
        return public.show(call, name)
    if secret_references.is_one(name):
        return secret_references.show(call, name, opens)
    at, version, selector = state.selected(call, name)
    return _show(call, at, version, opens, selector)


@operation
def get_parameter(call: Call, *, name: str, with_decryption: bool = False) -> dict[str, Any]:
    return {"Parameter": _read(call, name, with_decryption)}


@operation
def get_parameters(call: Call, *, names: list[str], with_decryption: bool = False) -> dict[str, Any]:
    found, invalid = [], []
    for name in dict.fromkeys(names):
        try:
            found.append(_read(call, name, with_decryption))
        except (ParameterNotFound, ParameterVersionNotFound):
            invalid.append(name)
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
    path = naming.check_path(path.strip())
    limit = max_results or limits.BY_PATH_RESULTS
    given = parameter_filters or []
    if path.startswith(public.PREFIX):
        return _public(call, path, recursive, given, next_token, limit)

    def show(each: Version) -> dict[str, Any]:
        return _show(call, call, each, with_decryption)

    return naming.page("Parameters", _below(call, path, recursive, given), next_token, limit, _place_of, show)


def _place_of(version: Version) -> str:
    """In the order of names; several versions of one parameter may be found by their labels."""
    return f"{version.name}:{version.version:012d}"


def _public(
    call: Call, path: str, recursive: bool, given: list[dict[str, Any]], token: str, limit: int
) -> dict[str, Any]:
    if given:
        raise NotImplementedHere("Skyjar does not implement ParameterFilters of public parameters in ssm.")
    found = public.below(call, path, recursive)
    return naming.page("Parameters", found, token, limit, lambda each: str(each["Name"]), lambda each: each)


def _below(call: Call, path: str, recursive: bool, given: list[dict[str, Any]]) -> Iterator[Version]:
    labels = filters.labels(given)
    tests = filters.tests([each for each in given if each["Key"] != "Label"], ("Type", "KeyId", "Label"))
    for parameter in state.below(call, path):
        is_within = recursive or "/" not in parameter.name.removeprefix(path)
        if not is_within or not all(test(parameter) for test in tests):
            continue
        if not labels:
            yield parameter
            continue
        labelled = [state.with_label(call, parameter.name, label) for label in labels]
        found = {version.version: version for version in labelled if version is not None}
        yield from (found[number] for number in sorted(found))


@operation
def get_parameter_history(
    call: Call, *, name: str, with_decryption: bool = False, max_results: int | None = None, next_token: str = ""
) -> dict[str, Any]:
    at, parameter = state.referred(call, name)
    return naming.page(
        "Parameters",
        state.versions.each(at, parameter.name),
        next_token,
        max_results or limits.RESULTS,
        lambda version: f"{version.version:012d}",
        lambda version: {
            **shown_details(version),
            "Value": _value(call, at, version, with_decryption),
            "Labels": list(version.labels),
        },
    )
