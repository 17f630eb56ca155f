"""What the control API says when it refuses: MSK's error codes with their HTTP statuses."""

from __future__ import annotations


class ApiError(Exception):
    """A refusal as the client gets it: status, code, sentence, and the member that was wrong."""

    def __init__(self, status: int, code: str, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.parameter = parameter


def bad_request(message: str, parameter: str | None = None) -> ApiError:
    """400: the request itself is wrong, or can't be had now."""
    return ApiError(400, "BadRequestException", message, parameter)


def not_found(message: str, parameter: str | None = None) -> ApiError:
    """404."""
    return ApiError(404, "NotFoundException", message, parameter)


def conflict(message: str, parameter: str | None = None) -> ApiError:
    """409: something with that name is there, or isn't ready."""
    return ApiError(409, "ConflictException", message, parameter)


def not_served(what: str) -> ApiError:
    """What MSK has and msklite hasn't: said in MSK's shape, and never half done."""
    return bad_request(f"{what} is not served by this version of msklite.")
