"""Which actions, resource types and condition keys AWS's services have: its service authorization reference, as data.

`data/authorization.json` has one line a service and is made by `tools/authorization.py`; a service is decoded when it is first
asked for. `data/global_keys.json` has the keys of every service. Names of actions and keys are found in any case.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

FILE = Path(__file__).parent / "data" / "authorization.json"
GLOBAL_KEYS = Path(__file__).parent / "data" / "global_keys.json"
LEVELS = {
    "L": "List",
    "R": "Read",
    "W": "Write",
    "T": "Tagging",
    "P": "Permissions management",
    "U": "Unknown",
}

_VARIABLE = re.compile(r"\\\$\\\{([A-Za-z0-9]+)\\\}")
_ANY_NAME = re.compile(r"\$\{[^}]*\}|<[^>]*>")  # in the name of a key, what stands for the name of a tag or the like


class ResourceType(NamedTuple):
    """`arn` is the published form, such as `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`."""

    service: str
    name: str
    arn: str
    keys: tuple[str, ...]


class Action(NamedTuple):
    """`resources` are names of resource types; of those in `required` one is always judged. `dependents` are the further
    actions that a caller needs, such as iam:PassRole."""

    service: str
    name: str
    level: str
    resources: tuple[str, ...]
    required: tuple[str, ...]
    keys: tuple[str, ...]
    dependents: tuple[str, ...]


class Service(NamedTuple):
    """`keys` are the condition keys of the service's own pages, with their types; actions are by their lower-case names."""

    prefix: str
    name: str
    keys: dict[str, str]
    resources: dict[str, ResourceType]
    actions: dict[str, Action]


_Resource = tuple[str, tuple[int, ...]]
_Action = tuple[str, tuple[str, ...], tuple[int, ...], tuple[str, ...]]
_Service = tuple[str, dict[str, str], dict[str, _Resource], dict[str, _Action]]


@cache
def _lines() -> dict[str, msgspec.Raw]:
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, msgspec.Raw])


def prefixes() -> list[str]:
    """The service prefixes of actions, such as `sqs`."""
    return list(_lines())


@cache
def service(prefix: str) -> Service | None:
    """What AWS publishes of the service with this action prefix, or None when there is no such service."""
    raw = _lines().get(prefix.lower())
    if raw is None:
        return None
    name, keys, resources, actions = msgspec.json.decode(raw, type=_Service)
    spelled = tuple(keys)

    def of(numbers: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(spelled[number] for number in numbers)

    return Service(
        prefix=prefix.lower(),
        name=name,
        keys=keys,
        resources={kind: ResourceType(prefix, kind, arn, of(found)) for kind, (arn, found) in resources.items()},
        actions={
            action.lower(): Action(
                service=prefix.lower(),
                name=f"{prefix.lower()}:{action}",
                level=LEVELS[level],
                resources=tuple(kind.removesuffix("!") for kind in kinds),
                required=tuple(kind[:-1] for kind in kinds if kind.endswith("!")),
                keys=of(found),
                dependents=dependents,
            )
            for action, (level, kinds, found, dependents) in actions.items()
        },
    )


def action(name: str) -> Action | None:
    """The action called `sqs:SendMessage`, in any case."""
    prefix, _, verb = name.partition(":")
    found = service(prefix)
    return found.actions.get(verb.lower()) if found is not None else None


def resource_types(found: Action) -> list[ResourceType]:
    """The types of resources that an action is judged on; none when it only knows `*`."""
    known = service(found.service)
    assert known is not None
    return [known.resources[kind] for kind in found.resources if kind in known.resources]


@cache
def arn_pattern(form: str) -> re.Pattern[str]:
    """What a published ARN form matches: no variable crosses a colon, save in the last part, and no bucket's name a slash."""
    parts = form.split(":", 5)
    head = re.escape("".join(f"{part}:" for part in parts[:-1]))
    last = _VARIABLE.sub(lambda found: "[^/]+" if found[1] == "BucketName" else ".+", re.escape(parts[-1]))
    return re.compile((_VARIABLE.sub("[^:]*", head) + last).replace(r"\*", ".*"), re.DOTALL)


def fits(found: Action, arn: str) -> bool:
    """Whether AWS judges this action on such an ARN: one of its resource types, or `*` where it knows or needs none."""
    if arn == "*":
        return not found.required
    return any(arn_pattern(kind.arn).fullmatch(arn) for kind in resource_types(found))


@cache
def global_keys() -> dict[str, str]:
    """The condition keys of every service in lower case, with their types; those that end in `/` are followed by a name."""
    listed: dict[str, str] = msgspec.json.decode(GLOBAL_KEYS.read_bytes(), type=dict[str, str])
    return {name.lower(): kind for name, kind in listed.items()}


def key_type(key: str, services: tuple[str, ...] = ()) -> str | None:
    """The type of a condition key (String, ArrayOfString, Bool, …), global or of one of the services; None when unknown.

    The services are those of the statement's actions: `ec2:ResourceTag/${TagKey}` is a key of `autoscaling` as well.
    """
    wanted = key.lower()
    stem = wanted.partition("/")[0] + "/"
    found = global_keys().get(stem if stem in global_keys() else wanted)
    if found is not None:
        return found
    for prefix in {wanted.partition(":")[0], *services}:
        exact, open_ended = _keys_of(prefix)
        if wanted in exact:
            return exact[wanted]
        for pattern, kind in open_ended:
            if pattern.fullmatch(wanted):
                return kind
    return None


@cache
def _keys_of(prefix: str) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """The keys of a service in lower case, and those in whose names something may stand for any name."""
    known = service(prefix)
    exact: dict[str, str] = {}
    open_ended: list[tuple[re.Pattern[str], str]] = []
    for name, kind in known.keys.items() if known is not None else ():
        if _ANY_NAME.search(name):
            pieces = [re.escape(piece) for piece in _ANY_NAME.split(name.lower())]
            open_ended.append((re.compile(".+".join(pieces), re.DOTALL), kind))
        else:
            exact[name.lower()] = kind
    return exact, open_ended
