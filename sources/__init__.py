"""What comes in: Prometheus, VictoriaMetrics, files; paging, retries, decoding."""
