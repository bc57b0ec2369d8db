"""A Control Plane to try things on: a real HTTP server that keeps the contract, with Postgres behind it.

Used by the demo and by the tests. It can be told to fail in all the ways that a real one does.
"""
