"""AWS Security Token Service."""

from skyjar.kernel.service import Service

service = Service("sts")
