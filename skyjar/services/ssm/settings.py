"""The service settings of Parameter Store: the tier of new parameters, and the throughput that is paid for."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import state, tiers
from .errors import ServiceSettingNotFound, ValidationException
from .state import Setting

DEFAULT_TIER = "/ssm/parameter-store/default-parameter-tier"
HIGH_THROUGHPUT = "/ssm/parameter-store/high-throughput-enabled"
_CHOICES = {
    DEFAULT_TIER: (tiers.STANDARD, tiers.ADVANCED, tiers.INTELLIGENT),
    HIGH_THROUGHPUT: ("false", "true"),
}  # the default comes first
_OTHERS = ("appmanager", "automation", "documents", "managed-instance", "opsinsights")


def default_tier(at: At) -> str:
    held = state.settings.get(at, DEFAULT_TIER)
    return held.value if held is not None else tiers.STANDARD


def path_of(setting_id: str) -> str:
    """The path of a setting that is named by its path or its ARN."""
    if setting_id.startswith("arn:"):
        setting_id = setting_id.split(":", 5)[-1].removeprefix("servicesetting")
    return setting_id if setting_id.startswith("/") else f"/{setting_id}"


def arn_of(at: At, path: str) -> str:
    return f"arn:aws:ssm:{at.region}:{at.account}:servicesetting{path}"


def _existing(call: Call, setting_id: str) -> str:
    path = path_of(setting_id)
    if path.startswith(tuple(f"/ssm/{each}/" for each in _OTHERS)):
        raise NotImplementedHere(f"Skyjar does not implement the service setting {path} of ssm.")
    is_elsewhere = setting_id.startswith("arn:") and setting_id != arn_of(call, path)
    if path not in _CHOICES or is_elsewhere:
        raise ServiceSettingNotFound
    return path


def _shown(call: Call, path: str, held: Setting | None) -> dict[str, Any]:
    return {
        "ServiceSetting": {
            "SettingId": path,
            "SettingValue": held.value if held is not None else _CHOICES[path][0],
            "LastModifiedDate": held.modified_at if held is not None else 0,
            "LastModifiedUser": held.modified_by if held is not None else "System",
            "ARN": arn_of(call, path),
            "Status": "Customized" if held is not None else "Default",
        }
    }


@operation
def get_service_setting(call: Call, *, setting_id: str) -> dict[str, Any]:
    path = _existing(call, setting_id)
    return _shown(call, path, state.settings.get(call, path))


@operation
def update_service_setting(call: Call, *, setting_id: str, setting_value: str) -> None:
    path = _existing(call, setting_id)
    if setting_value not in _CHOICES[path]:
        raise ValidationException(f"Invalid value for setting {path}. Valid values are: {', '.join(_CHOICES[path])}.")
    made = Setting(id=path, value=setting_value, modified_at=call.now, modified_by=call.caller.arn)
    state.settings.put(call, made)


@operation
def reset_service_setting(call: Call, *, setting_id: str) -> dict[str, Any]:
    path = _existing(call, setting_id)
    state.settings.delete(call, path)
    return _shown(call, path, None)
