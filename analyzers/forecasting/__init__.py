"""What will the values be? Quantiles of the future of thousands of series at once."""

from analyzers.forecasting.batch import forecast_batch
from analyzers.forecasting.parameters import ForecastBatch, ForecastParameters

__all__ = ["ForecastBatch", "ForecastParameters", "forecast_batch"]
