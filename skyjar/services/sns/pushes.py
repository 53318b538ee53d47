"""Mobile push: platform applications, their endpoints, and messages to these, which are captured and not sent."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import captured_state, contents, letters, paging, platform_state
from .errors import (
    EndpointDisabledException,
    InvalidParameterException,
    NotFoundException,
    PlatformApplicationDisabledException,
)
from .platform_state import Application, Device
from .state import Attribute

PLATFORMS = ("ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "GCM", "MACOS",
             "MACOS_SANDBOX", "MPNS", "WNS")  # fmt: skip
_SECRET = ("PlatformCredential", "PlatformPrincipal")
_APPLICATION = {
    *_SECRET, "EventEndpointCreated", "EventEndpointDeleted", "EventEndpointUpdated", "EventDeliveryFailure",
    "SuccessFeedbackRoleArn", "FailureFeedbackRoleArn", "SuccessFeedbackSampleRate", "ApplePlatformTeamID",
    "ApplePlatformBundleID", "AuthenticationMethod",
}  # fmt: skip
_DEVICE = ("CustomUserData", "Enabled", "Token")


def _application_arn(call: Call, found: Application) -> str:
    return f"arn:aws:sns:{call.region}:{call.account}:app/{found.platform}/{found.name}"


def _device_arn(call: Call, found: Device) -> str:
    return f"arn:aws:sns:{call.region}:{call.account}:endpoint/{found.application}/{found.id}"


def _parts(call: Call, arn: str, kind: str, parameter: str) -> list[str]:
    """What stands behind `app/` or `endpoint/` in the ARN."""
    parts = arn.split(":", 5)
    names = parts[5].split("/") if len(parts) == 6 else []
    count = 3 if kind == "app" else 4
    if len(names) != count or names[0] != kind or parts[2] != "sns" or parts[3:5] != [call.region, call.account]:
        raise InvalidParameterException(f"{parameter} Reason: Wrong number of slashes in relative portion of the ARN.")
    return names[1:]


def _application(call: Call, arn: str) -> Application:
    platform, name = _parts(call, arn, "app", "PlatformApplicationArn")
    found = platform_state.applications.get(call, platform, name)
    if found is None:
        raise NotFoundException("PlatformApplication does not exist")
    return found


def _device(call: Call, arn: str, parameter: str = "EndpointArn") -> Device:
    platform, name, identity = _parts(call, arn, "endpoint", parameter)
    found = platform_state.devices.get(call, f"{platform}/{name}", identity)
    if found is None:
        raise NotFoundException("Endpoint does not exist")
    return found


def _check_application(attributes: dict[str, str]) -> None:
    unknown = attributes.keys() - _APPLICATION
    if unknown:
        raise InvalidParameterException(f"Attributes Reason: Invalid attribute name: {min(unknown)}")


@operation
def create_platform_application(call: Call, *, name: str, platform: str, attributes: dict[str, str]) -> dict[str, str]:
    if platform not in PLATFORMS:
        raise InvalidParameterException(f"Platform Reason: Invalid platform: {platform}")
    if not name or len(name) > 256 or not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise InvalidParameterException("Name Reason: must contain only letters, digits, hyphens, underscores, periods")
    _check_application(attributes)
    if not attributes.get("PlatformCredential"):
        raise InvalidParameterException("Attributes Reason: Platform credential is required")
    wanted = Application(platform=platform, name=name, attributes=dict(attributes))
    found = platform_state.applications.get(call, platform, name)
    if found is not None and found != wanted:
        raise InvalidParameterException(
            "Attributes Reason: Platform application already exists with different attributes"
        )
    platform_state.applications.put(call, wanted)
    return {"PlatformApplicationArn": _application_arn(call, wanted)}


@operation
def delete_platform_application(call: Call, *, platform_application_arn: str) -> None:
    platform, name = _parts(call, platform_application_arn, "app", "PlatformApplicationArn")
    platform_state.applications.delete(call, platform, name)
    for each in platform_state.devices.range(call, f"{platform}/{name}"):
        platform_state.devices.remove(call, each)


def _shown(found: Application) -> dict[str, str]:
    return {"Enabled": "true", **{name: value for name, value in found.attributes.items() if name not in _SECRET}}


@operation
def get_platform_application_attributes(call: Call, *, platform_application_arn: str) -> dict[str, Any]:
    return {"Attributes": _shown(_application(call, platform_application_arn))}


@operation
def set_platform_application_attributes(
    call: Call, *, platform_application_arn: str, attributes: dict[str, str]
) -> None:
    found = _application(call, platform_application_arn)
    _check_application(attributes)
    new = Application(platform=found.platform, name=found.name, attributes={**found.attributes, **attributes})
    platform_state.applications.replace(call, found, new)


@operation
def list_platform_applications(call: Call, *, next_token: str | None = None) -> dict[str, Any]:
    def read(after: str, most: int) -> list[Application]:
        platform, _, name = after.partition("/")
        start = (platform, name + "\0") if after else ()
        return platform_state.applications.range(call, start=start, limit=most)

    found, token = paging.page(read, lambda each: f"{each.platform}/{each.name}", next_token)
    shown = [{"PlatformApplicationArn": _application_arn(call, each), "Attributes": _shown(each)} for each in found]
    return {"PlatformApplications": shown, **token}


@operation
def create_platform_endpoint(
    call: Call,
    *,
    platform_application_arn: str,
    token: str,
    custom_user_data: str = "",
    attributes: dict[str, str] | None = None,
) -> dict[str, str]:
    owner = _application(call, platform_application_arn)
    application = f"{owner.platform}/{owner.name}"
    given = {"CustomUserData": custom_user_data, "Enabled": "true", **(attributes or {}), "Token": token}
    _check_device(given)
    wanted = Device(
        application=application,
        id=call.new_id(),
        token=token,
        user_data=given["CustomUserData"],
        is_enabled=given["Enabled"].lower() == "true",
    )
    found = platform_state.devices.first(call, application, token, via="token")
    if found is None:
        platform_state.devices.add(call, wanted)
        return {"EndpointArn": _device_arn(call, wanted)}
    arn = _device_arn(call, found)
    if (found.user_data, found.is_enabled) != (wanted.user_data, wanted.is_enabled):
        raise InvalidParameterException(
            f"Token Reason: Endpoint {arn} already exists with the same Token, but different attributes."
        )
    return {"EndpointArn": arn}


def _check_device(attributes: dict[str, str]) -> None:
    unknown = attributes.keys() - set(_DEVICE)
    if unknown:
        raise InvalidParameterException(f"Attributes Reason: Invalid attribute name: {min(unknown)}")
    if not attributes.get("Token", "x"):
        raise InvalidParameterException("Token Reason: must not be empty")
    if attributes.get("Enabled", "true").lower() not in ("true", "false"):
        raise InvalidParameterException("Attributes Reason: Invalid value for attribute: Enabled")
    if len(attributes.get("CustomUserData", "").encode()) > 2048:
        raise InvalidParameterException(
            "Attributes Reason: Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding"
        )


@operation
def delete_endpoint(call: Call, *, endpoint_arn: str) -> None:
    platform, name, identity = _parts(call, endpoint_arn, "endpoint", "EndpointArn")
    platform_state.devices.delete(call, f"{platform}/{name}", identity)


def _shown_device(found: Device) -> dict[str, str]:
    shown = {"Enabled": str(found.is_enabled).lower(), "Token": found.token}
    return shown | ({"CustomUserData": found.user_data} if found.user_data else {})


@operation
def get_endpoint_attributes(call: Call, *, endpoint_arn: str) -> dict[str, Any]:
    return {"Attributes": _shown_device(_device(call, endpoint_arn))}


@operation
def set_endpoint_attributes(call: Call, *, endpoint_arn: str, attributes: dict[str, str]) -> None:
    found = _device(call, endpoint_arn)
    _check_device(attributes)
    new = Device(
        application=found.application,
        id=found.id,
        token=attributes.get("Token", found.token),
        user_data=attributes.get("CustomUserData", found.user_data),
        is_enabled=attributes.get("Enabled", str(found.is_enabled)).lower() == "true",
    )
    platform_state.devices.replace(call, found, new)


@operation
def list_endpoints_by_platform_application(
    call: Call, *, platform_application_arn: str, next_token: str | None = None
) -> dict[str, Any]:
    owner = _application(call, platform_application_arn)
    application = f"{owner.platform}/{owner.name}"
    found, token = paging.page(
        lambda after, most: platform_state.devices.range(
            call, application, start=(after + "\0",) if after else (), limit=most
        ),
        lambda each: each.id,
        next_token,
    )
    shown = [{"EndpointArn": _device_arn(call, each), "Attributes": _shown_device(each)} for each in found]
    return {"Endpoints": shown, **token}


def send(
    call: Call,
    arn: str,
    message: str,
    is_structured: bool,
    subject: str | None,
    attributes: dict[str, Attribute],
    message_id: str = "",
) -> str:
    """The message's id; what the device would get is captured."""
    found = _device(call, arn, "TargetArn")
    platform, name = found.application.split("/")
    if platform_state.applications.get(call, platform, name) is None:
        raise PlatformApplicationDisabledException
    if not found.is_enabled:
        raise EndpointDisabledException
    identity = message_id or call.new_id()
    captured_state.keep(
        call,
        "push",
        arn,
        contents.of_protocol(message, is_structured, platform),
        message_id=identity,
        subject=subject or "",
        attributes=letters.shown_attributes(attributes),
    )
    return identity
