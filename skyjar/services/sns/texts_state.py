"""Settings of text messages, phone numbers that want none, and those that a sandbox knows."""

from __future__ import annotations

from skyjar.kernel.tables import Record, Table


class Settings(Record, frozen=True):
    id: str
    attributes: dict[str, str] = {}


class OptedOut(Record, frozen=True):
    phone: str
    at: float
    opted_in_at: float = 0.0
    is_out: bool = True


class Number(Record, frozen=True):
    """A phone number of the sandbox; `code` is what was sent to verify it."""

    phone: str
    code: str
    language: str
    sent_at: float
    is_verified: bool = False


settings = Table("sns.texts.settings", Settings, key=("id",))
opted_out = Table("sns.texts.opted_out", OptedOut, key=("phone",))
numbers = Table("sns.texts.numbers", Number, key=("phone",))
