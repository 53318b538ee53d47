"""Services that claim to be whole say in their README what of their model they leave out."""

from __future__ import annotations

import re

import pytest

from skyjar.kernel import service as services
from skyjar.wire import models

WHOLE = ("iam", "kinesis", "sts")


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_not_implemented_is_named(name: str) -> None:
    service = services.load(name)
    assert service is not None
    left_out = {aws for aws in models.service(name).operations if models.snake(aws) not in service.operations}
    text = (services.folder() / name / "README.md").read_text()
    absent = text.split("**Absent**")[1].split("\n\nA service")[0]
    named = {word for word in re.findall(r"\b[A-Z]\w+", absent) if word in models.service(name).operations}
    assert left_out <= named, f"not explained: {sorted(left_out - named)}"
    held = {aws for aws in named if models.snake(aws) in service.operations}
    assert not held, f"no longer absent: {sorted(held)}"
