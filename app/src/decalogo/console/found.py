"""Batches and documents of the visitor; those of other tenants do not exist for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path

from decalogo.access.tokens import Scope
from decalogo.api.dependencies import ServicesDep, find_batch, find_document
from decalogo.batches.states import Batch, Document
from decalogo.console.security import ChangingDep, VisitorDep, needs


def _batch(services: ServicesDep, session: VisitorDep, job_id: Annotated[str, Path()]) -> Batch:
    needs(session, Scope.READ)
    return find_batch(services, session.token, job_id)


def _document(services: ServicesDep, session: VisitorDep, document_id: Annotated[str, Path()]) -> Document:
    needs(session, Scope.READ)
    return find_document(services, session.token, document_id)


def _batch_to_change(services: ServicesDep, session: ChangingDep, job_id: Annotated[str, Path()]) -> Batch:
    needs(session, Scope.SUBMIT)
    return find_batch(services, session.token, job_id)


def _document_to_change(services: ServicesDep, session: ChangingDep, document_id: Annotated[str, Path()]) -> Document:
    needs(session, Scope.SUBMIT)
    return find_document(services, session.token, document_id)


BatchDep = Annotated[Batch, Depends(_batch)]
DocumentDep = Annotated[Document, Depends(_document)]
BatchToChangeDep = Annotated[Batch, Depends(_batch_to_change)]
DocumentToChangeDep = Annotated[Document, Depends(_document_to_change)]
