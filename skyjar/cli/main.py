"""The `skyjar` command. Each command's code is loaded when it is called, so `skyjar up` starts at once."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

from skyjar import __version__

from .places import Problem


def _lag(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 3600:
        raise ValueError(text)
    return seconds


def _take_cost(cost: argparse.ArgumentParser) -> None:
    cost.add_argument("--month", help="such as 2026-11 (default: this month of the cloud's clock)")
    cost.add_argument("--account", help="only this account")
    cost.add_argument("--by", default="usage", choices=("service", "usage", "day"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="skyjar", description="AWS in a jar: a local cloud for real AWS clients.")
    parser.add_argument("--version", action="version", version=f"skyjar {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, where: str, about: str, *, has_json: bool = False) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(where=where)
        command.add_argument("--port", type=int, help="port of the cloud (default: SKYJAR_ENDPOINT, else 4566)")
        if has_json:
            command.add_argument("--json", action="store_true", help="print JSON")
        return command

    up = add("up", "server.up", "start a cloud; it is ready when it prints Ready")
    state = up.add_mutually_exclusive_group()
    state.add_argument("--data", type=Path, help="folder for its state (default: ~/.local/share/skyjar/default)")
    state.add_argument("--ephemeral", action="store_true", help="keep nothing when it ends")
    up.add_argument("--strict", action="store_true", help="refuse access keys that Skyjar did not issue")
    up.add_argument("--audit", action="store_true", help="let through what policies deny, and record it")
    up.add_argument("--http-is-insecure", action="store_true", help="plain HTTP is not aws:SecureTransport")
    up.add_argument("--lenient", action="store_true", help="ignore parameters that are not implemented")
    up.add_argument(
        "--sync", action="store_true", help="flush to the disk before answering, so loss of power loses nothing"
    )
    up.add_argument("--seed", type=int, help="draw ids from this seed, so a run replays exactly")
    up.add_argument("--stale-reads", type=_lag, default=0.0, metavar="SECONDS", help="how old reads may be")
    up.add_argument("--aws-timing", action="store_true", help="take as long as AWS does")
    up.add_argument("--origin", action="append", default=[], help="a browser origin that may call (repeatable)")
    up.add_argument("--detach", "-d", action="store_true", help="run in the background")
    add("down", "server.down", "stop a cloud")
    add("status", "server.status", "say what is running", has_json=True)
    add("env", "server.env", "print what AWS tools need: eval $(skyjar env)", has_json=True)
    aws = add("aws", "server.aws", "the AWS CLI, pointed at the cloud")
    aws.add_argument("words", nargs=argparse.REMAINDER)
    trust = add("trust", "server.trust", "show or export the local authority behind HTTPS, and how to trust it")
    trust.add_argument("--data", type=Path)
    trust.add_argument("--export", help="write it to this file")
    add("reset", "server.reset", "make the cloud empty")
    calls = add("calls", "calls.calls", "show the latest calls", has_json=True)
    calls.add_argument("--follow", "-f", action="store_true")
    calls.add_argument("--limit", type=int, default=50)
    why = add("why", "calls.why", "explain a call: who, what, which policy decided and why", has_json=True)
    why.add_argument("request_id", nargs="?", help="its request id, or the beginning of it")
    why.add_argument("--last", action="store_true", help="the latest refused call (the default)")
    policy = add("policy", "policies.policy", "suggest a least policy, and test policies", has_json=True)
    policy.add_argument("action", choices=("suggest", "test"))
    policy.add_argument("files", nargs="*", type=Path, help="files of expectations, for test")
    policy.add_argument("--role", help="whose calls: a role's name or ARN")
    policy.add_argument("--user", help="whose calls: a user's name or ARN")
    policy.add_argument("--denied", action="store_true", help="also what was refused")
    clock = add("clock", "state.clock", "show or turn the cloud's clock", has_json=True)
    clock.add_argument("action", nargs="?", default="show", choices=("show", "freeze", "resume", "advance", "set"))
    clock.add_argument("value", nargs="?", help="15m, 2h, 4d; or a time")
    snapshot = add("snapshot", "state.snapshot", "save and bring back the whole state", has_json=True)
    snapshot.add_argument("action", choices=("save", "load", "list", "rm"))
    snapshot.add_argument("name", nargs="?")
    quotas = add("quotas", "quotas.quotas", "show and change service quotas", has_json=True)
    quotas.add_argument("action", nargs="?", default="list", choices=("list", "set", "reset"))
    for word in ("service", "name"):
        quotas.add_argument(word, nargs="?")
    quotas.add_argument("value", nargs="?", type=int)
    for word in ("account", "region"):
        quotas.add_argument(f"--{word}", help=f"only in this {word}")
    _take_cost(add("cost", "cost.cost", "what this would have cost on AWS", has_json=True))
    add("doctor", "doctor.doctor", "what was found on this machine and what that enables", has_json=True)
    coverage = add("coverage", "coverage.coverage", "which operations are there", has_json=True)
    coverage.add_argument("service", nargs="?")
    coverage.add_argument("--write", metavar="FOLDER", help="write the pages of docs/services")
    add("completion", "completion.completion", "print a completion script for bash and zsh")
    return parser


def main(words: list[str] | None = None) -> int:
    parser = _parser()
    arguments = parser.parse_args(words)
    module, _, name = arguments.where.partition(".")
    command: Any = getattr(importlib.import_module(f"skyjar.cli.{module}"), name)
    try:
        return int(command(arguments, parser) if name == "completion" else command(arguments))
    except Problem as error:
        from .show import problem

        problem(str(error), error.hint)
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        return 130


if __name__ == "__main__":
    sys.exit(main())
