"""Message move tasks: a dead-letter queue's messages go back to their sources, or to a queue of one's choice."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import jobs, limits, state
from .errors import InvalidParameterValue, ResourceNotFound, UnsupportedOperation
from .state import MoveTask


@operation
def start_message_move_task(
    call: Call, *, source_arn: str, destination_arn: str = "", max_number_of_messages_per_second: int | None = None
) -> dict[str, Any]:
    found = state.by_arn(call, source_arn)
    if found is None:
        raise ResourceNotFound("The resource that you specified for the SourceArn parameter doesn't exist.")
    at, source = found
    if not any(queue.redrive and queue.redrive[0] == source_arn for queue in state.queues.each(at)):
        raise InvalidParameterValue("Source queue must be configured as a Dead Letter Queue.")
    if destination_arn:
        target = state.by_arn(call, destination_arn)
        if target is None:
            raise ResourceNotFound("The resource that you specified for the DestinationArn parameter doesn't exist.")
        if target[1].is_fifo != source.is_fifo:
            raise InvalidParameterValue("Source and destination must be queues of the same type.")
    least, most = limits.MOVE_PER_S
    if max_number_of_messages_per_second is not None and not least <= max_number_of_messages_per_second <= most:
        raise InvalidParameterValue(
            f"Value {max_number_of_messages_per_second} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: "
            f"Must be between {least} and {most}."
        )
    active = [task for task in state.tasks.range(at) if task.status in ("RUNNING", "CANCELLING")]
    if any(task.source == source_arn for task in active):
        raise UnsupportedOperation(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
    if len(active) >= limits.ACTIVE_MOVE_TASKS:
        raise UnsupportedOperation("An account can have up to 100 active message movement tasks.")
    task = MoveTask(
        source=source_arn,
        id=call.new_id(),
        started_ms=call.now_ms,
        destination=destination_arn,
        per_s=max_number_of_messages_per_second or 0,
        to_move=state.tally_of(at, source.space).stored,
    )
    state.tasks.add(at, task)
    call.later(jobs.move_messages, source=source_arn, task=task.id)
    return {"TaskHandle": jobs.handle_of(task)}


@operation
def cancel_message_move_task(call: Call, *, task_handle: str) -> dict[str, Any]:
    task_id, source = jobs.read_handle(task_handle)
    found = state.by_arn(call, source)
    task = state.tasks.get(found[0], source, task_id) if found is not None else None
    if found is None or task is None:
        raise ResourceNotFound("Task does not exist.")
    if task.status != "RUNNING":
        raise UnsupportedOperation("Only active tasks can be cancelled.")
    state.tasks.put(found[0], state.replace(task, status="CANCELLING"))
    call.later(jobs.move_messages, source=source, task=task.id)
    return {"ApproximateNumberOfMessagesMoved": task.moved}


@operation
def list_message_move_tasks(call: Call, *, source_arn: str, max_results: int = 1) -> dict[str, Any]:
    found = state.by_arn(call, source_arn)
    if found is None:
        raise ResourceNotFound("The resource that you specified for the SourceArn parameter doesn't exist.")
    least, most = limits.MOVE_RESULTS
    if not least <= max_results <= most:
        raise InvalidParameterValue(
            f"Value {max_results} for parameter MaxResults is invalid. Reason: Must be between {least} and {most}."
        )
    newest = sorted(state.tasks.range(found[0], source_arn), key=lambda task: -task.started_ms)
    return {"Results": [_show(task) for task in newest[:max_results]]}


def _show(task: MoveTask) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Status": task.status,
        "SourceArn": task.source,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.to_move,
        "StartedTimestamp": task.started_ms,
    }
    if task.status == "RUNNING":
        shown["TaskHandle"] = jobs.handle_of(task)
    if task.destination:
        shown["DestinationArn"] = task.destination
    if task.per_s:
        shown["MaxNumberOfMessagesPerSecond"] = task.per_s
    if task.failure:
        shown["FailureReason"] = task.failure
    return shown
