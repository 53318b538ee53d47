"""Dashboards. They are the account's, whatever Region they are made in."""

from __future__ import annotations

import re
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.pages import BadToken, page
from skyjar.kernel.service import operation

from . import bodies, configuring, state
from .errors import (
    DashboardInvalidInputError,
    DashboardNotFoundError,
    InvalidNextToken,
    InvalidParameterValueException,
)
from .state import Dashboard

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
PAGE = 1_000


@operation
def put_dashboard(
    call: Call, *, dashboard_name: str, dashboard_body: str, tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    if not _NAME.fullmatch(dashboard_name):
        raise InvalidParameterValueException(
            f"The value {dashboard_name} for field DashboardName contains invalid characters. It can only contain "
            "alphanumerics, dash (-) and underscore (_)."
        )
    errors, warnings = bodies.check(dashboard_body)
    if errors:
        raise DashboardInvalidInputError(
            f"The dashboard body is invalid, there are {len(errors)} validation errors: "
            f"[{', '.join(bodies.written(each) for each in errors)}]",
            dashboardValidationMessages=errors,
        )
    old = state.dashboards.get(call, dashboard_name)
    own = configuring.checked_tags({tag["Key"]: tag["Value"] for tag in tags or ()}) if old is None else old.tags
    state.dashboards.put(call, Dashboard(name=dashboard_name, body=dashboard_body, modified_at=call.now, tags=own))
    return {"DashboardValidationMessages": warnings}


def existing(call: Call, name: str) -> Dashboard:
    found = state.dashboards.get(call, name)
    if found is None:
        raise DashboardNotFoundError(f"Dashboard {name} does not exist")
    return found


@operation
def get_dashboard(call: Call, *, dashboard_name: str) -> dict[str, Any]:
    found = existing(call, dashboard_name)
    return {
        "DashboardArn": state.dashboard_arn(call, found.name),
        "DashboardBody": found.body,
        "DashboardName": found.name,
    }


@operation
def list_dashboards(call: Call, *, dashboard_name_prefix: str = "", next_token: str | None = None) -> dict[str, Any]:
    entries = [
        {
            "DashboardName": each.name,
            "DashboardArn": state.dashboard_arn(call, each.name),
            "LastModified": each.modified_at,
            "Size": len(each.body.encode()),
        }
        for each in state.dashboards.range(call)
        if each.name.startswith(dashboard_name_prefix)
    ]
    try:
        listed, token = page(entries, next_token or "", PAGE)
    except BadToken:
        raise InvalidNextToken from None
    return {"DashboardEntries": listed} | ({"NextToken": token} if token else {})


@operation
def delete_dashboards(call: Call, *, dashboard_names: list[str]) -> None:
    """All of them, or none when one is not there."""
    found = [state.dashboards.get(call, name) for name in dict.fromkeys(dashboard_names)]
    if None in found:
        raise DashboardNotFoundError("One or more of the specified dashboards does not exist.")
    for each in found:
        assert each is not None
        state.dashboards.remove(call, each)
