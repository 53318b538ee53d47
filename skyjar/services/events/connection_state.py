"""Connections and API destinations."""

from __future__ import annotations

from skyjar.kernel.tables import Record, Table


class Connection(Record, frozen=True):
    """`secret` is the ARN of the secret with the credentials; `shown` what may be told of them, in JSON. `token` is the one
    that OAuth gave, until `token_ends_at`."""

    name: str
    id: str
    kind: str
    secret: str
    shown: bytes
    created_at: float
    changed_at: float
    description: str = ""
    status: str = "AUTHORIZED"
    reason: str = ""
    authorized_at: float = 0.0
    token: str = ""
    token_ends_at: float = 0.0


class Destination(Record, frozen=True):
    """`next_at` is when the next request may go out."""

    name: str
    id: str
    connection: str
    endpoint: str
    method: str
    created_at: float
    changed_at: float
    description: str = ""
    rate_per_s: int = 0
    next_at: float = 0.0


connections = Table("events.connections", Connection, key=("name",))
destinations = Table("events.destinations", Destination, key=("name",))
