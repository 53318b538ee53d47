from __future__ import annotations

import importlib.util
from pathlib import Path

TARGET = Path(__file__).parents[3] / "fuzz" / "dynamodb_expressions.py"


def test_changed_expressions_give_a_result_or_a_refusal() -> None:
    spec = importlib.util.spec_from_file_location("dynamodb_expressions", TARGET)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for seed in range(400):
        module.attempt(seed)
