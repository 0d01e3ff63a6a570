"""Against a real mail server on loopback."""

from __future__ import annotations

import asyncio
import socket
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from bot.letters import Letter, MailUnavailable
from mail import MailRefused, SmtpMailer, mailers
from tests.mail.samples import ADDRESS, SAMPLES, code_letter, composer
from tests.mail.servers import PASSWORD, USER, MailServer, mail_server, server_certificate

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # it is TLS all the time

LOGIN = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@"


@pytest.fixture
def message() -> EmailMessage:
    return composer().compose(code_letter())


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that this process trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority


def with_login(server: MailServer, scheme: str = "smtp", login: str = LOGIN) -> SmtpMailer:
    return SmtpMailer(f"{scheme}://{login}localhost:{server.port}")


async def test_a_message_arrives_as_it_was_written(message: EmailMessage) -> None:
    async with mail_server() as server:
        await SmtpMailer(server.url).deliver(message)
    (arrived,) = server.messages
    assert server.recipients == [ADDRESS]
    assert server.senders == ["no-reply@halden.example"]
    for header in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language"):
        assert arrived[header] == message[header]
    for kind in ("plain", "html"):
        part, original = arrived.get_body((kind,)), message.get_body((kind,))
        assert part is not None and original is not None
        assert part.get_content().splitlines() == original.get_content().splitlines()


async def test_every_language_survives_the_way() -> None:
    name, values = SAMPLES[2]
    async with mail_server() as server:
        for language in ("de", "fr", "zh"):
            await SmtpMailer(server.url).deliver(composer().compose(Letter(name, ADDRESS, language, values)))
    texts = []
    for arrived in server.messages:
        body = arrived.get_body(("plain",))
        assert body is not None
        texts.append(body.get_content())
    assert "Rücksendeetikett" in texts[0]
    assert "l'étiquette de retour" in texts[1]
    assert "羊毛衫（M）× 2" in texts[2]


async def test_what_the_server_offers_to_encrypt_is_encrypted(message: EmailMessage) -> None:
    # Nobody has to vouch for a relay that asks for no password.
    async with mail_server(starttls=server_certificate(trustme.CA())) as server:
        await SmtpMailer(server.url).deliver(message)
    assert server.encrypted == [True]


async def test_a_password_is_sent_encrypted(message: EmailMessage, authority: trustme.CA) -> None:
    async with mail_server(starttls=server_certificate(authority), login=True) as server:
        await with_login(server).deliver(message)
    assert server.encrypted == [True]


async def test_encrypted_from_the_beginning(message: EmailMessage, authority: trustme.CA) -> None:
    async with mail_server(tls=server_certificate(authority), login=True) as server:
        await with_login(server, "smtps").deliver(message)
    assert server.encrypted == [True]


async def test_a_password_is_not_sent_in_the_clear(message: EmailMessage) -> None:
    async with mail_server() as server:
        with pytest.raises(MailUnavailable, match="STARTTLS"):
            await with_login(server).deliver(message)
    assert server.messages == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_password_is_not_sent_to_a_stranger(message: EmailMessage, scheme: str) -> None:
    certificate = server_certificate(trustme.CA())
    options = {"tls": certificate} if scheme == "smtps" else {"starttls": certificate}
    async with mail_server(**options, login=True) as server:
        with pytest.raises(MailUnavailable) as caught:
            await with_login(server, scheme).deliver(message)
    assert not isinstance(caught.value, MailRefused)
    assert server.messages == []


async def test_a_wrong_password_is_not_the_fault_of_the_letter(message: EmailMessage, authority: trustme.CA) -> None:
    async with mail_server(starttls=server_certificate(authority), login=True) as server:
        with pytest.raises(MailUnavailable, match="535") as caught:
            await with_login(server, login="shop:wrong@").deliver(message)
    assert not isinstance(caught.value, MailRefused)
    assert "wrong" not in str(caught.value)


async def test_a_sender_that_is_not_taken_is_not_the_fault_of_the_letter(message: EmailMessage) -> None:
    async with mail_server() as server:
        server.sender_answers = ["553 5.7.1 not your address"]
        with pytest.raises(MailUnavailable, match=r"553 \(5\.7\.1\)") as caught:
            await SmtpMailer(server.url).deliver(message)
    assert not isinstance(caught.value, MailRefused)


@pytest.mark.parametrize(("answer", "final"), [("451 4.3.0 later", False), ("550 5.1.1 <{}>: unknown", True)])
@pytest.mark.parametrize("step", ["recipient_answers", "data_answers"])
async def test_what_is_refused_for_good_and_what_for_now(
    message: EmailMessage, step: str, answer: str, final: bool
) -> None:
    async with mail_server() as server:
        setattr(server, step, [answer.format(ADDRESS)])
        with pytest.raises(MailUnavailable, match=answer[:3]) as caught:
            await SmtpMailer(server.url).deliver(message)
        assert isinstance(caught.value, MailRefused) is final
        assert ADDRESS not in str(caught.value)
        await SmtpMailer(server.url).deliver(message)
    assert len(server.messages) == 1


async def test_nobody_answers(message: EmailMessage) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(MailUnavailable, match="cannot be used"):
            await SmtpMailer(f"smtp://127.0.0.1:{unused.getsockname()[1]}").deliver(message)


@pytest.mark.parametrize("limit", ["STEP_SECONDS", "LETTER_SECONDS"])
async def test_a_server_that_says_nothing_is_given_up(
    message: EmailMessage, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(mailers, limit, 0.05)
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    async with silent:
        with pytest.raises(MailUnavailable, match="in time"):
            await SmtpMailer(f"smtp://127.0.0.1:{silent.sockets[0].getsockname()[1]}").deliver(message)


@pytest.mark.parametrize(
    "url",
    ["", "mail.example", "http://mail.example", "smtp://", "smtp://shop@mail.example", "smtp://mail.example/path"],
)
def test_what_is_no_url_of_a_mail_server(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://user:password@host"):
        SmtpMailer(url)
