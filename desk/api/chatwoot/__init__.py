"""Tickets in Chatwoot, for a team that keeps the help desk that it has.

`mirror.Mirror` shows each open ticket as a conversation of an inbox of the kind "API"; what agents write there is said
to the customer (`webhook.Callbacks`). The desk stays what decides who has a ticket: Chatwoot takes part in it as one
agent, by an account of its own with which nobody can sign in.
"""

from desk.api.chatwoot.calls import ChatwootAccount, ChatwootApi
from desk.api.chatwoot.mirror import Mirror
from desk.api.chatwoot.stand_in import StandIn
from desk.api.chatwoot.webhook import Callbacks, chatwoot_routes

__all__ = ["Callbacks", "ChatwootAccount", "ChatwootApi", "Mirror", "StandIn", "chatwoot_routes"]
