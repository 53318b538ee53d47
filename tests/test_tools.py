"""The tools of developers do what they say, in a copy of the repository."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What the new service's test and the tidy tests need, and nothing that may be in work."""
    ignored = shutil.ignore_patterns("__pycache__", "services")
    for folder in ("skyjar", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    for service in ("sts", "iam", "lambda_"):
        shutil.copytree(ROOT / "skyjar/services" / service, tmp_path / "skyjar/services" / service)
    for name in ("skyjar/services/__init__.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_new_service_is_tidy_and_its_test_passes(copy: Path) -> None:
    new_service = tool("new_service")
    for name in ("sns", "cognito-identity", "kms"):
        new_service.make(name, copy)
    tidy = "layers or layer or imports or service or alike or marks_stand or limits or names or touch or catches"
    checks = [
        ("pytest", "-p", "no:cacheprovider", "tests/services"),
        ("pytest", "-p", "no:cacheprovider", "tests/test_tidy.py", "-k", f"({tidy}) and not pages and not linter"),
        ("ruff", "check", "--no-cache", "skyjar/services", "tests/services"),
        ("ruff", "format", "--no-cache", "--check", "skyjar/services/sns", "skyjar/services/kms", "tests/services"),
    ]
    for words in checks:
        done = run(copy, *words)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_service_must_have_a_model_and_no_folder_yet(copy: Path) -> None:
    new_service = tool("new_service")
    with pytest.raises(new_service.Refused, match=r"botocore has no model named snss\. Perhaps .*\bsns\b"):
        new_service.make("snss", copy)
    with pytest.raises(new_service.Refused, match="skyjar/services/iam is there already"):
        new_service.make("iam", copy)


def test_every_model_that_lists_something_has_a_template() -> None:
    new_service = tool("new_service")
    for name in ("sns", "kms", "events", "cognito-idp", "lambda", "route53", "ec2", "elbv2", "kinesis"):
        made = new_service.files(name)
        assert len(made) == 7
        assert not [text for text in made.values() for key in ("{name}", "{noun}", "{member}") if key in text]


@pytest.mark.parametrize("operation", ["send_message", "create_repository"])
def test_where_names_the_line_of_an_operation(operation: str) -> None:
    words = ["make", "--no-print-directory", "where", f"OPERATION={operation}"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    assert re.match(rf"skyjar/services/\w+/\w+\.py:\d+:def {operation}\(", done.stdout)


SAMPLE = """
import pytest
pytestmark = pytest.mark.spec("sqs-900")

@pytest.mark.spec("sqs-901", "sqs-902")
def test_one(): ...

@pytest.mark.parametrize("a", [pytest.param(1, marks=pytest.mark.spec("sqs-903"))])
def test_two(a): ...

@pytest.mark.spec("sqs-904")
class TestThree:
    def test_four(self): ...
    def helper(self): ...
"""


def test_marks_are_read_from_functions_classes_modules_and_parameters() -> None:
    specification: Any = tool("specification")
    found = specification._marked(ast.parse(SAMPLE), "tests/x.py")
    assert sorted(found) == [
        ("sqs-900", "tests/x.py::TestThree::test_four"),
        ("sqs-900", "tests/x.py::test_one"),
        ("sqs-900", "tests/x.py::test_two"),
        ("sqs-901", "tests/x.py::test_one"),
        ("sqs-902", "tests/x.py::test_one"),
        ("sqs-903", "tests/x.py::test_two"),
        ("sqs-904", "tests/x.py::TestThree::test_four"),
    ]
