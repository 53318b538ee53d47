"""The README's Python works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

from skyjar.testing.running import Account

BLOCKS = re.findall(r"^```python\n(.*?)^```", (Path(__file__).parents[2] / "README.md").read_text(), re.M | re.S)


def test_the_examples_run(skyjar: Account) -> None:
    assert len(BLOCKS) == 2
    for text in BLOCKS:
        names: dict[str, object] = {}
        exec(compile(text, "README.md", "exec"), names)
        for name, thing in names.items():
            if name.startswith("test_") and callable(thing):
                thing(skyjar)
