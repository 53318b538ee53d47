"""What S3 Control's operations need: S3's actions on the account as a whole, on an access point, or on a batch job."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import batch_state, bucket_tags, multi_region_state, state, tags
from .access_points import arn_of

_AS = {
    "get_public_access_block": "s3:GetAccountPublicAccessBlock",
    "put_public_access_block": "s3:PutAccountPublicAccessBlock",
    "delete_public_access_block": "s3:PutAccountPublicAccessBlock",
}

_MANAGING = frozenset(
    ("create_multi_region_access_point", "delete_multi_region_access_point", "put_multi_region_access_point_policy")
)
_ON_NONE = ("describe_multi_region_access_point_operation", "list_multi_region_access_points")


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    return [_AS[operation]] if operation in _AS else None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if "multi_region" in operation:
        return _multi_region(call, operation, parameters)
    if _is_on_point(operation, parameters) and operation != "get_access_point":
        return [_arn(call, parameters)]
    if operation.endswith("_for_object_lambda") and "name" in parameters:
        return [f"arn:aws:s3-object-lambda:{call.region}:{call.account}:accesspoint/{parameters['name']}"]
    if "resource_arn" in parameters:
        return [parameters["resource_arn"]]
    if "job_id" in parameters:
        return [f"arn:aws:s3:{call.region}:{call.account}:job/{parameters['job_id']}"]
    return ["*"]


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    """Of a bucket whose tags are asked for."""
    return bucket_tags.policy(call, parameters["resource_arn"]) if "resource_arn" in parameters else None


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """The role of a job is handed over; whoever manages Multi-Region access points may list buckets."""
    if operation in _MANAGING:
        return [("s3:ListAllMyBuckets", "*", {})]
    if operation == "create_access_point" and parameters.get("tags"):
        return [("s3:TagResource", _arn(call, parameters), {})]
    if operation != "create_job":
        return []
    handed = ("iam:PassRole", parameters["role_arn"], {"iam:PassedToService": "batchoperations.s3.amazonaws.com"})
    jobs = f"arn:aws:s3:{call.region}:{call.account}:job/*"
    return [("s3:PutJobTagging", jobs, {}), handed] if parameters.get("tags") else [handed]


def _multi_region(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    """A Multi-Region access point by its alias; one that is not there yet, or not at all, by its name."""
    if "request_token_arn" in parameters:
        return [parameters["request_token_arn"]]
    if "mrap" in parameters:
        return [parameters["mrap"]]
    name = parameters.get("name") or (parameters.get("details") or {}).get("Name")
    if not name:
        return ["*"]
    found = multi_region_state.points.get(call, name)
    return [multi_region_state.arn_of(call, found.alias if found is not None else name)]


def _is_on_point(operation: str, parameters: dict[str, Any]) -> bool:
    is_other = operation.endswith("_for_object_lambda") or "multi_region" in operation
    return "access_point" in operation and "name" in parameters and not is_other


def _arn(call: Call, parameters: dict[str, Any]) -> str:
    return arn_of(call, parameters["name"].rpartition("/")[2])


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"s3:ResourceAccount": call.account, **tags.requested(parameters)}
    if _is_on_point(operation, parameters) or ":accesspoint/" in parameters.get("resource_arn", ""):
        found |= _of_point(call, parameters)
    if bucket_tags.is_bucket(parameters.get("resource_arn", "")):
        found |= bucket_tags.conditions(call, parameters["resource_arn"])
    if "multi_region" in operation and operation not in _ON_NONE:
        found |= {
            "s3:DataAccessPointAccount": call.account,
            "s3:DataAccessPointArn": _multi_region(call, operation, parameters)[0],
            "s3:AccessPointNetworkOrigin": "Internet",
        }
    if operation == "create_job":
        found["s3:RequestJobPriority"] = str(parameters["priority"])
        found["s3:RequestJobOperation"] = next(iter(parameters["operation"]), "")
    if operation in ("update_job_priority", "update_job_status", "put_job_tagging", "delete_job_tagging"):
        found |= _of_job(call, operation, parameters)
    return found


def _of_point(call: Call, parameters: dict[str, Any]) -> dict[str, Any]:
    name = (parameters.get("name") or parameters["resource_arn"]).rpartition("/")[2]
    point = state.points.get(call, name)
    is_vpc = bool(point.vpc if point is not None else parameters.get("vpc_configuration"))
    held = point.tags if point is not None else {}
    return {
        "s3:DataAccessPointAccount": call.account,
        "s3:DataAccessPointArn": arn_of(call, name),
        "s3:AccessPointNetworkOrigin": "VPC" if is_vpc else "Internet",
        **{f"s3:AccessPointTag/{key}": value for key, value in held.items()},
        **tags.held(held),
    }


def _of_job(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    batch = batch_state.batches.get(call, parameters["job_id"])
    if batch is not None:
        found = {"s3:ExistingJobPriority": str(batch.priority), "s3:ExistingJobOperation": batch.operation}
        found |= tags.held(batch.tags)
    if operation == "update_job_priority":
        found["s3:RequestJobPriority"] = str(parameters["priority"])
    elif operation == "update_job_status" and batch is not None and batch.suspended_s:
        found["s3:JobSuspendedCause"] = "AwaitingConfirmation"
    return found
