from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

TARGET = Path(__file__).parents[2] / "fuzz" / "edge_http1.py"


@pytest.mark.parametrize("seed", [1, 2])
def test_no_bytes_break_the_http_1_side(seed):
    spec = importlib.util.spec_from_file_location("edge_http1", TARGET)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert all(module.feed([seed_input]) for seed_input in module.SEEDS[:7])  # the target does reach the application
    assert module.run(1.0, seed) > 20
