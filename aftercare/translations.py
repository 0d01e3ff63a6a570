"""What is said, in all rooms that have catalogues."""

from __future__ import annotations

from aftercare.settings import Settings
from bot.messages import Messages, bot_messages
from documents.messages import documents_messages
from help_centre import help_centre_messages
from mail import mail_messages


def load_messages(settings: Settings) -> list[Messages]:
    """The messages of the bot, and of every room with sentences of its own."""
    return [
        bot_messages(settings.locales, settings.domain_file),
        help_centre_messages(settings.help_centre_locales),
        documents_messages(settings.documents_locales),
        mail_messages(settings.mail_locales),
    ]
