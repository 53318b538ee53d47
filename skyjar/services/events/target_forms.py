"""Which targets a rule may have, and what each needs. Pure."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.errors import NotImplementedHere

from . import inputs
from .errors import ValidationException

SENDABLE = ("sqs", "sns", "lambda", "logs", "events")
_PARAMETERS = {
    "KinesisParameters", "RunCommandParameters", "EcsParameters", "BatchParameters", "RedshiftDataParameters",
    "SageMakerPipelineParameters", "AppSyncParameters",
}  # fmt: skip


def check(target: dict[str, Any], region: str) -> None:
    """Raises Validation, or NotImplementedHere for what AWS has and Skyjar has not."""
    arn = target["Arn"]
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[5]:
        raise ValidationException(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")
    service = parts[2]
    present = sorted(name for name in _PARAMETERS if target.get(name))
    if service not in SENDABLE or present:
        what = f"{present[0]} of targets" if present else f"targets of {service}"
        raise NotImplementedHere(f"Skyjar does not implement {what} of events:PutTargets.")
    kind = parts[5].partition("/")[0]
    if service == "events" and kind not in ("event-bus", "api-destination"):
        raise ValidationException(f"Parameter {arn} is not valid. Reason: Unsupported target.")
    if service == "sns" and ("/" in parts[5] or parts[5].endswith(".fifo")):
        raise ValidationException(f"Parameter {arn} is not valid. Reason: Unsupported target.")
    if parts[3] != region and not (service == "events" and kind == "event-bus"):
        raise ValidationException(
            f"Parameter {arn} is not valid. Reason: Provided Arn is not in the same region as the rule."
        )
    inputs.check(target)
    _check_parameters(target, service, kind)


def _check_parameters(target: dict[str, Any], service: str, kind: str) -> None:
    arn, identity = target["Arn"], target["Id"]
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    if service == "sqs" and arn.endswith(".fifo") and not group:
        raise ValidationException(f"Parameter(s) SqsParameters must be specified for target: {identity}.")
    if group and not (service == "sqs" and arn.endswith(".fifo")):
        raise ValidationException(f"Parameter(s) SqsParameters are not supported for target: {identity}.")
    if target.get("HttpParameters") and kind != "api-destination":
        raise ValidationException(f"Parameter(s) HttpParameters are not supported for target: {identity}.")
    if kind == "api-destination" and not target.get("RoleArn"):
        raise ValidationException(f"RoleArn is required for target {arn}.")
    if service == "logs" and not target["Arn"].split(":", 5)[5].startswith("log-group:"):
        raise ValidationException(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")
    role = target.get("RoleArn")
    if role and not (role.startswith("arn:aws:iam::") and ":role/" in role):
        raise ValidationException(f"Parameter {role} is not valid. Reason: Provided Arn is not in correct format.")
    dead = (target.get("DeadLetterConfig") or {}).get("Arn")
    if dead and (dead.count(":") != 5 or dead.split(":")[2] != "sqs" or dead.endswith(".fifo")):
        raise ValidationException("DeadLetterConfig.Arn must be the ARN of a standard Amazon SQS queue.")
