"""Findings in a person's words. What other rooms need of it, in one place; all of it pure functions."""

from reports.findings import finding_summary, finding_title
from reports.incident import incident_description
from reports.notes import note_sentence

__all__ = ["finding_summary", "finding_title", "incident_description", "note_sentence"]
