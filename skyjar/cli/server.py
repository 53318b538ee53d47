"""up, down, status, env, aws, trust, reset: the cloud itself."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from . import places, show
from .places import Problem


def up(arguments: argparse.Namespace) -> int:
    if arguments.detach:
        return _detached(arguments)
    from skyjar.app import Settings, run

    data = None if arguments.ephemeral else (arguments.data or places.default_data())
    settings = Settings(
        port=arguments.port or places.DEFAULT_PORT,
        data=data,
        is_strict=arguments.strict,
        is_auditing=arguments.audit,
        is_lenient=arguments.lenient,
        is_synced=arguments.sync,
        trusts_loopback=not arguments.http_is_insecure,
        seed=arguments.seed,
        origins=tuple(arguments.origin),
        stale_reads_s=arguments.stale_reads,
        has_aws_timing=arguments.aws_timing,
    )

    def ready(cloud: Any) -> None:
        where = "nowhere (--ephemeral)" if cloud.is_ephemeral else cloud.data
        sys.stdout.write(f"Ready: {cloud.endpoint}  (state: {where})\n")
        sys.stdout.flush()

    try:
        run(settings, ready)
    except OSError as error:
        raise Problem(
            f"Skyjar cannot start: {error}", "Another one may be running: `skyjar status`. Or choose --port or --data."
        ) from error
    return 0


def _detached(arguments: argparse.Namespace) -> int:
    port = arguments.port or places.DEFAULT_PORT
    base = places.endpoint(port)
    log = places.log_file(port)
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [word for word in sys.argv[1:] if word not in ("--detach", "-d")]
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "skyjar.cli.main", *words],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if child.poll() is not None:
            tail = log.read_text(errors="replace").strip().splitlines()[-2:]
            raise Problem("Skyjar did not start.", "\n".join([*tail, f"Its log: {log}"]))
        try:
            places.ask(base, "/_skyjar/health", timeout_s=1)
        except Problem:
            time.sleep(0.02)
            continue
        sys.stdout.write(f"Ready: {base}  (process {child.pid}, log {log})\n")
        return 0
    raise Problem("Skyjar did not answer within 20 seconds.", f"Its log: {log}")


def down(arguments: argparse.Namespace) -> int:
    base = places.endpoint(arguments.port)
    places.ask(base, "/_skyjar/stop", {})
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            places.ask(base, "/_skyjar/health", timeout_s=1)
        except Problem:
            show.say(f"Stopped {base}.")
            return 0
        time.sleep(0.05)
    raise Problem(f"{base} is still answering.")


def status(arguments: argparse.Namespace) -> int:
    base = places.endpoint(arguments.port)
    found = places.ask(base, "/_skyjar/health")
    if arguments.json:
        show.as_json(found)
        return 0
    frozen = " (frozen)" if found["clock_is_frozen"] else ""
    show.table(
        "",
        ["", ""],
        [
            ["endpoint", base],
            ["version", found["version"]],
            ["state", "nowhere (--ephemeral)" if found["is_ephemeral"] else found["data"]],
            ["clock", show.moment(found["now"]) + " UTC" + frozen],
            ["unknown keys", "refused (--strict)" if found["is_strict"] else "act as their account's root"],
            ["policies", "audited: nothing is refused (--audit)" if found["is_auditing"] else "enforced"],
            ["calls", found["calls"]],
            ["services", ", ".join(found["services"])],
        ],
    )
    return 0


def env(arguments: argparse.Namespace) -> int:
    found = places.environment(places.endpoint(arguments.port))
    if arguments.json:
        show.as_json(found)
    else:
        sys.stdout.write("".join(f"export {name}={value}\n" for name, value in found.items()))
    return 0


def aws(arguments: argparse.Namespace) -> int:
    """The AWS CLI, pointed here: the one beside this Python, else the one on the PATH."""
    beside = Path(sys.executable).with_name("aws")
    program = str(beside) if beside.exists() else shutil.which("aws")
    if program is None:
        raise Problem("The AWS CLI is not installed.", "Install it: pip install awscli")
    base = places.endpoint(arguments.port)
    words = arguments.words[1:] if arguments.words[:1] == ["--"] else arguments.words
    # S3 Control is asked by host names before the endpoint's (000000000000.127.0.0.1), which no DNS knows: a proxy needs none.
    leading = {"http_proxy": base, "no_proxy": ""}
    kept = {name: value for name, value in os.environ.items() if name not in ("HTTP_PROXY", "NO_PROXY")}
    # Some commands of CLI version 1 (sqs) choose a host of their own unless the option says otherwise.
    os.execve(program, [program, "--endpoint-url", base, *words], {**kept, **places.environment(base), **leading})  # noqa: S606


def trust(arguments: argparse.Namespace) -> int:
    """Show the local authority whose certificates the TLS side uses, and how to trust it."""
    from skyjar.edge.certificates import Authority

    data = arguments.data or places.default_data()
    authority = Authority(data / "certificates")
    pem = authority.certificate_path.read_text()
    if arguments.export:
        Path(arguments.export).write_text(pem)
        show.say(f"Wrote {arguments.export}.")
    else:
        sys.stdout.write(pem)
    show.say(
        "Tools: export AWS_CA_BUNDLE=<file> (boto3, AWS CLI), NODE_EXTRA_CA_CERTS=<file> (Node), SSL_CERT_FILE=<file>.\n"
        "System (Debian): sudo cp <file> /usr/local/share/ca-certificates/skyjar.crt && sudo update-ca-certificates"
    )
    return 0


def reset(arguments: argparse.Namespace) -> int:
    places.ask(places.endpoint(arguments.port), "/_skyjar/reset", {})
    show.say("The cloud is empty.")
    return 0
