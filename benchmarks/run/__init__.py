"""A whole nightly run on a real Prometheus, beside what curl takes for the same samples."""
