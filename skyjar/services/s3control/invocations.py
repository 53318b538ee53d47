"""A job's function: the event that it gets for a task, and what its answer says. Source: S3 User Guide, "Invoke AWS Lambda
function"."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.outside import Outside
from skyjar.kernel.principals import Principal

from . import limits
from .batch_state import Task
from .errors import InvalidRequest

_VERSIONS = ("1.0", "2.0")


def check(given: dict[str, Any]) -> None:
    version = given.get("InvocationSchemaVersion") or "1.0"
    if not given.get("FunctionArn", "").startswith("arn:aws:lambda:"):
        raise InvalidRequest("The function of a job is named by its ARN.")
    if version not in _VERSIONS or (given.get("UserArguments") and version == "1.0"):
        raise InvalidRequest("The invocation schema version is 1.0, or 2.0 where there are user arguments.")


def begin(call: Call, who: Principal, job: str, given: dict[str, Any], task: Task) -> Outside:
    """Its answer is what `outcome` says."""
    version = given.get("InvocationSchemaVersion") or "1.0"
    about: dict[str, Any] = {
        "taskId": f"{job}-{task.number}",
        "s3Key": quote_plus(task.key, safe="/"),
        "s3VersionId": task.version or None,
    }
    if version == "1.0":
        about["s3BucketArn"] = f"arn:aws:s3:::{task.bucket}"
    else:
        about["s3Bucket"] = task.bucket
    told: dict[str, Any] = {"id": job}
    if given.get("UserArguments"):
        told["userArguments"] = given["UserArguments"]
    event = {"invocationSchemaVersion": version, "invocationId": call.new_id(), "job": told, "tasks": [about]}
    function = given["FunctionArn"]
    _, _, _, region, account, _ = function.split(":", 5)
    asked = call.ask("lambda", who, account=account, region=region)
    outside = asked.invoke(function_name=function, payload=orjson.dumps(event))
    assert isinstance(outside, Outside)
    return outside.map(lambda after, answer: outcome(answer, about["taskId"], task.tries))


def outcome(answer: Any, task_id: str, tries: int) -> tuple[str, int, str, str]:
    """Status (empty: to be tried again), HTTP status, code, message."""
    payload = answer.get("Payload") or b""
    text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
    if answer.get("FunctionError"):
        return ("failed", 200, "PermanentFailure", f"Lambda returned function error: {text}")
    try:
        said = orjson.loads(text)
        results = {each["taskId"]: each for each in said["results"]}
        missing = said.get("treatMissingKeysAs", "PermanentFailure")
        result = results.get(
            task_id, {"resultCode": missing, "resultString": "The function gave no result for the task"}
        )
        code, message = result["resultCode"], str(result.get("resultString", ""))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return ("failed", 200, "PermanentFailure", f"Lambda returned an invalid response: {text[:1024]}")
    if code == "Succeeded":
        return ("succeeded", 200, "", message)
    if code == "TemporaryFailure" and tries + 1 < limits.TASK_TRIES:
        return ("", 200, code, message)
    return ("failed", 200, str(code), message)
