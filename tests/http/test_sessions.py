"""Sessions: short, signed, and of no use to another page."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.http.conftest import Service

JSON = {"Accept": "application/json", "Content-Type": "application/json"}


def ask(service: Service, method: str, path: str, **headers: str) -> Any:
    body = headers.pop("body", "").encode()
    return service.call(method, path, headers={**JSON, **headers}, body=body)


def open_session(service: Service, **options: Any) -> tuple[str, str, str]:
    """Open one; gives the key's id, the cookie to send, and the token."""
    made, secret = service.made_key(admin=True, **options)
    answer = ask(service, "POST", "/v1/session", Authorization=f"Bearer {secret}")
    assert answer.status_code == 201
    cookie = answer.headers["Set-Cookie"]
    return made.id, cookie.partition(";")[0], answer.json_body["data"]["csrf_token"]


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json_body["error"]["code"]


def test_the_cookie_is_for_this_host_and_no_script(service: Service):
    secret = service.key(admin=True)
    answer = ask(service, "POST", "/v1/session", Authorization=f"Bearer {secret}")
    flags = answer.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "Secure", "SameSite=Strict", "Path=/"} <= set(flags)
    assert flags[0].startswith("__Host-taxiway=")
    assert "Max-Age=3600" in flags
    assert not any(flag.startswith("Domain") for flag in flags)
    assert secret not in answer.headers["Set-Cookie"]


def test_a_session_reads_and_with_its_token_changes(service: Service):
    _, cookie, token = open_session(service)
    assert ask(service, "GET", "/v1/keys", Cookie=cookie).status_code == 200
    body = json.dumps({"name": "x"})
    made = ask(
        service,
        "POST",
        "/v1/keys",
        body=body,
        **{"Cookie": cookie, "X-CSRF-Token": token},
    )
    assert made.status_code == 201


@pytest.mark.parametrize("token", [None, "", "wrong", "é"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/keys"), ("DELETE", "/v1/keys/x"), ("DELETE", "/v1/session")],
)
def test_a_change_without_the_token_is_refused(
    service: Service, method: str, path: str, token: str | None
):
    _, cookie, _ = open_session(service)
    headers = {"Cookie": cookie} | ({} if token is None else {"X-CSRF-Token": token})
    answer = ask(service, method, path, **headers)
    assert error(answer) == (403, "insufficient_scope")
    assert answer.json_body["error"]["details"]["required"] == "X-CSRF-Token"


def test_the_token_of_another_session_does_not_count(service: Service):
    _, cookie, _ = open_session(service)
    _, _, token = open_session(service)
    answer = ask(
        service, "DELETE", "/v1/session", **{"Cookie": cookie, "X-CSRF-Token": token}
    )
    assert error(answer)[0] == 403


def test_a_session_is_over_after_an_hour(service: Service):
    _, cookie, _ = open_session(service)
    service.clock.advance(3_599)
    assert ask(service, "GET", "/v1/keys", Cookie=cookie).status_code == 200
    service.clock.advance(1)
    assert error(ask(service, "GET", "/v1/keys", Cookie=cookie)) == (
        401,
        "invalid_session",
    )


def test_a_session_ends_with_its_key(service: Service):
    key_id, cookie, _ = open_session(service)
    service.container.keys.revoke(key_id)
    assert error(ask(service, "GET", "/v1/keys", Cookie=cookie)) == (
        401,
        "invalid_session",
    )


def test_a_session_does_not_outlive_its_key(service: Service):
    _, cookie, _ = open_session(service, expires_in_days=1)
    assert ask(service, "GET", "/v1/session", Cookie=cookie).status_code == 200
    service.clock.advance(23.9 * 3_600)
    _ = ask(service, "GET", "/v1/keys", Cookie=cookie)
    service.clock.advance(3_600)
    assert error(ask(service, "GET", "/v1/keys", Cookie=cookie)) == (
        401,
        "invalid_session",
    )


def forgeries(cookie: str) -> list[str]:
    name, _, text = cookie.partition("=")
    body, _, signature = text.partition(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    longer = json.dumps(claims | {"exp": claims["exp"] * 2}).encode()
    other = base64.urlsafe_b64encode(longer).decode().rstrip("=")
    return [
        f"{name}={one}"
        for one in (
            f"{other}.{signature}",
            f"{body}.{signature[:-1]}",
            f"{body}.",
            body,
            f".{signature}",
            "",
            "x",
            "x" * 5_000,
            f"{body}.{'A' * len(signature)}",
        )
    ]


def test_a_forged_session_is_refused(service: Service):
    _, cookie, _ = open_session(service)
    for forged in forgeries(cookie):
        answer = ask(service, "GET", "/v1/keys", Cookie=forged)
        assert error(answer) == (401, "invalid_session"), forged


def test_other_cookies_are_no_session(service: Service):
    for cookie in ("taxiway=x", "a=b; c=d", ";;;", "\x00"):
        answer = ask(service, "GET", "/v1/keys", Cookie=cookie)
        assert error(answer) == (401, "missing_api_key")


@pytest.mark.parametrize(
    "other", ['seen={"a":1}', "é=ü", "flag", "a@b=1", "expires=1", "=x", "a b=c", ""]
)
def test_odd_cookies_of_others_do_not_hide_a_session(service: Service, other: str):
    _, cookie, _ = open_session(service)
    for cookies in (f"{other}; {cookie}", f"{cookie}; {other}", f"{other};{cookie}"):
        assert ask(service, "GET", "/v1/keys", Cookie=cookies).status_code == 200


def test_a_session_does_not_open_the_next_one(service: Service):
    _, cookie, token = open_session(service)
    again = ask(
        service, "POST", "/v1/session", **{"Cookie": cookie, "X-CSRF-Token": token}
    )
    assert error(again) == (401, "missing_api_key")
    assert "Set-Cookie" not in again.headers


def test_a_session_tells_of_itself_and_is_closed(service: Service):
    key_id, cookie, token = open_session(service)
    told = ask(service, "GET", "/v1/session", Cookie=cookie).json_body["data"]
    assert (told["key_id"], told["csrf_token"]) == (key_id, token)
    closed = ask(
        service, "DELETE", "/v1/session", **{"Cookie": cookie, "X-CSRF-Token": token}
    )
    assert "Max-Age=0" in closed.headers["Set-Cookie"]


def test_a_session_reads_no_data(service: Service):
    _, cookie, _ = open_session(service)
    answer = service.call("GET", "/taxii2/api/", headers={"Cookie": cookie})
    assert error(answer) == (401, "missing_api_key")


def test_without_its_secret_no_session_opens_and_keys_still_work(service: Service):
    secret = service.key(admin=True)
    service.container.secrets.away = True
    opened = ask(service, "POST", "/v1/session", Authorization=f"Bearer {secret}")
    assert error(opened) == (503, "unavailable")
    listed = ask(service, "GET", "/v1/keys", Authorization=f"Bearer {secret}")
    assert listed.status_code == 200
