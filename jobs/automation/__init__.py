"""Automation: which findings may be remedied by a script of the Control Plane, and what came of it."""
