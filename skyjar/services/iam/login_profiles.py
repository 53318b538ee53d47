"""Login profiles: users' passwords, and the policy that they must keep. `sign_ins.py` asks for them."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import limits, naming, passwords, state
from .credential_state import LoginProfile, PasswordPolicy, login_profiles, meant, password_policies
from .errors import (
    AccessDenied,
    EntityAlreadyExistsException,
    InvalidUserTypeException,
    NoSuchEntityException,
    ValidationError,
)
from .state import User, replace


def _policy(call: Call) -> PasswordPolicy | None:
    return password_policies.get(call, "")


def _profile(call: Call, user: User) -> LoginProfile:
    found = login_profiles.get(call, user.id)
    if found is None:
        raise NoSuchEntityException(f"Login Profile for User {user.name} cannot be found.")
    return found


def _show(user: User, profile: LoginProfile) -> dict[str, Any]:
    return {
        "LoginProfile": {
            "UserName": user.name,
            "CreateDate": profile.created_at,
            "PasswordResetRequired": profile.must_change,
        }
    }


@operation
def create_login_profile(
    call: Call, *, password: str = "", user_name: str = "", password_reset_required: bool = False
) -> dict[str, Any]:
    user = meant(call, user_name)
    if login_profiles.get(call, user.id) is not None:
        raise EntityAlreadyExistsException(f"Login Profile for user {user.name} already exists.")
    if not password:
        raise ValidationError("Password must be specified")
    passwords.check(_policy(call), password, user.name)
    salt, at = call.chance.bytes(limits.SALT_BYTES), naming.date(call)
    profile = LoginProfile(
        user=user.id,
        created_at=at,
        changed_at=at,
        salt=salt,
        digest=passwords.digest(password, salt),
        must_change=password_reset_required,
    )
    login_profiles.add(call, profile)
    return _show(user, profile)


@operation
def get_login_profile(call: Call, *, user_name: str = "") -> dict[str, Any]:
    user = meant(call, user_name)
    return _show(user, _profile(call, user))


@operation
def update_login_profile(
    call: Call, *, user_name: str, password: str = "", password_reset_required: bool | None = None
) -> None:
    user = state.user_of(call, user_name)
    profile = _profile(call, user)
    changed = with_password(call, user, profile, password) if password else profile
    if password_reset_required is not None:
        changed = replace(changed, must_change=password_reset_required)
    login_profiles.replace(call, profile, changed)


def with_password(call: Call, user: User, profile: LoginProfile, password: str) -> LoginProfile:
    policy = _policy(call)
    passwords.check(policy, password, user.name)
    made = passwords.digest(password, profile.salt)
    passwords.check_reuse(policy, profile, made)
    before = (profile.digest, *profile.before)[: limits.PASSWORDS_REMEMBERED]
    changed: LoginProfile = replace(profile, digest=made, before=before, changed_at=naming.date(call))
    return changed


@operation
def delete_login_profile(call: Call, *, user_name: str = "") -> None:
    login_profiles.remove(call, _profile(call, meant(call, user_name)))


@operation
def change_password(call: Call, *, old_password: str, new_password: str) -> None:
    if call.caller.kind != "user":
        raise InvalidUserTypeException("Only IAM Users can change their own password")
    user = state.user_of(call, call.caller.name)
    profile = _profile(call, user)
    if not passwords.matches(profile, old_password):
        raise AccessDenied("The old password was incorrect.")
    login_profiles.replace(call, profile, replace(with_password(call, user, profile, new_password), must_change=False))


@operation
def update_account_password_policy(
    call: Call,
    *,
    minimum_password_length: int = 6,
    require_symbols: bool = False,
    require_numbers: bool = False,
    require_uppercase_characters: bool = False,
    require_lowercase_characters: bool = False,
    allow_users_to_change_password: bool = False,
    max_password_age: int = 0,
    password_reuse_prevention: int = 0,
    hard_expiry: bool | None = None,
) -> None:
    """What is not given gets its default (API reference). It holds for passwords that are set from now on."""
    policy = PasswordPolicy(
        length=minimum_password_length,
        symbols=require_symbols,
        numbers=require_numbers,
        upper=require_uppercase_characters,
        lower=require_lowercase_characters,
        may_change=allow_users_to_change_password,
        age_days=max_password_age,
        remembered=password_reuse_prevention,
        is_hard=bool(hard_expiry),
        has_hard=hard_expiry is not None,
    )
    password_policies.put(call, policy)


def _no_policy(call: Call) -> NoSuchEntityException:
    return NoSuchEntityException(f"The Password Policy with domain name {call.account} cannot be found.")


@operation
def get_account_password_policy(call: Call) -> dict[str, Any]:
    policy = _policy(call)
    if policy is None:
        raise _no_policy(call)
    shown: dict[str, Any] = {
        "MinimumPasswordLength": policy.length,
        "RequireSymbols": policy.symbols,
        "RequireNumbers": policy.numbers,
        "RequireUppercaseCharacters": policy.upper,
        "RequireLowercaseCharacters": policy.lower,
        "AllowUsersToChangePassword": policy.may_change,
        "ExpirePasswords": policy.age_days > 0,
    }
    if policy.age_days:
        shown["MaxPasswordAge"] = policy.age_days
    if policy.remembered:
        shown["PasswordReusePrevention"] = policy.remembered
    if policy.has_hard:
        shown["HardExpiry"] = policy.is_hard
    return {"PasswordPolicy": shown}


@operation
def delete_account_password_policy(call: Call) -> None:
    if password_policies.delete(call, "") is None:
        raise _no_policy(call)
