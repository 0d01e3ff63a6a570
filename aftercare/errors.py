"""Errors that end a command with a message instead of a stack trace."""


class ConfigurationError(Exception):
    """Something that the operator must mend; the message says what and where."""
