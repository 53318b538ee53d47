"""doctor: what was found on this machine, and what that enables."""

from __future__ import annotations

import argparse
import asyncio
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from skyjar.runtime.functions import Credentials, Function
from skyjar.runtime.interpreters import node_packages

from . import show

_TOOLS = (
    ("aws", "the AWS CLI", "pip install awscli"),
    ("sam", "SAM deployments", "pip install aws-sam-cli (in its own virtual environment)"),
    ("cdk", "CDK deployments", "npm install -g aws-cdk@2.1148.1"),
    ("node", "Node.js functions, CDK", "apt install nodejs"),
    ("terraform", "Terraform", "see terraform.io"),
)


def doctor(arguments: argparse.Namespace) -> int:
    rows = [["python", platform.python_version(), sys.executable, "Skyjar itself"]]
    rows += asyncio.run(_interpreters())
    packages = node_packages()
    wanted = "npm install -g @aws-sdk/client-s3 … (or SKYJAR_NODE_MODULES)"
    state = ["found", str(packages)] if packages else ["missing", wanted]
    rows.append(["aws-sdk", *state, "the SDK that Node.js functions find on AWS"])
    for name, purpose, install in _TOOLS:
        beside = Path(sys.executable).with_name(name)
        found = str(beside) if beside.exists() else shutil.which(name)
        rows.append([name, "found" if found else "missing", found or install, purpose])
    if arguments.json:
        show.as_json([dict(zip(("name", "version", "where", "enables"), row, strict=True)) for row in rows])
    else:
        show.table("", ["", "version", "where, or how to install", "enables"], rows)
    return 0


async def _interpreters() -> list[list[str]]:
    from skyjar.runtime.sandboxes import Sandboxes

    with tempfile.TemporaryDirectory() as folder:
        sandboxes = Sandboxes(directory=Path(folder), credentials=_none, logs=lambda *_: None)
        found = await sandboxes.found()
        await sandboxes.stop()
    return [[item.name, item.version, str(item.path), "Lambda functions"] for item in found]


def _none(function: Function) -> Credentials:
    raise LookupError(function.name)
