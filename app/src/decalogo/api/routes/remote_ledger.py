"""The ledger for workers of joined hosts: the changes of their own attempts, and nothing else.

A joined host has no rights on the ledger in Redis. It claims through this gateway, so the first host knows which
document it gave to which host: the owner of an attempt begins with the id of the host, and only the API can write that.
Files (``remote_workers.py``) are served for such attempts only. The client is ``worker/remote_ledger.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from decalogo.access.hosts import Host
from decalogo.api.dependencies import ServicesDep
from decalogo.api.routes.remote_workers import HostDep, check_claim, owner_of, written
from decalogo.api.services import Services
from decalogo.batches.claims import Claim
from decalogo.batches.queues import QUEUES
from decalogo.batches.states import DocumentState, Options
from decalogo.errors import BodyError, NotFoundError
from decalogo.storage.remote import ROOT

router = APIRouter(prefix=f"{ROOT}/ledger", include_in_schema=False)


class Call(BaseModel):
    """Arguments of a call; each method uses some of them, as the method of the ledger with the same name does."""

    model_config = ConfigDict(extra="forbid")

    owner: str = Field("", max_length=100)
    owners: list[str] = Field([], max_length=1000)
    document_id: str = Field("doc_" + "0" * 26, pattern=r"^doc_[0-9a-z]{26}(\.[0-9]+\.[0-9]+)?$")
    attempt: int = 0
    queues: list[str] = []
    worker: str = ""
    workers: list[str] = []
    progress: dict[str, dict[str, Any]] = {}
    large_processes: int = 0
    state: DocumentState = DocumentState.FAILED
    result_key: str = ""
    pages_key: str = ""
    problem: dict[str, Any] | None = None
    kind: Literal["lost", "returned"] = "lost"
    reason: str = Field("", max_length=1000)
    facts: dict[str, Any] = {}
    parts: list[str] = Field([], max_length=10_000)
    heavy: bool = False


@router.post("/{method}")
def call(method: str, host: HostDep, services: ServicesDep, body: Call) -> dict[str, Any]:
    """Run a method of the ledger for the calling host; ``result`` is what it returns."""
    run = _METHODS.get(method)
    if run is None:
        raise NotFoundError("The ledger has no such method for joined hosts.")
    return {"result": run(host, services, body)}


def _claim(host: Host, services: Services, body: Call) -> Any:
    if not body.owner or not set(body.queues) <= set(QUEUES):
        raise BodyError("A claim needs an owner and known queues.")
    claim = services.ledger.claim(owner_of(host, body.owner), body.queues)
    return claim and {**asdict(claim), "options": claim.options.to_json()}


def _owned(host: Host, services: Services, body: Call) -> Any:
    prefix = owner_of(host, "")
    return [name.removeprefix(prefix) for name in services.ledger.owning(owner_of(host, name) for name in body.owners)]


def _renew(host: Host, services: Services, body: Call) -> Any:
    known = {owner_of(host, owner): facts for owner, facts in body.progress.items()}
    owners = [owner_of(host, owner) for owner in body.owners]
    without = services.ledger.renew(_worker(host, body.worker), owners, known, large_processes=body.large_processes)
    return [owner.removeprefix(owner_of(host, "")) for owner in without]


def _finish(host: Host, services: Services, body: Call) -> bool:
    kinds = {key.partition("/")[0]: key for key in written(body.document_id, body.attempt)}
    if body.result_key not in ("", kinds["results"]) or body.pages_key not in ("", kinds["pages"]):
        raise BodyError("An attempt can finish only with its own files.")
    if not services.claims.holds(body.document_id, body.attempt, owner_of(host, body.owner)):
        # The reply to an earlier call may have been lost; its result stands then.
        known = services.ledger.document(body.document_id)
        return known is not None and bool(body.result_key) and known.result_key == body.result_key
    return services.ledger.finish(
        _held(body), body.state, result_key=body.result_key, pages_key=body.pages_key, problem=body.problem
    )


def _split(host: Host, services: Services, body: Call) -> Any:
    check_claim(services, host, body.document_id, body.attempt, body.owner, "write")
    return services.ledger.split(_held(body), body.parts, heavy=body.heavy)


def _finish_part(host: Host, services: Services, body: Call) -> Any:
    if not services.claims.holds(body.document_id, body.attempt, owner_of(host, body.owner)):
        return False, ""
    return services.ledger.finish_part(_held(body))


def _held(body: Call) -> Claim:
    return Claim(body.document_id, "", body.attempt, Options())


def _worker(host: Host, name: str) -> str:
    """Return the name of a worker; raise :class:`BodyError` for one of another host."""
    if name.rpartition("@")[2] != host.name:
        raise BodyError(f"{name!r} is no worker of the host {host.name}.")
    return name


_METHODS: Final[Mapping[str, Callable[[Host, Services, Call], Any]]] = {
    "claim": _claim,
    "owned_by": lambda host, services, body: services.ledger.owned_by(owner_of(host, body.owner)),
    "owning": _owned,
    "renew": _renew,
    "finish": _finish,
    "release": lambda host, services, body: services.ledger.release(
        body.document_id, owner_of(host, body.owner), body.kind, body.reason, body.facts
    ),
    "refuse": lambda host, services, body: services.ledger.refuse(
        body.document_id, owner_of(host, body.owner), body.problem or {}
    ),
    "split": _split,
    "finish_part": _finish_part,
    "remove_workers": lambda host, services, body: services.ledger.remove_workers(
        [_worker(host, name) for name in body.workers]
    ),
}
