"""Signatures and encryption, checked against wechatpy."""

import time
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from connectors.wechat.crypto import FRESH_SECONDS, MessageCipher, Undecipherable, is_fresh, is_signed, signature
from tests.wechat.house import AES_KEY, APP_ID, TOKEN, request_of, signed

NOW = 1_700_000_000.0
PRINTABLE = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200)


def test_signature_is_over_the_parts_in_any_order() -> None:
    # printf 14097356691548362103weixin | sha1sum
    assert signature("weixin", "1409735669", "1548362103") == "da4a9543170d969d9bc5817b02e2afbb9206793a"
    assert signature("1548362103", "weixin", "1409735669") == signature("weixin", "1409735669", "1548362103")
    assert signature(TOKEN, "1409735669", "xxxxxx") == signed("1409735669", "xxxxxx")


@pytest.mark.parametrize("given_", ["", "0" * 40, "…" * 40, signature("b", "c")])
def test_other_signatures_are_not_good(given_: str) -> None:
    assert is_signed(signature("a", "b"), "b", "a")
    assert not is_signed(given_, "b", "a")


@pytest.mark.parametrize(
    ("timestamp", "fresh"),
    [
        (str(int(NOW)), True),
        (str(int(NOW) - FRESH_SECONDS), True),
        (str(int(NOW) + FRESH_SECONDS), True),
        (str(int(NOW) - FRESH_SECONDS - 1), False),
        (str(int(NOW) + FRESH_SECONDS + 1), False),
        ("", False),
        ("-1", False),
        ("now", False),
        ("１７００００００００", False),
        ("9" * 5000, False),
    ],
)
def test_requests_are_of_about_now(timestamp: str, fresh: bool) -> None:
    assert is_fresh(timestamp, NOW) is fresh


@given(PRINTABLE)
def test_wechatpy_reads_what_is_encrypted(text: str) -> None:
    encrypted = MessageCipher(AES_KEY, APP_ID).encrypt(text)
    nonce, timestamp = "nonce", str(int(time.time()))
    outer = f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
    assert crypto.decrypt_message(outer, signed(timestamp, nonce, encrypted), timestamp, nonce) == text


@given(PRINTABLE)
def test_what_wechatpy_encrypts_is_read(text: str) -> None:
    _, body = request_of(text, WeChatCrypto(TOKEN, AES_KEY, APP_ID))
    encrypted = body.decode().split("<Encrypt><![CDATA[")[1].split("]]")[0]
    assert MessageCipher(AES_KEY, APP_ID).decrypt(encrypted).decode() == text


def test_the_same_is_never_encrypted_the_same() -> None:
    cipher = MessageCipher(AES_KEY, APP_ID)
    assert cipher.encrypt("hello") != cipher.encrypt("hello")


@pytest.mark.parametrize(
    "encrypted",
    [
        "",
        "no base64!",
        b64encode(b"too short").decode(),
        b64encode(bytes(32)).decode(),
        MessageCipher("A" * 43, APP_ID).encrypt("another key"),
        MessageCipher(AES_KEY, "wx0000000000000002").encrypt("another account"),
    ],
    ids=["nothing", "not base64", "no whole block", "noise", "another key", "another account"],
)
def test_what_is_not_for_us_is_refused(encrypted: str) -> None:
    with pytest.raises(Undecipherable):
        MessageCipher(AES_KEY, APP_ID).decrypt(encrypted)


@given(st.integers(0, 95), st.integers(1, 255))
def test_changed_bytes_never_pass_for_another_account(place: int, change: int) -> None:
    data = bytearray(b64decode(MessageCipher(AES_KEY, APP_ID).encrypt("x" * 40)))
    data[place] ^= change
    try:
        MessageCipher(AES_KEY, APP_ID).decrypt(b64encode(bytes(data)).decode())
    except Undecipherable:
        return
    # What was changed in the random bytes, or in the text, is for the signature to find.
    assert place < 64


@pytest.mark.parametrize("key", ["", "short", "a" * 42, "a" * 44, "ü" * 43])
def test_keys_that_are_none_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="EncodingAESKey"):
        MessageCipher(key, APP_ID)
