"""A vectorised evaluator of a documented part of PromQL over samples in memory."""
