"""What S3 Control's operations need: S3's actions on the account as a whole, on an access point, or on a batch job."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call

from . import batch_state, bucket_tags, state

_AS = {
    "get_public_access_block": "s3:GetAccountPublicAccessBlock",
    "put_public_access_block": "s3:PutAccountPublicAccessBlock",
    "delete_public_access_block": "s3:PutAccountPublicAccessBlock",
}


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    return [_AS[operation]] if operation in _AS else None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
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
    """The role of a job is handed over."""
    if operation != "create_job":
        return []
    return [("iam:PassRole", parameters["role_arn"], {"iam:PassedToService": "batchoperations.s3.amazonaws.com"})]


def _is_on_point(operation: str, parameters: dict[str, Any]) -> bool:
    return "access_point" in operation and "name" in parameters and not operation.endswith("_for_object_lambda")


def _arn(call: Call, parameters: dict[str, Any]) -> str:
    return f"arn:aws:s3:{call.region}:{call.account}:accesspoint/{parameters['name'].rpartition('/')[2]}"


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"s3:ResourceAccount": call.account}
    if _is_on_point(operation, parameters):
        point = state.points.get(call, parameters["name"].rpartition("/")[2])
        is_vpc = bool(point.vpc if point is not None else parameters.get("vpc_configuration"))
        found |= {
            "s3:DataAccessPointAccount": call.account,
            "s3:DataAccessPointArn": _arn(call, parameters),
            "s3:AccessPointNetworkOrigin": "VPC" if is_vpc else "Internet",
        }
    if "resource_arn" in parameters:
        tags = parameters.get("tags", ())
        found |= {f"aws:RequestTag/{each['Key']}": each["Value"] for each in tags}
        keys = parameters.get("tag_keys") or [each["Key"] for each in tags]
        found |= {"aws:TagKeys": keys} if keys else {}
    if operation == "create_job":
        found["s3:RequestJobPriority"] = str(parameters["priority"])
        found["s3:RequestJobOperation"] = next(iter(parameters["operation"]), "")
    if operation in ("update_job_priority", "update_job_status"):
        found |= _of_job(call, operation, parameters)
    return found


def _of_job(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    batch = batch_state.batches.get(call, parameters["job_id"])
    if batch is not None:
        found = {"s3:ExistingJobPriority": str(batch.priority), "s3:ExistingJobOperation": batch.operation}
    if operation == "update_job_priority":
        found["s3:RequestJobPriority"] = str(parameters["priority"])
    elif batch is not None and batch.suspended_s:
        found["s3:JobSuspendedCause"] = "AwaitingConfirmation"
    return found
