"""A few reports of canvassing, at different stages of their examination."""

from __future__ import annotations

from datetime import date

from accounts.models import User
from accounts.services import console
from assessment.canvassing import services
from assessment.canvassing.secrets import case_key
from assessment.models import CanvassingReport, CanvassingState
from config.demo.departments import DemoDepartment
from departments.models import Department


def create(departments: list[DemoDepartment], year: int, seed: int) -> None:
    """Three reports: one just received, one under examination, one founded, with a veto, by two persons."""
    staff = User.objects.get(username="gongwei")
    economy = [row.code for row in departments if row.group == "economy"]
    stories = (
        (economy[0], "有人在微信群里发消息，请群里被抽中的评议人“多打满意”，并说事后有纪念品。", ""),
        (
            None,
            "电话自称机关工作人员，询问我是否收到评议码，希望在评议时给予关照。没有说明是哪个单位。",
            "13000000000（示范）",
        ),
        (economy[1], "该单位办公室邀请多名评议人座谈并赠送购物卡，要求填写满意。附有邀请短信的内容。", ""),
    )
    made = []
    for at, (code, what, contact) in enumerate(stories):
        token = f"demo:{seed}:{year}:{at}".encode()
        services.receive_report(
            token=token,
            year=year,
            department=Department.objects.get(code=code) if code else None,
            what=what,
            happened_on=date(year, 11, 10 + at),
            contact=contact,
        )
        made.append(CanvassingReport.objects.get(number=case_key(token).number))
    services.take_up(actor=staff, report=made[1])
    services.take_up(actor=console(), report=made[2])
    decision = services.Decision(
        CanvassingState.FOUNDED,
        "经核实，座谈会和购物卡均属实，由单位办公室组织。",
        "向评议人拉票并赠送购物卡",
        "经查证属实，已按规定对该单位实行一票否决。感谢您的监督。",
    )
    services.propose(actor=console(), report=made[2], decision=decision)
    services.confirm(actor=staff, report=made[2])
