"""How the commands of operators say that they could not do it: in one line, as `decalogo submit` and its like do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from decalogo.errors import DecalogoError

REFUSED, USAGE = 1, 2


@contextmanager
def errors_reported() -> Iterator[None]:
    """Turn what a command raises into one line on standard error and its exit status; also a decorator of commands.

    2 for wrong use (``typer.BadParameter``); 1 when it was refused, Redis is away, or a file cannot be used.
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
        raise  # whoever reads our output has had enough, and typer ends quietly
    except OSError as error:
        _stop(str(error), error)


def _stop(message: str, error: Exception, status: int = REFUSED) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(status) from error
