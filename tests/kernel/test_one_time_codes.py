"""TOTP: the vectors of RFC 6238, appendix B (SHA-1, their last six digits), and a code that is good for once."""

import msgspec
import pytest

from skyjar.kernel.one_time_codes import Device, code, step_of, synchronised

SEED = b"12345678901234567890"
DEVICE = Device(serial="s", name="d", path="/", seed=SEED, created_at=0.0)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_vectors_of_the_rfc(at: int, expected: str) -> None:
    assert code(SEED, at // 30) == expected


def test_two_codes_in_a_row_tell_the_clock_of_the_device() -> None:
    now, step = 1_800_000_000.0, 60_000_000
    assert synchronised(DEVICE, now, code(SEED, step), code(SEED, step)) is None
    assert synchronised(DEVICE, now, code(SEED, step + 40), code(SEED, step + 41)) is None
    found = synchronised(DEVICE, now, code(SEED, step - 6), code(SEED, step - 5))
    assert found is not None
    assert found.drift == -5
    assert step_of(found, now + 30, code(SEED, step - 4)) == step - 4


def test_a_code_is_good_for_once() -> None:
    now, step = 1_800_000_000.0, 60_000_000
    assert step_of(DEVICE, now, code(SEED, step)) == step
    used = msgspec.structs.replace(DEVICE, used=step)
    assert step_of(used, now, code(SEED, step)) is None
    assert step_of(used, now, code(SEED, step + 1)) == step + 1
    assert step_of(used, now, code(SEED, step + 2)) is None
