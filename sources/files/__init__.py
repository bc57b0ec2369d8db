"""History in files as a source: OpenMetrics text, CSV and Parquet, asked in PromQL."""

from sources.files.promql.context import Dialect
from sources.files.source import FileSource

__all__ = ["Dialect", "FileSource"]
