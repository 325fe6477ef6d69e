"""Telling submitters that a batch has finished, in the form of Standard Webhooks (standardwebhooks.com)."""
