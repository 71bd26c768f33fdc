"""A connection to a running dask scheduler, for work that is shared by several machines."""

import asyncio
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ecgutils.errors import EcgError

if TYPE_CHECKING:
    from distributed import Client

CONNECTION_LOST = (
    "the connection to the dask scheduler is lost; run this again, what is done is kept"
)
SILENT = logging.CRITICAL + 1
_CONNECT_SECONDS = 10
# Those to which dask itself gives levels; they pass them on to the loggers below them.
_TALKATIVE = ("distributed", "distributed.client", "tornado.application", "asyncio")


@contextmanager
def quiet_dask() -> Iterator[None]:
    """Keep dask's log, which tells of every worker that comes and goes, off the terminal."""
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise EcgError(
            "other processes and clusters need a package that is not installed: "
            "pip install 'ecgutils[cluster]'"
        ) from error
    levels = {logger: logger.level for logger in map(logging.getLogger, _TALKATIVE)}
    for logger in levels:
        logger.setLevel(SILENT)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


@contextmanager
def running_cluster(address: str) -> Iterator["Client"]:
    """Connect to a scheduler that somebody else has started."""
    from distributed import Client

    try:
        # A `Client` that cannot connect is not always able to close, so this comes first.
        asyncio.run(_knock(address))
        with warnings.catch_warnings():
            # Of versions that differ between machines; where it matters, a job fails and says so.
            warnings.simplefilter("ignore")
            client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except Exception as error:
        raise EcgError(
            f"{address}: no dask scheduler answers there ({str(error) or type(error).__name__})"
        ) from error
    with client:
        yield client


async def _knock(address: str) -> None:
    """Open a connection to a scheduler and close it again."""
    from distributed.comm import connect
    from distributed.security import Security

    credentials = Security().get_connection_args("client")
    # The time limit of `connect` ends when somebody, maybe not a scheduler, takes the call.
    async with asyncio.timeout(_CONNECT_SECONDS + 1):
        comm = await connect(address, timeout=_CONNECT_SECONDS, **credentials)
    await comm.close()
