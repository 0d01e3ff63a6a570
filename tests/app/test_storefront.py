"""The demonstration shop's pages beside the channels, on the real server."""

import httpx

from tests.app.conftest import Server


def test_the_front_page_is_the_shops_with_the_chat(server: Server) -> None:
    page = httpx.get(f"{server.url}/", headers={"accept-language": "fr"})
    assert page.status_code == 200
    assert '<html lang="fr">' in page.text and "Halden" in page.text
    assert httpx.get(f"{server.url}/widget.js").status_code == 200


def test_a_customer_whom_the_page_vouches_for_need_not_say_who_they_are(server: Server) -> None:
    token = httpx.post(f"{server.url}/demo/identity?customer=C00001").json()["token"]
    answer = server.post({"sender": "signed-in", "message": "where are my orders?", "identity": token})
    assert "AC-114590" in answer.text
