"""Batches and documents: the ledger in Redis that decides what is true."""
