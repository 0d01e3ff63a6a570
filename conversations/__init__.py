"""What is said and shown: conversations, their messages and photographs, and wishes for a human agent.

A connector hands an `Incoming` message to `Conversations.receive`, which stores it, has it answered, stores the
answer and returns it. This room knows the bot and the database; it does not know how a channel delivers.
"""

from conversations.keeping import Keeping
from conversations.locks import LocalLocks, Locks, LockUnavailable, RedisLocks
from conversations.photos import Photo, Photos
from conversations.pictures import PhotoProblem, PhotoRefused
from conversations.privacy import PrivacyRequest, PrivacyRequests
from conversations.service import Bot, Conversations, Incoming, conversation_id_of
from conversations.tables import Author, ConversationRow, HandoffRow, MessageRow, PhotoRow

__all__ = [
    "Author",
    "Bot",
    "ConversationRow",
    "Conversations",
    "HandoffRow",
    "Incoming",
    "Keeping",
    "LocalLocks",
    "LockUnavailable",
    "Locks",
    "MessageRow",
    "Photo",
    "PhotoProblem",
    "PhotoRefused",
    "PhotoRow",
    "Photos",
    "PrivacyRequest",
    "PrivacyRequests",
    "RedisLocks",
    "conversation_id_of",
]
