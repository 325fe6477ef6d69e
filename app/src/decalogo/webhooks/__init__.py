"""Webhooks that report finished batches, in the format of Standard Webhooks (standardwebhooks.com)."""
