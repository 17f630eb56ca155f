"""Who is answered over HTTP: a page that a browser has open elsewhere changes nothing."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest

from tests.control.service import Serve

BODY = {
    "clusterName": "stolen", "kafkaVersion": "4.2.0", "numberOfBrokerNodes": 2,
    "brokerNodeGroupInfo": {"instanceType": "kafka.m5.large", "clientSubnets": ["a", "b"]},
}  # fmt: skip


def ask(
    service: Serve, method: str, path: str, headers: dict[str, str], body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    """One request with exactly these headers."""
    at = urlsplit(service.url)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=60)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def own_host(service: Serve) -> str:
    return urlsplit(service.url).netloc


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:4600"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost@evil.example"},
        {"Host": ""},
        {"Host": "{own}", "Origin": "https://evil.example"},
        {"Host": "{own}", "Origin": "null"},
        {"Host": "{own}", "Origin": "http://127.0.0.1.evil.example"},
        {"Host": "{own}", "Origin": "http://localhost@evil.example"},
        {"Host": "{own}", "Sec-Fetch-Site": "cross-site"},
        {"Host": "{own}", "Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_pages_from_elsewhere_are_refused(shared: Serve, headers: dict[str, str]) -> None:
    sent = {k: v.replace("{own}", own_host(shared)) for k, v in headers.items()}
    # As a form's page can send it without asking first: text/plain.
    sent["Content-Type"] = "text/plain"
    for method, path in (("GET", "/v1/clusters"), ("GET", "/"), ("POST", "/v1/clusters"),
                         ("DELETE", "/v1/clusters/x")):  # fmt: skip
        body = json.dumps(BODY).encode() if method == "POST" else None
        status, told, said = ask(shared, method, path, sent, body)
        assert (status, told["x-amzn-errortype"]) == (403, "ForbiddenException"), said
        assert json.loads(said).keys() == {"message"}
        assert "access-control-allow-origin" not in told
    assert not (shared.home / "clusters" / "stolen").exists()


def test_a_browser_that_asks_first_gets_no_permission(shared: Serve) -> None:
    asked = {
        "Host": own_host(shared), "Origin": "https://evil.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }  # fmt: skip
    status, told, _ = ask(shared, "OPTIONS", "/v1/clusters", asked)
    assert status == 403
    assert not [name for name in told if name.startswith("access-control")]


def test_who_is_here_is_answered(shared: Serve) -> None:
    own = own_host(shared)
    port = own.rsplit(":", 1)[1]
    for headers in (
        {"Host": own},
        {"Host": f"localhost:{port}"},
        {"Host": "LOCALHOST."},
        {"Host": own, "Origin": f"http://{own}", "Sec-Fetch-Site": "same-origin"},
        {"Host": own, "Sec-Fetch-Site": "none"},
    ):
        assert ask(shared, "GET", "/v1/clusters", headers)[0] == 200, headers


def test_bodies_that_are_too_large_or_too_deep(shared: Serve) -> None:
    headers = {"Host": own_host(shared), "Content-Type": "application/json"}
    large = b'{"clusterName": "' + b"x" * 1024 * 1024 + b'"}'
    assert ask(shared, "POST", "/v1/clusters", headers, large)[0] == 413
    deep = b'{"tags":' + b"[" * 5000 + b"]" * 5000 + b"}"
    assert ask(shared, "POST", "/v1/clusters", headers, deep)[0] == 400
    for path in ("/v1/clusters/..%2f..%2f..%2fetc", "/v1/clusters/%00", "/v1/clusters/%ff",
                 "/../../etc/passwd"):  # fmt: skip
        status, told, _ = ask(shared, "GET", path, headers)
        assert status in (400, 404) and told["x-amzn-errortype"].endswith("Exception"), path
    assert ask(shared, "GET", "/v1/clusters", headers)[0] == 200
