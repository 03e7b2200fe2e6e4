"""Making reports. One function a verb."""

from .reports import make_workbook, runs_to_report

__all__ = ["make_workbook", "runs_to_report"]
