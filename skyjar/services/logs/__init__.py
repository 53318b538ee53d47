"""Amazon CloudWatch Logs."""

from __future__ import annotations

import msgspec

from skyjar.kernel.service import Service

from .errors import AccessDeniedException

service = Service("logs", access_denied=AccessDeniedException)


class Measured(msgspec.Struct, frozen=True):
    """What log events say of a metric: `values` at `at` (epoch seconds). `resolution_s` is 1 or 60."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    at: float
    unit: str
    values: tuple[float, ...]
    resolution_s: int = 60
