"""Putting, describing and deleting parameters."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import ParameterChanged, data_types, jobs, limits, naming, secure, settings, state, tiers
from . import filters as searches
from . import policies as rules
from .errors import ParameterAlreadyExists, ParameterMaxVersionLimitExceeded, TooManyTagsError, ValidationException
from .state import Parameter, Policy, Version

Tags = list[dict[str, str]]
_DESCRIBED_BY = ("Name", "Type", "KeyId", "Path", "Tier", "DataType", "tag:")


@operation
def put_parameter(
    call: Call,
    *,
    name: str,
    value: str,
    description: str | None = None,
    type: str = "",
    key_id: str = "",
    overwrite: bool = False,
    allowed_pattern: str | None = None,
    tags: Tags | None = None,
    tier: str = "",
    policies: str | None = None,
    data_type: str = "",
) -> dict[str, Any]:
    name = name.strip()
    old = _existing(call, name, overwrite)
    if old is None and not type:
        raise ValidationException("A parameter type is required when you create a parameter.")
    if overwrite and tags:
        raise ValidationException(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove "
            "overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
            "RemoveTagsFromResource."
        )
    new_type = type or (old.type if old is not None else "")
    if key_id and new_type != secure.SECURE:
        raise ValidationException("KeyId is valid only for parameters of type SecureString.")
    new = Parameter(
        name=name,
        version=old.version + 1 if old is not None else 1,
        value=value,
        type=new_type,
        modified_at=call.now,
        modified_by=call.caller.arn,
        data_type=data_type or (old.data_type if old is not None else data_types.TEXT),
        key_id=(key_id or secure.MANAGED) if new_type == secure.SECURE else "",
        description=description if description is not None else (old.description if old is not None else ""),
        allowed_pattern=allowed_pattern or "",
        policies=_policies(call, policies, old),
        tags=old.tags if old is not None else merged_tags({}, tags or []),
    )
    new = _tiered(call, new, old, tier)
    naming.check_value(value, new_type, new.allowed_pattern)
    data_types.check(new.data_type, new_type, value)
    if new_type == secure.SECURE:
        new = state.replace(new, value=secure.encrypted(call, name, new.key_id, new.tier, value))
    _write(call, old, new)
    return {"Version": new.version, "Tier": new.tier}


def _policies(call: Call, given: str | None, old: Parameter | None) -> tuple[Policy, ...]:
    """Those of the request, else those that the parameter has."""
    if given is not None:
        return rules.read(given, call.now)
    return rules.started(old.policies, call.now) if old is not None else ()


def _tiered(call: Call, new: Parameter, old: Parameter | None, asked: str) -> Parameter:
    """The new version in its tier."""
    counted = state.counted(call)
    standard = counted.parameters - counted.advanced
    reason = tiers.advanced_only(new.value, bool(new.policies), new.data_type in data_types.ADVANCED)
    present = old.tier if old is not None else ""
    tier = tiers.chosen(asked, present, settings.default_tier(call), reason, standard)
    tiers.check_size(tier, new.value)
    if old is None:
        tiers.check_room(tier, standard, counted.advanced)
    found: Parameter = state.replace(new, tier=tier)
    return found


def _write(call: Call, old: Parameter | None, new: Parameter) -> None:
    was_advanced = old is not None and old.tier == tiers.ADVANCED
    change = {"parameters": int(old is None), "advanced": int(new.tier == tiers.ADVANCED) - int(was_advanced)}
    if any(change.values()):
        state.count(call, **change)
    state.parameters.put(call, new)
    state.versions.add(call, _version(new))
    _drop_oldest(call, new)
    jobs.plan(call, new)
    tell(call, new, "Create" if old is None else "Update")


def tell(call: Call, parameter: Parameter, operation: str, label: str = "") -> None:
    call.emit(
        ParameterChanged(
            arn=state.arn_of(call, parameter.name),
            name=parameter.name,
            type=parameter.type,
            operation=operation,
            description=parameter.description,
            label=label,
        )
    )


def _existing(call: Call, name: str, overwrite: bool) -> Parameter | None:
    naming.check_name(name, state.arn_of(call, name))
    old = state.parameters.get(call, name)
    if old is not None and not overwrite:
        raise ParameterAlreadyExists
    return old


def _version(parameter: Parameter) -> Version:
    fields = {field: getattr(parameter, field) for field in Version.__struct_fields__}
    return Version(**fields)


def _drop_oldest(call: Call, parameter: Parameter) -> None:
    if parameter.version <= limits.VERSIONS:
        return
    kept = state.versions.range(call, parameter.name, limit=limits.VERSIONS + 1)
    if len(kept) > limits.VERSIONS:
        if kept[0].labels:
            raise ParameterMaxVersionLimitExceeded(parameter.name, kept[0].version)
        state.versions.remove(call, kept[0])


def merged_tags(present: dict[str, str], given: Tags) -> dict[str, str]:
    tags = present | {tag["Key"]: tag["Value"] for tag in given}
    if len(tags) > limits.TAGS:
        raise TooManyTagsError
    return tags


@operation
def describe_parameters(
    call: Call,
    *,
    filters: list[dict[str, Any]] | None = None,
    parameter_filters: list[dict[str, Any]] | None = None,
    max_results: int | None = None,
    next_token: str = "",
) -> dict[str, Any]:
    if filters and parameter_filters:
        raise ValidationException("You can use either Filters or ParameterFilters in a single request.")
    tests = searches.tests(searches.modern(filters) if filters else parameter_filters, _DESCRIBED_BY)
    found = (each for each in state.parameters.each(call) if all(test(each) for test in tests))
    limit = max_results or limits.RESULTS
    return naming.page("Parameters", found, next_token, limit, lambda each: each.name, lambda each: _show(call, each))


def _show(call: Call, parameter: Parameter) -> dict[str, Any]:
    return {**shown_details(parameter), "ARN": state.arn_of(call, parameter.name)}


def shown_details(version: Version) -> dict[str, Any]:
    shown = {
        "Name": version.name,
        "Type": version.type,
        "LastModifiedDate": version.modified_at,
        "LastModifiedUser": version.modified_by,
        "Version": version.version,
        "Tier": version.tier,
        "Policies": rules.shown(version.policies),
        "DataType": version.data_type,
    }
    if version.description:
        shown["Description"] = version.description
    if version.key_id:
        shown["KeyId"] = version.key_id
    if version.allowed_pattern:
        shown["AllowedPattern"] = version.allowed_pattern
    return shown


@operation
def delete_parameter(call: Call, *, name: str) -> None:
    drop(call, state.named(call, name))


def drop(call: Call, parameter: Parameter) -> None:
    state.parameters.remove(call, parameter)
    for version in state.versions.range(call, parameter.name):
        state.versions.remove(call, version)
    state.sharings.delete(call, parameter.name)
    state.count(call, parameters=-1, advanced=-int(parameter.tier == tiers.ADVANCED))
    tell(call, parameter, "Delete")


@operation
def delete_parameters(call: Call, *, names: list[str]) -> dict[str, list[str]]:
    deleted, invalid = [], []
    for name in dict.fromkeys(names):
        found = state.parameters.get(call, name.strip())
        if found is None:
            invalid.append(name)
        else:
            drop(call, found)
            deleted.append(name)
    return {"DeletedParameters": deleted, "InvalidParameters": invalid}
