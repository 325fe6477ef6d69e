"""Evaluation: rubric, evaluator, and limits on pages and OCR."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class EvaluationSettings(BaseModel):
    """Evaluation of documents."""

    rubric: str = Field("decalogo", description="Rubric of a batch that names none.")
    evaluator: str = Field("decalogo", description="Evaluator: name of an entry point in group `decalogo.evaluators`.")
    max_pages: int = Field(5000, ge=1, description="Maximum number of pages of a document.")
    ocr: Literal["auto", "never"] = Field("auto", description="Whether pages without a text layer go through OCR.")
    ocr_max_pages: int = Field(20, ge=0, description="Maximum number of OCR pages per document.")
    ocr_dpi: int = Field(200, ge=72, le=600, description="Resolution of a page image for OCR, dots per inch.")
    ocr_page_seconds: float = Field(60.0, gt=0, description="Time limit of OCR per page, seconds.")
    ocr_document_seconds: float = Field(600.0, gt=0, description="Time limit of OCR per document, seconds.")
    ocr_part_pages: int = Field(
        5,
        ge=0,
        description="Number of OCR pages per part; a document with more is split among processes; 0 disables.",
    )
    page_cpu_seconds: float = Field(
        20.0,
        ge=0,
        description="CPU time limit per page, seconds; the worker process ends and the document fails; 0 disables.",
    )
    cpu_seconds: float = Field(
        35.0,
        ge=0,
        description="CPU time limit per document, text recognition included, seconds, to which its size adds; "
        "0 disables.",
    )
    cpu_seconds_per_mib: float = Field(
        20.0, ge=0, description="CPU time that each MiB of a document adds to its limit, seconds."
    )
    split_pages: int = Field(
        1000, ge=0, description="Number of pages above which a PDF is split among processes; 0 disables."
    )
    part_pages: int = Field(250, ge=1, description="Number of pages per part of a split PDF.")


class SyntheticSettings(BaseModel):
    """Cost of a document for the evaluator `synthetic`, which serves load tests and reads no document."""

    cpu_seconds: float = Field(0.1, ge=0, description="CPU time per document, seconds.")
    wait_seconds: float = Field(0.0, ge=0, description="Waiting time per document, seconds.")
    memory_mib: int = Field(32, ge=0, description="Memory per running document, MiB.")
