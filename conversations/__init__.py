"""What is said and shown: conversations, their messages and photographs, and wishes for a human agent.

A connector hands an `Incoming` message to `Conversations.receive`, which stores it, has it answered, stores the
answer and returns it; `Conversations.subscribe` tells of it as it happens. Where a platform stands in between, its
webhooks wait in the `Inbox`, and what it is to deliver in the `Outbox`. This room knows the bot and the database; it
does not know how a channel delivers.
"""

from conversations.answering import Bot, Desk
from conversations.feed import LOST, WAITING, Event, Feed, LocalFeed, RedisFeed, Subscription
from conversations.inbox import Inbox, Notice
from conversations.incoming import Incoming, conversation_id_of
from conversations.keeping import Companion, Keeping
from conversations.locks import LocalLocks, Locks, LockUnavailable, RedisLocks
from conversations.messages import Message, ReadState
from conversations.outbox import Delivery, Noted, NotNow, NotSent, Outbox, Outgoing, State, Uncertain
from conversations.photos import Photo, Photos
from conversations.pictures import PhotoProblem, PhotoRefused
from conversations.privacy import PrivacyRequest, PrivacyRequests
from conversations.service import WITHDRAW, Conversations
from conversations.tables import Author, ConversationRow, HandoffRow, MessageRow, PhotoRow, RatingRow
from conversations.turns import Busy, Turns

__all__ = [
    "LOST",
    "WAITING",
    "WITHDRAW",
    "Author",
    "Bot",
    "Busy",
    "Companion",
    "ConversationRow",
    "Conversations",
    "Delivery",
    "Desk",
    "Event",
    "Feed",
    "HandoffRow",
    "Inbox",
    "Incoming",
    "Keeping",
    "LocalFeed",
    "LocalLocks",
    "LockUnavailable",
    "Locks",
    "Message",
    "MessageRow",
    "NotNow",
    "NotSent",
    "Noted",
    "Notice",
    "Outbox",
    "Outgoing",
    "Photo",
    "PhotoProblem",
    "PhotoRefused",
    "PhotoRow",
    "Photos",
    "PrivacyRequest",
    "PrivacyRequests",
    "RatingRow",
    "ReadState",
    "RedisFeed",
    "RedisLocks",
    "State",
    "Subscription",
    "Turns",
    "Uncertain",
    "conversation_id_of",
]
