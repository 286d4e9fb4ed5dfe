"""How files are asked for over a network, and what goes wrong then."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from napari_dacapo.errors import DataError, MissingDependencyError

from ._containers import TransferError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

    from .locations import Url

#: seconds until a connection stands, and between two pieces of an answer
CONNECT_SECONDS, READ_SECONDS = 10, 30
#: how often a file is asked for again when a connection breaks
RETRIES = 2
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_MISSING = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_HERE = ("localhost", "127.0.0.1", "::1")


def options_of(url: Url, *, signed: bool = False) -> dict[str, Any]:
    """Return the options of fsspec for `url`: time limits, a login only if `signed`.

    Other settings, such as the address of an own S3 server, are those of fsspec and of
    the programs of the cloud (``AWS_ENDPOINT_URL``).
    """
    if url.scheme in ("http", "https"):
        import aiohttp

        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS
        )
        # the proxies of the environment, which stand before the world outside
        is_outside = urlsplit(str(url)).hostname not in _HERE
        return {"client_kwargs": {"timeout": timeout, "trust_env": is_outside}}
    if url.scheme in ("s3", "s3a"):
        limits = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            "retries": {"max_attempts": RETRIES},
        }
        return {
            "anon": not signed,
            "config_kwargs": limits,
            "use_listings_cache": False,
        }
    return {}


def has_credentials(url: Url) -> bool:
    """Whether this machine has a login for `url`, beyond the anonymous one."""
    if url.scheme not in ("s3", "s3a"):
        return False
    from botocore.session import get_session

    return get_session().get_credentials() is not None


def filesystem(url: Url, *, signed: bool = False) -> AbstractFileSystem:
    """Return what reads files below `url`.

    Raises
    ------
    DataError
        If addresses of this kind are unknown.
    MissingDependencyError
        If a package is missing that reads them.
    """
    from fsspec.core import url_to_fs

    try:
        return url_to_fs(str(url), **options_of(url, signed=signed))[0]
    except ImportError as error:
        raise MissingDependencyError(f"{url} needs another package: {error}") from error
    except ValueError as error:
        raise DataError(
            f"{url} cannot be opened ({error}); addresses begin with https:// or s3://"
        ) from error


def transfer_errors() -> tuple[type[Exception], ...]:
    """Return the errors that file systems raise for what a network does."""
    import aiohttp

    # botocore comes with the file system of S3, and what it raises only then
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        return OSError, ValueError, aiohttp.ClientError
    return OSError, ValueError, aiohttp.ClientError, BotoCoreError, ClientError


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status that `error` carries, if any."""
    status = getattr(error, "status", None)
    return status if isinstance(status, int) else None


def is_refused(error: BaseException) -> bool:
    """Whether a server did not allow to read."""
    return isinstance(error, PermissionError) or status_of(error) in _REFUSED


def is_missing(error: BaseException) -> bool:
    """Whether a server said that there is no such file."""
    missing = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
    return isinstance(error, missing) or status_of(error) in _MISSING


def is_passing(error: BaseException) -> bool:
    """Whether asking again may help: broken connections and busy servers."""
    status = status_of(error)
    if status is not None:
        return status in (408, 429) or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    permanent = is_refused(error) or is_missing(error)
    return isinstance(error, OSError) and not permanent


def reason_of(error: BaseException) -> str:
    """Return what went wrong, in a few words."""
    status = status_of(error)
    if status is not None:
        return f"status {status}, {getattr(error, 'message', '') or 'no reason given'}"
    if isinstance(error, TimeoutError):
        return f"no answer within {READ_SECONDS} s"
    return " ".join(str(error).split()) or type(error).__name__


def transfer_error(address: str, error: BaseException) -> TransferError:
    """Return the complaint about a file that could not be had."""
    if is_refused(error):
        remedy = "check the address, or log in to the service on this machine first"
        return TransferError(f"{address} may not be read: {reason_of(error)}; {remedy}")
    return TransferError(
        f"{address} cannot be read: {reason_of(error)}; check the address and the "
        "connection, then try again"
    )


def key_value_store(url: Url) -> dict[str, Any]:
    """Return the specification of tensorstore of the folder `url`.

    Raises
    ------
    DataError
        If tensorstore does not know addresses of this kind.
    """
    if url.scheme in ("http", "https"):
        return {"driver": "http", "base_url": f"{url}/"}
    bucket, _, path = url.rest.partition("/")
    place = {"bucket": bucket, "path": f"{path}/"}
    if url.scheme in ("s3", "s3a"):
        return {"driver": "s3", **place, "aws_credentials": {"type": "anonymous"}}
    if url.scheme in ("gs", "gcs"):
        return {"driver": "gcs", **place}
    raise DataError(
        f"{url}: N5 arrays can be read over http, https, s3 and gs only; copy the "
        "container to this machine"
    )
