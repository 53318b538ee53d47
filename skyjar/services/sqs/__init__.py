"""Amazon SQS. The reference service: when in doubt, do as it does."""

from skyjar.kernel.service import Service

service = Service("sqs")
