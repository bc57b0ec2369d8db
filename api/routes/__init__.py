"""The paths of the read API, one file per thing."""
