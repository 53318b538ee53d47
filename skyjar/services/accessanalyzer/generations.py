"""Policies generated from what a user or role has called, as a trail has recorded it."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import root
from skyjar.kernel.service import operation

from . import jobs, limits, paging, recorded, state
from .errors import ServiceQuotaExceededException, ValidationException
from .state import CANCELED, DONE, RUNNING, Generation


@operation
def start_policy_generation(
    call: Call,
    *,
    policy_generation_details: dict[str, str],
    cloud_trail_details: dict[str, Any] | None = None,
    client_token: str = "",
) -> dict[str, str]:
    held = _kept(call)
    for each in held:
        if client_token and each.token == client_token:
            return {"jobId": each.id}
    principal = policy_generation_details["principalArn"]
    details = _checked(call, principal, cloud_trail_details)
    if sum(each.status == RUNNING for each in held) >= limits.GENERATIONS:
        raise ServiceQuotaExceededException(
            f"Only {limits.GENERATIONS} policy generation can be in progress.", principal, "PolicyGeneration"
        )
    made = Generation(
        id=call.new_id(),
        principal=principal,
        status=RUNNING,
        started_at=call.now,
        details=orjson.dumps(details),
        token=client_token,
    )
    state.generations.add(call, made)
    call.later(jobs.generate, key=made.id, identity=made.id)
    return {"jobId": made.id}


def _kept(call: Call) -> list[Generation]:
    """Those of the last days; older ones are forgotten."""
    found = state.generations.range(call)
    for each in found:
        if each.started_at < call.now - limits.GENERATION_KEPT_S and each.status != RUNNING:
            state.generations.remove(call, each)
    return [each for each in found if each.started_at >= call.now - limits.GENERATION_KEPT_S]


def _checked(call: Call, principal: str, given: dict[str, Any] | None) -> dict[str, Any]:
    if given is None:
        raise ValidationException("cloudTrailDetails must be given.")
    if principal.split(":")[4] != call.account:
        raise ValidationException("The principal must be of the caller's account.")
    _check_exists(call, principal)
    begins, ends = given["startTime"], given.get("endTime", call.now)
    if begins > ends or ends - begins > limits.GENERATION_RANGE_S:
        raise ValidationException("The time range must be positive and of at most 90 days.")
    if len(given["trails"]) != 1:
        raise ValidationException("Exactly one trail must be given.")
    trail = given["trails"][0]
    regions = [] if trail.get("allRegions") else trail.get("regions") or [call.region]
    return {
        "role": given["accessRole"],
        "trail": trail["cloudTrailArn"],
        "regions": regions,
        "begins": begins,
        "ends": ends,
    }


def _check_exists(call: Call, principal: str) -> None:
    kind, _, path = principal.split(":", 5)[5].partition("/")
    name = path.rpartition("/")[2]
    iam = call.ask("iam", root(call.account))
    try:
        iam.get_role(role_name=name) if kind == "role" else iam.get_user(user_name=name)
    except AWSError as error:
        if error.status != 404:
            raise
        raise ValidationException(f"The principal {principal} does not exist.") from None


def _existing(call: Call, job_id: str) -> Generation:
    found = state.generations.get(call, job_id)
    if found is None:
        raise ValidationException(f"The policy generation {job_id} does not exist.")
    return found


@operation
def get_generated_policy(call: Call, *, job_id: str, include_resource_placeholders: bool = False) -> dict[str, Any]:
    found = _existing(call, job_id)
    job: dict[str, Any] = {"jobId": found.id, "status": found.status, "startedOn": found.started_at}
    if found.completed_at:
        job["completedOn"] = found.completed_at
    if found.error[0]:
        job["jobError"] = {"code": found.error[0], "message": found.error[1]}
    result: dict[str, Any] = {"properties": _properties(found)}
    if found.status == DONE and found.actions:
        made = recorded.policy(found.actions, has_placeholders=include_resource_placeholders)
        result["generatedPolicies"] = [{"policy": orjson.dumps(made).decode()}]
    return {"jobDetails": job, "generatedPolicyResult": result}


def _properties(found: Generation) -> dict[str, Any]:
    details = orjson.loads(found.details)
    shown: dict[str, Any] = {"cloudTrailArn": details["trail"]}
    shown |= {"regions": details["regions"]} if details["regions"] else {"allRegions": True}
    return {
        "isComplete": found.is_complete,
        "principalArn": found.principal,
        "cloudTrailProperties": {
            "trailProperties": [shown],
            "startTime": details["begins"],
            "endTime": details["ends"],
        },
    }


@operation
def list_policy_generations(
    call: Call, *, principal_arn: str = "", max_results: int = limits.PAGE, next_token: str = ""
) -> dict[str, Any]:
    """The newest first."""
    found = [each for each in _kept(call) if principal_arn in ("", each.principal)]
    found.sort(key=lambda each: (each.started_at, each.id), reverse=True)
    return paging.page("policyGenerations", found, next_token, max_results, _summary)


def _summary(found: Generation) -> dict[str, Any]:
    return {
        "jobId": found.id,
        "principalArn": found.principal,
        "status": found.status,
        "startedOn": found.started_at,
        **({"completedOn": found.completed_at} if found.completed_at else {}),
    }


@operation
def cancel_policy_generation(call: Call, *, job_id: str) -> dict[str, Any]:
    found = _existing(call, job_id)
    if found.status == RUNNING:
        changed = msgspec.structs.replace(found, status=CANCELED, completed_at=call.now)
        state.generations.replace(call, found, changed)
    return {}
