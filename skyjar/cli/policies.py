"""policy: the least policy that recorded calls needed, and policies tested against expectations."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from . import places, show
from .places import Problem

MANAGED_CHARS = 6_144


def policy(arguments: argparse.Namespace) -> int:
    return _suggest(arguments) if arguments.action == "suggest" else _test(arguments)


def _suggest(arguments: argparse.Namespace) -> int:
    """The document goes to standard output, what is to be said of it to standard error."""
    from skyjar.policy.least import Need, least, text

    if bool(arguments.role) is bool(arguments.user):
        raise Problem("Say whose calls.", "skyjar policy suggest --role NAME, or --user NAME")
    asked = {"role": arguments.role} if arguments.role else {"user": arguments.user}
    if arguments.denied:
        asked["denied"] = "true"
    found = places.ask(places.endpoint(arguments.port), f"/_skyjar/needs?{urlencode(asked)}")
    if not found["needs"]:
        who = arguments.role or arguments.user
        raise Problem(
            f"No call of {who} that policies judged is on record.",
            "Run it with `skyjar up --audit`, which lets through and records what policies would deny.",
        )
    needs = [Need(each["action"], each["resource"], tuple(sorted(each["keys"].items()))) for each in found["needs"]]
    document = least(needs, found["account"])
    sys.stdout.write(text(document) + "\n")
    size = len(json.dumps(document, separators=(",", ":")))
    if size > MANAGED_CHARS:
        _say(f"{size} characters: more than one managed policy holds ({MANAGED_CHARS}).")
    _say(f"From {found['calls']} recorded calls.")
    return 0


def _test(arguments: argparse.Namespace) -> int:
    if not arguments.files:
        raise Problem("Say which files.", "skyjar policy test FILE …")
    rows = [row for path in arguments.files for row in _results(path)]
    failed = [row for row in rows if not row["is_met"]]
    if arguments.json:
        show.as_json(rows)
    else:
        for row in failed:
            _tell(row)
        show.say(f"{len(rows) - len(failed)} expectations met, {len(failed)} not.")
    return 1 if failed or not rows else 0


def _results(path: Path) -> Iterator[dict[str, Any]]:
    from skyjar.policy.errors import MalformedPolicy
    from skyjar.policy.expectations import Outcome, Unreadable, outcomes
    from skyjar.policy.findings import findings
    from skyjar.policy.remedies import changes

    def row(outcome: Outcome) -> dict[str, Any]:
        request, decision = outcome.request, outcome.decision
        return {
            "file": str(path),
            "principal": request.principal.arn or request.principal.kind,
            "action": request.action,
            "resource": request.resource,
            "expected": "allow" if outcome.is_allowed else "deny",
            "reason": decision.reason,
            "by": decision.kind,
            "is_met": outcome.is_met,
            "trace": [str(verdict) for verdict in decision.explain()] if not outcome.is_met else [],
            "remedy": [each.public() for each in changes(request, outcome.policies)]
            if outcome.is_allowed and not outcome.is_met
            else [],
        }

    told: set[str] = set()
    try:
        for suite in _read(path):
            for outcome in outcomes(suite):
                for _, document in _documents(outcome.policies.considered(outcome.request.principal)):
                    told |= {f"{path}: {each.sentence}" for each in findings(document)}
                yield row(outcome)
    except MalformedPolicy as error:
        raise Problem(f"{path}: {error.message}") from error
    except Unreadable as error:
        raise Problem(f"{path}: {error}") from error
    for sentence in sorted(told):
        _say(sentence)


def _documents(considered: Any) -> Iterator[Any]:
    for _, group, _ in considered:
        yield from group


def _read(path: Path) -> list[dict[str, Any]]:
    """The suites of a file, each with its policies in place of their files' names."""
    import yaml

    try:
        suites = list(yaml.load_all(path.read_text(), Loader=yaml.BaseLoader))
    except (OSError, yaml.YAMLError) as error:
        raise Problem(f"{path} cannot be read: {error}") from error
    if not all(isinstance(suite, dict) for suite in suites):
        raise Problem(f"{path} holds no suite: a mapping with policies and expect.")
    for suite in suites:
        groups = suite.get("policies")
        if isinstance(groups, dict):
            suite["policies"] = {name: _loaded(path.parent, group) for name, group in groups.items()}
    return suites


def _loaded(folder: Path, written: Any) -> Any:
    if isinstance(written, list):
        return [_loaded(folder, each) for each in written]
    if isinstance(written, str) and written.endswith(".json"):
        try:
            return (folder / written).read_text()
        except OSError as error:
            raise Problem(f"{folder / written} cannot be read: {error}") from error
    return written


def _tell(row: dict[str, Any]) -> None:
    console = show.console()
    got = "allowed" if row["reason"] in ("allow", "root") else row["reason"]
    console.print(f"[red]expected {row['expected']}, is {got}[/]  {row['action']}  by {row['by']}")
    console.print(f"  {row['principal']}  on {row['resource']}", markup=False)
    for line in row["trace"]:
        console.print(f"    - {line}", markup=False)
    for change in row["remedy"]:
        console.print(f"  to allow   {show.change(change)}", markup=False)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
