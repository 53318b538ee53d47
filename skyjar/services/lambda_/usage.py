"""What Lambda bills: requests, GB-seconds, and provisioned concurrency. Source: "AWS Lambda pricing"."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import ceil

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.store import Transaction
from skyjar.kernel.tables import At, Place
from skyjar.kernel.usage import Held
from skyjar.runtime.functions import PROVISIONED
from skyjar.runtime.invocations import Outcome

from . import state

FREE_STORAGE_MIB = 512
BEGUN_S = 300  # provisioned concurrency is billed by the five minutes that were begun
_SUFFIX = {"arm64": "-ARM"}


def invoked(call: Call, at: At, answer: Outcome) -> None:
    """An invocation that ended, whether well or not: for the time that its log reports as billed."""
    function, billed_s = answer.function, answer.result.billed_ms / 1000
    suffix = _SUFFIX.get(function.architecture, "")
    is_provisioned = answer.result.init_type == PROVISIONED
    duration = "Lambda-Provisioned-GB-Second" if is_provisioned else "Lambda-GB-Second"
    usage.use(call, "lambda", f"Request{suffix}", "Invoke", at=at)
    usage.use(call, "lambda", f"{duration}{suffix}", "Invoke", billed_s * function.memory_mib / 1024, at=at)
    more = function.ephemeral_mib - FREE_STORAGE_MIB
    if more > 0:
        usage.use(call, "lambda", f"Lambda-Storage-GB-Second{suffix}", "Invoke", billed_s * more / 1024, at=at)


def held(tx: Transaction, since: float, until: float) -> Iterable[Held]:
    """GB-seconds of sandboxes that are kept ready."""
    for account, region, setting in state.provisioned.anywhere(tx):
        version = _version(Place(tx, account, region), setting)
        begins = max(since, datetime.strptime(setting.modified, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp())
        if version is None or begins >= until:
            continue
        seconds = min(ceil((until - begins) / BEGUN_S) * BEGUN_S, usage.DAY_S)
        amount = setting.available * version.memory_mib / 1024 * seconds
        usage_type = f"Lambda-Provisioned-Concurrency{_SUFFIX.get(version.architecture, '')}"
        yield Held(account, region, "lambda", usage_type, "", amount)


def _version(at: At, setting: state.Provisioned) -> state.Version | None:
    number = state.number_of(setting.qualifier)
    if number is None:
        alias = state.aliases.get(at, setting.function, setting.qualifier)
        number = state.number_of(alias.version) if alias is not None else None
    return state.versions.get(at, setting.function, number) if number is not None else None
