"""The credential report: one line of CSV for the root user and each user. Source: IAM User Guide, "Get credential reports"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.one_time_codes import devices
from skyjar.kernel.service import operation

from . import credential_state, jobs, limits, state, usage_state
from .errors import (
    CredentialReportExpiredException,
    CredentialReportNotPresentException,
    CredentialReportNotReadyException,
)
from .state import User
from .usage_state import CredentialReport, credential_reports

COLUMNS = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated"
)


@operation
def generate_credential_report(call: Call) -> dict[str, str]:
    """A report is made anew when the last is four hours old."""
    held = credential_reports.get(call, "")
    if held is not None and call.now < held.asked_at + limits.CREDENTIAL_REPORT_S:
        return {"State": "COMPLETE"} if held.made_at else {"State": "INPROGRESS"}
    credential_reports.put(call, CredentialReport(id="", asked_at=call.now))
    call.later(jobs.make_credential_report, key="report")
    return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}


@operation
def get_credential_report(call: Call) -> dict[str, Any]:
    held = credential_reports.get(call, "")
    if held is None:
        raise CredentialReportNotPresentException("No report exists. Please generate a new report.")
    if not held.made_at:
        raise CredentialReportNotReadyException("Report generation is in progress.")
    if call.now >= held.made_at + limits.CREDENTIAL_REPORT_S:
        raise CredentialReportExpiredException("Report is expired. Please generate a new report.")
    return {"Content": held.text.encode(), "ReportFormat": "text/csv", "GeneratedTime": held.made_at}


def made(call: Call) -> str:
    lines = [COLUMNS, _root_line(call), *(_line(call, user) for user in state.users.each(call))]
    return "\n".join(lines)


def _root_line(call: Call) -> str:
    unknown = ["<root_account>", f"arn:aws:iam::{call.account}:root", "not_supported", "not_supported"]
    fields = [*unknown, "no_information", "not_supported", "not_supported", "false"]
    return ",".join([*fields, *_keys(call, ""), "false", "N/A", "false", "N/A"])


def _line(call: Call, user: User) -> str:
    login = credential_state.login_profiles.get(call, user.id)
    policy = credential_state.password_policies.get(call, "")
    has_rotation = login is not None and policy is not None and policy.age_days
    fields = [
        user.name,
        state.arn_of(call.account, "user", user.path, user.name),
        _iso(user.created_at),
        _bool(login is not None),
        _last_used(user) if login is not None else "N/A",
        _iso(login.changed_at) if login is not None else "N/A",
        _iso(login.changed_at + policy.age_days * limits.DAY_S) if has_rotation and login and policy else "N/A",
        _bool(devices.first(call, user.name, via="user") is not None),
        *_keys(call, user.name),
    ]
    certificates = credential_state.signing_certificates.range(call, user.id)
    for at in range(limits.SIGNING_CERTIFICATES_PER_USER):
        found = certificates[at] if at < len(certificates) else None
        fields += [_bool(found.is_active), _iso(found.uploaded_at)] if found is not None else ["false", "N/A"]
    return ",".join(fields)


def _last_used(user: User) -> str:
    return _iso(user.signed_in_at) if user.signed_in_at else "no_information"


def _keys(call: Call, name: str) -> list[str]:
    keys = sorted(state.access_keys.range(call, name), key=lambda key: key.created_at)
    fields: list[str] = []
    for at in range(limits.KEYS_PER_USER):
        if at >= len(keys):
            fields += ["false", "N/A", "N/A", "N/A", "N/A"]
            continue
        use = usage_state.key_uses.get(call, keys[at].id)
        used = [_iso(use.at), use.region, use.service] if use is not None else ["N/A", "N/A", "N/A"]
        fields += [_bool(keys[at].is_active), _iso(keys[at].created_at), *used]
    return fields


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).isoformat()
