"""What analyzers do by themselves: look at everything every day, and again soon after a change."""

from __future__ import annotations

import re
from itertools import islice

from skyjar.kernel.call import Call
from skyjar.kernel.errors import Wait
from skyjar.kernel.history import Seen, everywhere, forwards, is_reading, next_number, rows
from skyjar.kernel.jobs import job

from . import generating, limits, previewing, recording, sources, state, trust, usage
from .state import RESOLVED

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MOST_READ = 1_000


def _not_scanned(call: Call, error: Exception, *, name: str, arn: str = "") -> None:
    """What went wrong may go right tomorrow."""
    if not arn and state.analyzers.get(call, name) is not None:
        call.later(scan, due=call.now + limits.SCAN_EVERY_S, key=f"daily {name}", name=name)


@job(otherwise=_not_scanned)
def scan(call: Call, *, name: str, arn: str = "") -> None:
    """Look at every resource, or at one, and let go of what is no longer there."""
    analyzer = state.analyzers.get(call, name)
    if analyzer is None:
        return
    if not arn:
        call.later(scan, due=call.now + limits.SCAN_EVERY_S, key=f"daily {name}", name=name)
    if analyzer.is_unused:
        usage.begin(call, analyzer)
        return
    zone = trust.zone(call, analyzer)
    seen: set[str] = set()
    for account in sorted(zone.accounts):
        for shared in sources.gather(call, account, arn):
            seen.add(shared.arn)
            recording.record(call, analyzer, shared, zone)
            analyzer = state.change(call, analyzer, last_resource=shared.arn, last_at=call.now)
    for resource in state.resources.range(call, name):
        if resource.arn not in seen and arn in ("", resource.arn):
            state.resources.remove(call, resource)
    for finding in state.findings.range(call, name):
        if finding.resource not in seen and (arn in ("", finding.resource) or finding.status == RESOLVED):
            recording.resolve(call, finding)


@job()
def listen(call: Call, *, name: str) -> None:
    """Wait for a call that may have changed a policy; what comes within a minute is looked at with it."""
    analyzer = state.analyzers.get(call, name)
    if analyzer is None or analyzer.is_unused:
        return
    if analyzer.position < 0:
        state.change(call, analyzer, position=next_number(call.tx))
        call.later(listen, key=name, name=name)
        return
    seen = list(islice(forwards(call.tx, analyzer.position), _MOST_READ))
    if not seen:
        raise Wait(on=rows.watched(everywhere(call.tx)), until=call.now + limits.SCAN_EVERY_S)
    accounts = trust.zone(call, analyzer).accounts
    has_changed = any(_changes(each) and each.account in accounts for each in seen)
    state.change(call, analyzer, position=seen[-1].seq + 1)
    if has_changed:
        minute = call.now // limits.NOTICE_S + 1  # so that one change after another does not put it off
        call.later(scan, due=minute * limits.NOTICE_S, key=f"changed {name}", name=name)
    call.later(listen, key=name, name=name)


def _changes(seen: Seen) -> bool:
    is_change = not seen.is_data and not seen.error and seen.service in sources.SERVICES
    return is_change and not is_reading(_WORDS.sub("_", seen.operation).lower())


@job()
def conclude(call: Call, *, name: str, reports: dict[str, dict[str, str]]) -> None:
    """When IAM has made its reports: what nobody has used."""
    analyzer = state.analyzers.get(call, name)
    if analyzer is not None and not usage.conclude(call, analyzer, reports):
        call.later(conclude, due=call.now + 1, key=name, name=name, reports=reports)


def _not_generated(call: Call, error: Exception, *, identity: str, after: str = "") -> None:
    generating.fail(call, identity, error)


@job(tries=2, otherwise=_not_generated)
def generate(call: Call, *, identity: str, after: str = "") -> None:
    """Read the next log files; `after` is the last one that was read."""
    last = generating.read(call, identity, after)
    if last:
        call.later(generate, key=identity, identity=identity, after=last)


@job()
def preview(call: Call, *, name: str, identity: str) -> None:
    previewing.make(call, name, identity)
