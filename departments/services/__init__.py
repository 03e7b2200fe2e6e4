"""Every change of departments, their groups and sectors, their years and their lineage."""

from departments.services.classes import delete_group, delete_sector, save_group, save_sector
from departments.services.departments import (
    create_department,
    deactivate_department,
    reactivate_department,
    update_department,
    years_given_up,
)
from departments.services.lineage import add_lineage, remove_lineage
from departments.services.years import copy_year, set_year

__all__ = [
    "add_lineage",
    "copy_year",
    "create_department",
    "deactivate_department",
    "delete_group",
    "delete_sector",
    "reactivate_department",
    "remove_lineage",
    "save_group",
    "save_sector",
    "set_year",
    "update_department",
    "years_given_up",
]
