"""Report the errors of operators' commands in one line, as `decalogo submit` does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from decalogo.errors import DecalogoError

FAILED, USAGE = 1, 2


@contextmanager
def errors_reported() -> Iterator[None]:
    """Turn an error into one line on standard error and an exit status; also a decorator of commands.

    The status is 2 for wrong usage (``typer.BadParameter``), and 1 for our own errors, Redis errors and file errors.
    """
    from redis.exceptions import RedisError

    try:
        yield
    except typer.BadParameter as error:
        _stop(error.message, error, USAGE)
    except DecalogoError as error:
        _stop(error.detail, error)
    except RedisError as error:
        _stop(f"Redis: {error}", error)
    except BrokenPipeError:
        raise  # the reader of our output has closed it; typer exits quietly
    except OSError as error:
        _stop(str(error), error)


def _stop(message: str, error: Exception, status: int = FAILED) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(status) from error
