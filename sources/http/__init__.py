"""How sources speak HTTP: one client, one place where its errors become ours, retries and time limits."""
