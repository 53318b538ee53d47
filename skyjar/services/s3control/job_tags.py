"""Tags of batch jobs, which are set as a whole."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import batch_state, limits, state
from .errors import TooManyTagsException
from .tags import checked, shown


def given(tags: list[dict[str, str]] | None) -> dict[str, str]:
    found = checked(tags)
    if len(found) > limits.TAGS:
        raise TooManyTagsException
    return found


@operation
def put_job_tagging(call: Call, *, account_id: str, job_id: str, tags: list[dict[str, str]]) -> None:
    state.check_account(call, account_id)
    batch_state.changed(call, batch_state.batch_of(call, job_id), tags=given(tags))


@operation
def get_job_tagging(call: Call, *, account_id: str, job_id: str) -> dict[str, Any]:
    state.check_account(call, account_id)
    return {"Tags": shown(batch_state.batch_of(call, job_id).tags)}


@operation
def delete_job_tagging(call: Call, *, account_id: str, job_id: str) -> None:
    state.check_account(call, account_id)
    batch_state.changed(call, batch_state.batch_of(call, job_id), tags={})
