"""docs/CLI.md names every command and every option of it, and nothing that is not there."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from skyjar.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "CLI.md").read_text()


def commands() -> dict[str, argparse.ArgumentParser]:
    actions = main._parser()._actions
    found = next(action for action in actions if isinstance(action, argparse._SubParsersAction))
    return dict(found.choices)


def section(name: str) -> str:
    found = re.search(rf"^## `skyjar {name}\b.*?(?=^## |\Z)", PAGE, re.M | re.S)
    return found.group() if found else ""


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_is_documented(name: str) -> None:
    text = section(name)
    assert text, f"docs/CLI.md has no section `skyjar {name}`"
    for action in commands()[name]._actions:
        if "--help" in action.option_strings or "--port" in action.option_strings:
            continue
        for word in action.option_strings or [str(choice) for choice in action.choices or []]:
            assert re.search(rf"`[^`]*(?<![\w-]){re.escape(word)}(?![\w-])[^`]*`", text), f"{name}: {word}"


def test_what_all_commands_take_is_documented_once() -> None:
    opening = PAGE[: PAGE.index("\n## ")]
    assert "`--port" in opening
    assert "`--json`" in opening
    assert "`skyjar --version`" in opening


def test_the_page_names_no_command_that_is_not_there() -> None:
    named = set(re.findall(r"^## `skyjar (\w+)", PAGE, re.M))
    assert named == set(commands())


def test_the_page_names_no_option_that_is_not_there() -> None:
    for name, command in commands().items():
        known = {word for action in command._actions for word in action.option_strings}
        listed = set(re.findall(r"^\| `(?:-\w, )?(--[\w-]+)", section(name), re.M))
        assert listed <= known, (name, listed - known)
