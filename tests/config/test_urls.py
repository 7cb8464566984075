"""The addresses that are no views of an app."""

from django.test import Client


def test_whoever_opens_the_address_in_a_browser_is_led_to_the_log_in() -> None:
    answer = Client(SERVER_NAME="localhost", HTTP_ACCEPT="text/html").get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/log-in/?next=%2F")


def test_an_address_without_anything_is_a_problem_document() -> None:
    answer = Client(SERVER_NAME="localhost").get("/api/nothing/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"


def test_a_host_that_is_not_served_is_told_what_to_do() -> None:
    answer = Client(SERVER_NAME="elsewhere.example").get("/healthz")
    assert answer.status_code == 400
    assert "DJIRGO_ALLOWED_HOSTS" in answer.json()["detail"]
