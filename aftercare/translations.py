"""What is said, in all rooms that have catalogues."""

from __future__ import annotations

from aftercare.settings import Settings
from bot.messages import Messages, bot_messages
from connectors.rendering import messengers_messages
from connectors.widget.messages import widget_messages
from desk.messages import desk_messages
from documents.messages import documents_messages
from help_centre import help_centre_messages
from mail import mail_messages
from storefront import storefront_messages


def load_messages(settings: Settings) -> list[Messages]:
    """The messages of the bot, and of every room with sentences of its own."""
    return [
        bot_messages(settings.locales, settings.domain_file),
        help_centre_messages(settings.help_centre_locales),
        storefront_messages(settings.storefront_locales),
        documents_messages(settings.documents_locales),
        mail_messages(settings.mail_locales),
        widget_messages(settings.widget_locales),
        messengers_messages(settings.messenger_locales),
        desk_messages(),
    ]
