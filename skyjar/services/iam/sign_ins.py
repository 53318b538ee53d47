"""Signing in with a password: what must be right, what must be changed first, and the session that it is worth."""

from __future__ import annotations

from typing import Any

from skyjar.kernel import one_time_codes
from skyjar.kernel.call import Call
from skyjar.kernel.one_time_codes import Device, devices

from . import credential_state, limits, login_profiles, naming, passwords, state
from .credential_state import LoginProfile
from .errors import PasswordPolicyViolationException
from .state import User, replace
from .users import principal_of

INCORRECT = "Your authentication information is incorrect. Please try again."


class Refused(Exception):
    """In the user's words. `wants` is the field of the form that would help: `mfacode` or `new_password`."""

    def __init__(self, sentence: str, wants: str = "") -> None:
        super().__init__(sentence)
        self.wants = wants


def account_named(call: Call, name: str) -> str | None:
    """The account of an alias, or of its twelve digits."""
    if len(name) == 12 and name.isascii() and name.isdecimal():
        return name
    found = state.aliases.get(call, name)
    return found.account if found is not None else None


def sign_in(call: Call, name: str, password: str, code: str, new_password: str) -> dict[str, Any]:
    """The user's temporary credentials; `call` is of its account. A user with MFA devices shows the code of one."""
    user = state.users.get(call, name)
    profile = credential_state.login_profiles.get(call, user.id) if user is not None else None
    if user is None or profile is None or not passwords.matches(profile, password):
        raise Refused(INCORRECT)
    device = _device(call, user, code)
    kept = _changed(call, user, profile, new_password) if _must_change(call, profile) else profile
    credential_state.login_profiles.replace(call, profile, kept)
    state.users.replace(call, user, replace(user, signed_in_at=naming.date(call)))
    shown = {"serial_number": device.serial, "token_code": code} if device is not None else {}
    sts = call.ask("sts", principal_of(call.account, user, ""))
    credentials: dict[str, Any] = sts.get_session_token(**shown)["Credentials"]
    return {"Arn": state.arn_of(call.account, "user", user.path, user.name), "Credentials": credentials}


def _device(call: Call, user: User, code: str) -> Device | None:
    held = devices.range(call, user.name, via="user")
    if not held:
        return None
    if not code:
        raise Refused("Enter the code of your MFA device.", "mfacode")
    for device in held:
        if one_time_codes.step_of(device, call.now, code) is not None:
            return device
    raise Refused(INCORRECT, "mfacode")


def _must_change(call: Call, profile: LoginProfile) -> bool:
    policy = credential_state.password_policies.get(call, "")
    age_s = policy.age_days * limits.DAY_S if policy is not None else 0
    has_expired = age_s > 0 and call.now >= profile.changed_at + age_s
    if has_expired and policy is not None and policy.is_hard:
        raise Refused("Your password has expired. Contact your administrator.")
    return profile.must_change or has_expired


def _changed(call: Call, user: User, profile: LoginProfile, new_password: str) -> LoginProfile:
    if not new_password:
        raise Refused("You must change your password to continue.", "new_password")
    try:
        changed = login_profiles.with_password(call, user, profile, new_password)
    except PasswordPolicyViolationException as error:
        raise Refused(error.message, "new_password") from None
    kept: LoginProfile = replace(changed, must_change=False)
    return kept
