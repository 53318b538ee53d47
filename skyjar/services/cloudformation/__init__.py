"""AWS CloudFormation. The template language is in `skyjar/formation`; this is stacks, and the work on them."""

from skyjar.kernel.service import Service

service = Service("cloudformation")
