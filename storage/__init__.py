"""Postgres holds all state: tables, the functions that read and write them, and the server that we bring along."""
