"""Arrays in, answers out: pure functions over whole batches."""
