"""The other end of `zone/admin`: blocking calls to a running zone, over its socket or its port."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from msklite.errors import UserError
from msklite.zone.admin import MAX_BODY, NAME, NotRunning


class AdminClient:
    """Blocking calls to the zone in `directory`, for the command line and for scripts."""

    def __init__(self, directory: str, timeout_s: float = 10.0, name: str = NAME) -> None:
        self._directory = Path(directory)
        self._name = name
        self._timeout_s = timeout_s

    def get(self, path: str) -> Any:
        """`GET path`, as JSON."""
        return self.call("GET", path)

    def post(self, path: str, body: object = None) -> Any:
        """`POST path` with a JSON body, as JSON."""
        return self.call("POST", path, body)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One request; `NotRunning` when nobody listens, `UserError` with the zone's refusal."""
        where = self._where()
        headers = {"Authorization": f"Bearer {where['token']}"} if "token" in where else {}
        connection = self._connection(where)
        try:
            payload = None if body is None else json.dumps(body).encode()
            connection.request(method, path, payload, headers)
            response = connection.getresponse()
            data = json.loads(response.read(MAX_BODY * 16))
        except (ConnectionError, FileNotFoundError):
            raise NotRunning(f"Nothing is running in {self._directory}.") from None
        except TimeoutError:
            raise UserError(
                f"The process in {self._directory} doesn't answer within {self._timeout_s:g} s."
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UserError(f"The admin endpoint of {self._directory} failed: {error}.") from None
        finally:
            connection.close()
        if response.status != 200:
            raise UserError(str(data.get("error", response.reason)))
        return data

    def there(self) -> bool:
        """Whether a process takes calls, also one that is frozen; costs next to nothing."""
        try:
            connection = self._connection(self._where())
        except NotRunning:
            return False
        try:
            connection.connect()
        except (ConnectionError, FileNotFoundError):
            return False  # what was killed leaves a socket that refuses
        except OSError:
            return True  # too many have called already and wait: it is frozen
        finally:
            connection.close()
        return True

    def pid(self) -> int:
        """The process that left the signpost; `NotRunning` without one."""
        return int(self._where()["pid"])

    def _where(self) -> dict[str, Any]:
        try:
            found = json.loads((self._directory / f"{self._name}.json").read_bytes())
        except (OSError, ValueError):
            raise NotRunning(f"Nothing is running in {self._directory}.") from None
        if not isinstance(found, dict):
            raise NotRunning(f"Nothing is running in {self._directory}.")
        return found

    def _connection(self, where: dict[str, Any]) -> http.client.HTTPConnection:
        if "socket" in where:
            return _UnixConnection(str(self._directory / where["socket"]), self._timeout_s)
        return http.client.HTTPConnection("127.0.0.1", int(where["port"]), timeout=self._timeout_s)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
