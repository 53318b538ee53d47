"""Reports are made, and service-linked roles deleted, behind the call that asks for it, as on AWS."""

from __future__ import annotations

from contextlib import suppress

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job

from . import naming, usage_state
from .errors import NoSuchEntityException
from .state import replace


@job()
def make_access_report(call: Call, *, id: str) -> None:
    from .access_reports import services_of

    report = usage_state.access_reports.get(call, id)
    if report is None:
        return
    try:
        services = services_of(call, report.arn)
    except NoSuchEntityException:
        services = ()  # who it was about was deleted since
    done = replace(report, services=services, completed_at=naming.date(call))
    usage_state.access_reports.replace(call, report, done)


@job()
def make_credential_report(call: Call) -> None:
    from .credential_reports import made

    report = usage_state.credential_reports.get(call, "")
    if report is not None:
        usage_state.credential_reports.put(call, replace(report, made_at=naming.date(call), text=made(call)))


@job()
def delete_linked_role(call: Call, *, task: str) -> None:
    from .roles import remove

    found = usage_state.deletions.get(call, task)
    if found is None:
        return
    with suppress(NoSuchEntityException):
        remove(call, found.role)
    usage_state.deletions.replace(call, found, replace(found, status="SUCCEEDED"))
