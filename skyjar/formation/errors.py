"""What is wrong with a template."""


class TemplateError(Exception):
    """The message is CloudFormation's own; the service raises it as ValidationError."""
