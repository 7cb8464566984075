"""Programs and people come in by different ways: nothing that protects people is missing on theirs."""

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
OF_PAGES = ("Content-Security-Policy", "X-Frame-Options", "Content-Language")


@pytest.mark.parametrize("address", ["/log-in/", "/api/docs/", "/nowhere/"])
def test_a_page_is_protected(client: Client, address: str) -> None:
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer["Content-Type"].startswith("text/html")
    assert all(name in answer for name in OF_PAGES)


@pytest.mark.parametrize("address", ["/api/tasks/", "/api/nowhere/", "/healthz"])
def test_what_programs_read_has_nothing_of_a_page(client: Client, address: str) -> None:
    answer = client.get(address)
    assert not any(name in answer for name in OF_PAGES)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies


def test_a_host_that_is_not_served_is_refused_like_anything_else(client: Client) -> None:
    for _ in range(2):
        answer = client.get("/api/tasks/", SERVER_NAME="evil.example")
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_whoever_asks_is_spoken_to_in_their_language(client: Client) -> None:
    def said(**headers: str) -> str:
        answer = client.post("/api/auth/users/", {}, content_type="application/json", headers=headers)
        return str(answer.json()["errors"][0]["detail"])

    assert said() == "This field is required."
    assert said(**{"Accept-Language": "ru"}) == "Обязательное поле."
    assert said() == "This field is required."


def test_the_language_of_a_page_is_not_that_of_the_next_program(client: Client) -> None:
    assert client.get("/log-in/", headers={"Accept-Language": "ru"})["Content-Language"] == "ru"
    answer = client.post("/api/auth/users/", {}, content_type="application/json")
    assert answer.json()["errors"][0]["detail"] == "This field is required."


def test_a_host_that_is_not_served_is_refused_by_either_way(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["here.example"]
    answers = [client.get(address, headers={"Host": "elsewhere.example"}) for address in ("/", "/api/tasks/")]
    assert [answer.status_code for answer in answers] == [400, 400]
