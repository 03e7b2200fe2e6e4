"""The 84 departments of the demo city: real kinds of names, their group, sector and business.

The business words let generated opinions talk about what the department does. No real department is meant: the city is
fictional and says so on every page.
"""

from __future__ import annotations

from dataclasses import dataclass

CITY = "示范市"

SECTORS: tuple[tuple[str, str], ...] = (
    ("party", "党群片"),
    ("general", "综合片"),
    ("industry", "工交片"),
    ("construction", "城建片"),
    ("culture", "科教文卫片"),
    ("law", "政法片"),
)


@dataclass(frozen=True)
class DemoDepartment:
    """One department: code, names, group and sector codes, and the words of its business."""

    code: str
    full_name: str
    short_name: str
    group: str
    sector: str
    business: tuple[str, ...]


# group | sector | full name without the city | short name | business
_LIST = """
party|party|纪委监察局|纪委监察局|信访举报受理,效能投诉处理,政风行风督查
party|party|市委办公室|市委办|公文流转,会议组织,督查督办
party|general|人民政府办公室|市府办|政务公开,建议提案办理,热线转办
party|party|市委组织部|组织部|干部考察公示,党员服务,人才引进
party|party|市委宣传部|宣传部|文明创建,新闻发布,理论宣讲
party|party|市委统战部|统战部|民主党派联络,侨务服务,民族宗教协调
party|law|市委政法委员会|政法委|综合治理,矛盾调处,平安创建
party|party|市委研究室|研究室|调查研究,决策咨询,课题征集
party|party|市级机关工作委员会|机关工委|机关作风建设,党员教育,评议组织
party|party|市委老干部局|老干部局|离退休待遇落实,老年活动场所,走访慰问
party|general|机构编制委员会办公室|编办|机构设置审核,编制管理,事业单位登记
party|party|总工会|总工会|困难职工帮扶,工资集体协商,职工维权
party|party|共青团委员会|团市委|青年就业见习,志愿者招募,青少年维权
party|party|妇女联合会|妇联|妇女维权,家庭纠纷调解,巾帼创业
party|party|工商业联合会|工商联|民营企业服务,商会建设,银企对接
party|culture|科学技术协会|科协|科普活动,院士工作站,学术交流
party|party|残疾人联合会|残联|残疾证办理,无障碍设施,康复救助
party|party|归国华侨联合会|侨联|侨眷服务,侨资企业联络,侨法宣传
party|culture|文学艺术界联合会|文联|文艺下基层,民间艺术保护,展览演出
party|party|市委党校|党校|干部培训,理论教学,送教上门
economy|general|发展和改革委员会|发改委|项目审批,项目备案,价格调控
economy|industry|经济委员会|经委|技术改造项目,节能降耗,企业帮扶
economy|general|财政局|财政局|财政拨付,政府采购,会计证管理
economy|general|审计局|审计局|经济责任审计,专项资金审计,审计公告
economy|general|统计局|统计局|统计报表,数据查询,经济普查
economy|industry|对外贸易经济合作局|外经贸局|外资审批,出口退税协调,境外投资备案
economy|industry|贸易局|贸易局|商业网点规划,成品油管理,酒类流通
economy|general|人民政府国有资产监督管理委员会|国资委|产权交易,国企改制,改制职工安置
economy|culture|科学技术局|科技局|科技项目申报,专利资助,高新企业认定
economy|general|旅游局|旅游局|景区管理,旅行社监管,旅游投诉处理
economy|construction|农林局|农林局|惠农补贴,动物防疫,林木采伐许可
economy|construction|水利局|水利局|防汛排涝,河道整治,取水许可
economy|general|粮食局|粮食局|粮食收购,粮油供应,储备粮管理
economy|general|人民政府金融工作办公室|金融办|小额贷款,中小企业担保,上市辅导
economy|general|投资促进委员会|投促委|招商引资,外商投诉协调,项目跟踪服务
economy|general|人民政府法制办公室|法制办|行政复议,规范性文件审查,执法证管理
economy|industry|开发区管理委员会|开发区管委会|企业落户,园区配套,一站式服务
economy|industry|信息产业局|信息产业局|软件企业认定,电子政务,无线电管理
enforcement|law|公安局|公安局|户籍办理,出入境证件,治安巡逻,交通违章处理
enforcement|law|司法局|司法局|法律援助,公证办理,律师管理
enforcement|law|中级人民法院|中级法院|立案,判决执行,庭审公开
enforcement|law|人民检察院|检察院|控告申诉接待,检务公开,职务犯罪预防
enforcement|law|国家安全局|国家安全局|涉外项目审批,安全宣传,保密检查
enforcement|construction|城市管理局|城管局|流动摊点管理,渣土运输,户外广告审批
enforcement|construction|环境保护局|环保局|噪声投诉处理,排污许可,油烟整治
enforcement|industry|安全生产监督管理局|安监局|安全生产许可,隐患排查,烟花爆竹管理
enforcement|industry|交通局|交通局|出租车管理,道路运输证,公路养护
enforcement|construction|规划局|规划局|规划许可,小区规划公示,违法建设认定
enforcement|construction|国土资源局|国土局|土地证办理,征地补偿,矿产管理
enforcement|construction|建设委员会|建委|施工许可,工程招投标,道路开挖
enforcement|construction|房产管理局|房产局|房产证办理,拆迁安置,物业管理
enforcement|culture|文化局|文化局|网吧管理,演出审批,文化市场检查
enforcement|culture|新闻出版局|新闻出版局|出版物审批,打击盗版,印刷许可
enforcement|general|物价局|物价局|收费许可,价格投诉,明码标价检查
enforcement|construction|人民防空办公室|人防办|人防工程审批,防空警报,地下空间使用
enforcement|construction|市政公用局|市政公用局|道路积水,路灯维护,燃气管理
service|culture|教育局|教育局|择校收费,入学安排,教师招聘
service|culture|卫生局|卫生局|预约挂号,医德医风,社区卫生服务
service|culture|体育局|体育局|健身设施,场馆开放,体育市场管理
service|culture|人口和计划生育委员会|计生委|准生证办理,流动人口服务,优生指导
service|general|民政局|民政局|低保审核,婚姻登记,优抚安置
service|general|人事局|人事局|职称评审,公务员招考,军转安置
service|general|劳动和社会保障局|劳动保障局|社保缴费,医保报销,劳动仲裁
service|construction|园林局|园林局|公园管理,小区绿化,古树保护
service|culture|广播电视局|广电局|有线电视收费,信号质量,节目内容
service|culture|民族宗教事务局|民宗局|清真食品管理,宗教场所登记,民族成份变更
service|general|信访局|信访局|来信答复,接访安排,积案化解
service|party|档案局|档案局|档案查阅,家谱查询,档案移交
service|general|住房公积金管理中心|公积金中心|公积金提取,贷款审批,缴存查询
service|general|行政服务中心|行政服务中心|窗口服务,并联审批,一次性告知
service|construction|地震局|地震局|抗震设防审批,地震科普,应急演练
service|culture|药品监督管理局|药监局|药店监管,药品抽检,医疗器械许可
service|general|供销合作总社|供销社|农资供应,再生资源回收,农产品流通
service|general|接待办公室|接待办|公务接待,会务保障,节约管理
service|general|机关事务管理局|机关事务局|办公用房,公车管理,后勤服务
vertical|industry|国家税务局|国税局|发票领购,纳税申报,出口退税
vertical|industry|地方税务局|地税局|税收优惠,办税服务厅排队,个人所得税
vertical|industry|工商行政管理局|工商局|营业执照办理,年检,消费投诉
vertical|industry|质量技术监督局|质监局|特种设备检验,计量检定,产品抽检
vertical|industry|海关|海关|通关速度,加工贸易备案,查验
vertical|industry|出入境检验检疫局|检验检疫局|原产地证,商品检验,检疫处理
vertical|industry|供电公司|供电公司|停电通知,电费收缴,报装接电
vertical|construction|自来水总公司|自来水公司|水压不足,水费抄表,管道抢修
vertical|industry|邮政局|邮政局|信件投递,报刊订阅,邮政储蓄
"""


def all_departments() -> list[DemoDepartment]:
    """The 84 departments in the order of their codes."""
    departments = []
    for number, line in enumerate(_LIST.strip().splitlines(), start=1):
        group, sector, name, short, business = line.split("|")
        full = CITY + name.removeprefix("市") if name.startswith("市委") else CITY + name
        departments.append(DemoDepartment(f"D{number:02d}", full, short, group, sector, tuple(business.split(","))))
    return departments


def departments_at(scale: float) -> list[DemoDepartment]:
    """A share of the departments that keeps every group, at least three each, and at most all 84.

    Below full size each group keeps its first departments; the list of real kinds of names is not stretched above it.
    """
    everyone = all_departments()
    if scale >= 1:
        return everyone
    chosen: list[DemoDepartment] = []
    for group in dict.fromkeys(department.group for department in everyone):
        members = [department for department in everyone if department.group == group]
        chosen += members[: max(3, min(len(members), round(len(members) * scale)))]
    return chosen
