"""The two lists of import.md, as the apps declare them."""

from foundation.tables import Column, TableSchema

EVALUATORS = TableSchema(
    name="evaluators",
    columns=(
        Column("code", "编号", "code", kind="code", required=True, max_length=40),
        Column("name", "姓名", "name", kind="name", required=True, max_length=50),
        Column("stratum", "层面", "stratum", kind="choice", required=True),
        Column("unit_code", "单位编号", "unit_code", kind="code", max_length=40),
        Column("unit_name", "单位名称", "unit_name", max_length=200),
        Column("district", "区县", "district", max_length=100),
        Column("industry", "行业", "industry", max_length=100),
        Column("phone", "手机", "phone", kind="phone"),
        Column("email", "邮箱", "email", kind="email", max_length=254),
        Column("weight_class", "权重类别", "weight_class", max_length=40),
        Column("status", "状态", "status", kind="choice"),
        Column("department_code", "工作部门编号", "department_code", kind="code", max_length=40),
        Column("proposed_by", "推荐单位", "proposed_by", max_length=200),
    ),
    header_key=("code", "name"),
    unique=(("code",), ("name", "phone")),
    consistent=(("unit_code", "unit_name"),),
)

DEPARTMENTS = TableSchema(
    name="departments",
    columns=(
        Column("code", "编号", "code", kind="code", required=True, max_length=40),
        Column("name", "全称", "name", kind="name", required=True, max_length=100),
        Column("short_name", "简称", "short_name", kind="name", max_length=40),
        Column("group", "组别", "group", kind="choice", required=True),
        Column("sector", "片", "sector", max_length=60),
        Column("status", "状态", "status", kind="choice"),
    ),
    header_key=("code", "name"),
    unique=(("code",),),
)

HEADER = [column.chinese for column in EVALUATORS.columns]
ENGLISH = [column.english for column in EVALUATORS.columns]


def person(code: str = "E1", **values: object) -> list[object]:
    """A row of the evaluators' list, in the order of ``HEADER``; complete and right unless told otherwise."""
    row: dict[str, object] = {"code": code, "name": f"张{code}", "stratum": "市领导", **values}
    return [row.get(column.field) for column in EVALUATORS.columns]
