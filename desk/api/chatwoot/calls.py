"""Calls of Chatwoot.

What customers say comes through the public API of an inbox of the kind "API"
(https://developers.chatwoot.com/api-reference/messages-api/create-a-message), what only agents see through the
application API, with an access token (https://developers.chatwoot.com/api-reference/conversations/toggle-status).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

TIMEOUT_SECONDS = 15.0
UPLOAD_SECONDS = 60.0

File = tuple[str, bytes, str]
"""A name, what is in it, and its content type."""


@dataclass(frozen=True)
class ChatwootAccount:
    """A help desk, and an inbox of the kind "API" in it.

    Attributes:
        url: of the installation, without a slash at the end.
        account: the number of the account, as it stands in the addresses of its pages.
        inbox: the identifier of the inbox.
        token: an access token of an agent, or of an agent bot, who sees the inbox.
        webhook_secret: with which Chatwoot signs what it tells us.

    Raises:
        ValueError: the URL is none, or a secret would go over a line that anybody can listen to.
    """

    url: str
    account: int
    inbox: str
    token: str = field(repr=False)
    webhook_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
            raise ValueError("the URL of Chatwoot begins with https://")
        if not (self.inbox and self.token and self.webhook_secret):
            raise ValueError("Chatwoot needs an inbox identifier, an access token and a webhook secret")


class ChatwootUnavailable(Exception):
    """Chatwoot cannot be reached, or does not want what it was asked; says why, with nothing personal in it."""


class ChatwootGone(ChatwootUnavailable):
    """What was asked for is not there, or no longer."""


class ChatwootApi:
    """The calls that a mirror needs."""

    def __init__(self, account: ChatwootAccount) -> None:
        url, inbox = account.url.rstrip("/"), quote(account.inbox, safe="")
        self._public = f"{url}/public/api/v1/inboxes/{inbox}/contacts"
        self._application = f"{url}/api/v1/accounts/{account.account}/conversations"
        self._token = {"api_access_token": account.token}
        # With the token, no further than where it was meant for.
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False)

    async def add_contact(self, name: str, attributes: Mapping[str, str]) -> str:
        """Make a contact known; returns what it is called in the inbox, which nobody can guess.

        Whoever knows that and the inbox can read the conversation: it is no secret of Chatwoot's, but one of ours.
        """
        body = {"source_id": secrets.token_hex(16), "name": name, "custom_attributes": dict(attributes)}
        return str((await self._post(self._public, json=body))["source_id"])

    async def begin(self, contact: str, attributes: Mapping[str, str]) -> str:
        """Begin a conversation with a contact; returns its number."""
        body = {"custom_attributes": dict(attributes)}
        return str((await self._post(f"{self._contact(contact)}/conversations", json=body))["id"])

    async def say(self, contact: str, conversation: str, text: str, echo: str, files: Sequence[File] = ()) -> None:
        """Add what a customer said."""
        address = f"{self._contact(contact)}/conversations/{conversation}/messages"
        said = {"content": text, "echo_id": echo}
        if not files:
            await self._post(address, json=said)
            return
        parts = [("attachments[]", file) for file in files]
        await self._post(address, data=said, files=parts, timeout=UPLOAD_SECONDS)

    async def note(self, conversation: str, text: str) -> None:
        """Add a note that agents see, and customers do not."""
        note = {"content": text, "message_type": "outgoing", "private": True}
        await self._post(f"{self._application}/{conversation}/messages", json=note, headers=self._token)

    async def set_status(self, conversation: str, status: str) -> None:
        """Open or resolve a conversation.

        Args:
            status: `open`, `resolved`, `pending`.
        """
        address = f"{self._application}/{conversation}/toggle_status"
        await self._post(address, json={"status": status}, headers=self._token)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _contact(self, contact: str) -> str:
        return f"{self._public}/{quote(contact, safe='')}"

    async def _post(self, address: str, **request: Any) -> dict[str, Any]:
        try:
            response = await self._http.post(address, **request)
        except httpx.HTTPError as error:
            raise ChatwootUnavailable(type(error).__name__) from error
        if response.status_code == httpx.codes.NOT_FOUND:
            raise ChatwootGone("status 404")
        if not response.is_success:
            raise ChatwootUnavailable(f"status {response.status_code}")
        try:
            answer = response.json()
        except ValueError as error:
            raise ChatwootUnavailable("the answer is no JSON") from error
        return answer if isinstance(answer, dict) else {}
