"""Archives, what is in them, and replays."""

from __future__ import annotations

from skyjar.kernel.tables import Record, Table


class Archive(Record, frozen=True):
    """`bus` is the bus's name; `retention_days` 0 keeps events for ever."""

    name: str
    bus: str
    created_at: float
    description: str = ""
    pattern: str = ""
    retention_days: int = 0
    events: int = 0
    size_bytes: int = 0


class Archived(Record, frozen=True):
    archive: str
    came_ms: int
    id: str
    body: bytes


class Replay(Record, frozen=True):
    """`rules` are names; none means all. `next_ms` and `next_id` are where it goes on."""

    name: str
    archive: str
    bus: str
    description: str
    start_at: float
    end_at: float
    began_at: float
    filter_arns: tuple[str, ...] = ()
    status: str = "STARTING"
    reason: str = ""
    next_ms: int = 0
    next_id: str = ""
    last_at: float = 0.0
    ended_at: float = 0.0


archives = Table("events.archives", Archive, key=("name",), indexes={"bus": ("bus",)})
archived = Table("events.archived", Archived, key=("archive", "came_ms", "id"))
replays = Table("events.replays", Replay, key=("name",))
