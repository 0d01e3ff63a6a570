"""What is said: conversations, their messages, and wishes for a human agent.

A connector hands an `Incoming` message to `Conversations.receive`, which stores it, has it answered, stores the
answer and returns it. This room knows the bot and the database; it does not know how a channel delivers.
"""

from conversations.locks import LocalLocks, Locks, LockUnavailable, RedisLocks
from conversations.service import Bot, Conversations, Incoming
from conversations.tables import Author, ConversationRow, HandoffRow, MessageRow

__all__ = [
    "Author",
    "Bot",
    "ConversationRow",
    "Conversations",
    "HandoffRow",
    "Incoming",
    "LocalLocks",
    "LockUnavailable",
    "Locks",
    "MessageRow",
    "RedisLocks",
]
