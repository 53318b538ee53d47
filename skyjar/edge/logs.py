"""The edge's logger: bugs at error level, one record each with its trace; what clients send is never logged as one."""

from __future__ import annotations

import logging

log = logging.getLogger("skyjar.edge")
