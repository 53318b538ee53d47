"""Platform applications and their endpoints."""

from __future__ import annotations

from skyjar.kernel.tables import Record, Table


class Application(Record, frozen=True):
    platform: str
    name: str
    attributes: dict[str, str] = {}


class Device(Record, frozen=True):
    """An endpoint: `application` is `platform/name`."""

    application: str
    id: str
    token: str
    user_data: str = ""
    is_enabled: bool = True


applications = Table("sns.applications", Application, key=("platform", "name"))
devices = Table("sns.devices", Device, key=("application", "id"), indexes={"token": ("application", "token")})
