"""Postgres: tables, queries, outbox, claims; the embedded server."""
