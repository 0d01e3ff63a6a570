"""WeChat's codes for faces and things."""

import pytest

from connectors.wechat.emoji import with_emoji


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("谢谢/::)", "谢谢🙂"),
        ("/::)", "🙂"),
        ("/::D/::Dthanks", "😁😁thanks"),
        ("[微笑][Smile]", "🙂🙂"),
        ("/:@@ /:@x /:@)", "✊ 😨 🙏"),
        ("/::'(/::'|", "😭🥺"),
        ("/::-|/::-O/::-S", "😅🥱🤬"),
        ("/:share/:shake/:shit", "🤝🥶💩"),
        ("[發怒] /:<O>", "😡 😡"),
        ("see https://shop.example/:no/:ok and /:ok", "see https://shop.example/:no/:ok and 👌"),
        ("[AC-104233] 1/2 :) [smile]", "[AC-104233] 1/2 :) [smile]"),
        ("It came [Broken]", "It came [Broken]"),
        ("", ""),
    ],
)
def test_codes_are_read_as_emoji(said: str, meant: str) -> None:
    assert with_emoji(said) == meant
