"""Amazon CloudWatch: metrics, alarms, dashboards."""

from skyjar.kernel.service import Service

service = Service("cloudwatch")
