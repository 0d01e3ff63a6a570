"""Mail: the letters that go to customers, from what an action wants said to a message that a mail server has taken.

`Outbox` is the post that actions use (`bot.letters`), which is emptied while the server runs (`storage.Workers`);
`SmtpMailer` and `FolderMailer` are the ways out. The letters are the templates in `templates/letters/`, whose
sentences have catalogues in `locales/`; `aftercare` tells the room what it needs to know of the shop (`Letterhead`).
"""

from mail.addresses import parse_address
from mail.composer import Composer, LetterError, Letterhead
from mail.mailers import FolderMailer, Mailer, MailRefused, SmtpMailer, messages_in, read_message
from mail.messages import mail_messages
from mail.outbox import KeptLetter, Outbox

__all__ = [
    "Composer",
    "FolderMailer",
    "KeptLetter",
    "LetterError",
    "Letterhead",
    "MailRefused",
    "Mailer",
    "Outbox",
    "SmtpMailer",
    "mail_messages",
    "messages_in",
    "parse_address",
    "read_message",
]
