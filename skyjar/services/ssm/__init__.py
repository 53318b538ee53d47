"""AWS Systems Manager: Parameter Store."""

import msgspec

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("ssm", access_denied=AccessDeniedException)


class ParameterChanged(msgspec.Struct, frozen=True):
    """What EventBridge calls a Parameter Store Change. `operation` is Create, Update, Delete or LabelParameterVersion."""

    arn: str
    name: str
    type: str
    operation: str
    description: str = ""
    label: str = ""


class PolicyActed(msgspec.Struct, frozen=True):
    """What EventBridge calls a Parameter Store Policy Action. `content` is the policy's text."""

    arn: str
    name: str
    type: str
    policy: str
    content: str
