//! Titles of the columns, as the systems of the trade write them. The first title of a field is the surest; a title
//! may stand under two fields, then the surer one takes it and the other gets it only if that is taken already.

use kernel::vocab::{Entity, Source};

use super::Field::{self, *};
use super::Form;

type Titles = (Field, &'static [&'static str]);

const CUSTOMER_FIELDS: &[Titles] = &[
    (Seq, &["序号", "编号", "顺序号"]),
    (Page, &["页码", "页号", "页"]),
    (LineNo, &["行", "行号", "行次"]),
    (Store, &["门店编码", "门店代码", "门店", "所属门店", "经销商代码", "店代码"]),
    (ChangedOn, &["修改日期", "修改时间", "更新日期", "更新时间", "最后更新时间", "最后修改时间", "CHANGED"]),
    (CustomerNo, &["客户编号", "客户号", "客户代码", "档案号", "用户ID", "客户ID", "车主编号", "会员编号", "代码", "CUSTOMERNO"]),
    (Name, &["姓名", "客户姓名", "客户名称", "车主姓名", "用户姓名", "名称", "车主", "客户", "备注名", "客户备注", "单位名称", "NAME"]),
    (Contact, &["联系人", "联系人姓名"]),
    (Nature, &["客户性质", "客户类型", "客户类别", "车主性质", "用户类型", "客户分类", "分类", "公私", "TYPE"]),
    (Gender, &["性别", "称谓性别", "称谓", "GENDER"]),
    (IdKind, &["证件类型", "证件类别", "证件种类"]),
    (
        IdNo,
        &[
            "证件号码", "证件号", "身份证号", "身份证号码", "身份证", "身份证号/税号", "税务登记号", "税号", "统一社会信用代码",
            "组织机构代码", "ID",
        ],
    ),
    (Birthday, &["生日", "出生日期", "车主生日", "出生年月", "BIRTHDAY"]),
    (
        Mobile,
        &[
            "手机", "手机号码", "手机号", "移动电话", "联系电话", "电话1", "备注手机", "联系方式", "电话", "车主手机", "联系手机",
            "MOBILE",
        ],
    ),
    (Phone2, &["备用电话", "电话2", "固定电话", "住宅电话", "第二电话", "家庭电话", "联系电话", "电话", "PHONE"]),
    (Address, &["地址", "联系地址", "通讯地址", "住址", "常住地址", "家庭住址", "详细地址", "ADDRESS"]),
    (Channel, &["来源", "客户来源", "添加渠道", "信息来源"]),
    (
        Advisor,
        &[
            "销售顾问", "服务顾问", "专属顾问", "客户经理", "销售员", "交付专员", "添加人工号", "所属员工", "经办人", "顾问", "SA",
            "ADVISOR",
        ],
    ),
    (FiledOn, &["建档日期", "创建日期", "登记日期", "录入日期", "注册时间", "启用日期", "建档时间", "CREATED"]),
    (Level, &["客户级别", "级别", "客户等级"]),
    (NoContact, &["免打扰", "谢绝来电", "禁止联系", "营销免打扰", "车主免打扰", "DONOTCONTACT"]),
    (InvoiceNo, &["最近发票号", "发票号码", "发票号"]),
    (ExternalUserid, &["外部联系人ID", "EXTERNALUSERID", "外部联系人", "客户企微ID"]),
    (Unionid, &["UNIONID", "微信UNIONID"]),
    (Nickname, &["微信昵称", "昵称"]),
    (MiniMobile, &["小程序手机号", "小程序手机", "授权手机号"]),
    (AddedAt, &["添加时间", "添加好友时间"]),
    (Tags, &["标签", "企业标签", "客户标签"]),
    (MarketingConsent, &["营销授权", "同意营销", "营销同意"]),
    (LastInboundAt, &["最近互动时间", "最后发言时间"]),
    (State, &["好友状态", "状态", "禁用状态", "客户状态"]),
    (Vin, &["VIN", "车架号", "底盘号", "车架号码", "VIN码", "车辆识别代号", "绑定车架号", "备注车架号", "车架号后8位", "车架号/VIN", "大架号"]),
    (EngineNo, &["发动机号", "发动机号码", "发动机编号", "电机号", "ENGINENO"]),
    (Plate, &["车牌号", "车牌", "牌照号", "车牌号码", "车号", "绑定车牌", "牌号", "LICENCEPLATE"]),
    (Brand, &["品牌", "品牌名称", "厂牌", "BRAND"]),
    (Series, &["车系", "系列", "车系名称", "SERIES"]),
    (Model, &["车型", "车款", "车型名称", "型号", "配置", "厂牌型号", "MODEL"]),
    (Colour, &["颜色", "外观颜色", "车身颜色", "车色", "外色", "COLOUR", "COLOR"]),
    (Energy, &["能源类型", "燃料种类", "动力类型", "能源", "FUEL"]),
    (UseKind, &["使用性质", "车辆用途", "用途"]),
    (MadeOn, &["生产日期", "出厂日期", "制造日期"]),
    (InvoicedOn, &["开票日期", "购车日期", "销售日期", "开票时间", "提车日期", "购买日期", "SALESDATE"]),
    (DeliveredOn, &["交车日期", "交付日期", "交付时间"]),
    (RegisteredOn, &["上牌日期", "初登日期", "首次登记日期", "上户日期", "上牌时间", "初次登记日期", "REGISTRATION"]),
    (Price, &["购车价", "成交价", "车价", "开票金额", "价格", "累计开票金额", "裸车价"]),
    (Mileage, &["行驶里程", "里程", "最近里程", "总里程", "公里数", "ODOMETER"]),
    (MileageOn, &["里程日期", "最近里程日期", "里程登记日", "里程时间", "ODOMETERDATE"]),
    (Transferred, &["过户标志", "是否过户", "已过户", "是否二手", "过户", "OWNERSHIPCHANGE"]),
    (Note, &["备注", "说明"]),
];

/// Customer archives of DMS, ERP, WeCom and paper ledgers, with the vehicle in the same row.
pub(super) static CUSTOMER: Form = Form {
    entity: Entity::Customer,
    zh: "客户车辆档案",
    sources: &[Source::Dms, Source::Erp, Source::Wecom, Source::Paper, Source::UsedCar, Source::Insurance],
    fields: CUSTOMER_FIELDS,
};

const SALE_FIELDS: &[Titles] = &[
    (Seq, &["序号"]),
    (Store, &["门店编码", "门店代码", "门店", "销售店"]),
    (OrderNo, &["订单号", "销售单号", "合同号", "单号", "订单编号", "销售订单号", "ORDERNO"]),
    (CustomerNo, &["客户编号", "客户代码", "客户号", "档案号", "用户ID", "CUSTOMERNO"]),
    (Name, &["客户", "客户姓名", "客户名称", "车主姓名", "用户姓名", "姓名", "购车人", "NAME"]),
    (Mobile, &["电话", "移动电话", "手机号码", "手机", "联系电话", "电话1", "MOBILE"]),
    (IdNo, &["证件号码", "证件号", "身份证号", "身份证号码"]),
    (Brand, &["品牌", "品牌名称", "厂牌", "BRAND"]),
    (Series, &["车系", "系列", "车系名称", "SERIES"]),
    (Model, &["车型", "车款", "车型名称", "型号", "配置", "MODEL"]),
    (Vin, &["车架号", "VIN", "底盘号", "车架号码", "VIN码"]),
    (Plate, &["车牌号", "车牌"]),
    (EngineNo, &["发动机号"]),
    (Colour, &["颜色", "车身颜色", "车色", "外观颜色"]),
    (InvoicedOn, &["开票日期", "发票日期", "开票日", "购车日期", "开票时间", "INVOICEDATE"]),
    (DeliveredOn, &["交车日期", "实际交车日", "交车日", "交付时间", "DELIVERYDATE"]),
    (Advisor, &["销售顾问", "销售顾问代码", "销售员", "交付专员", "SALESCONSULTANT"]),
    (GuidePrice, &["指导价", "厂家指导价", "建议零售价", "官方指导价", "RRP"]),
    (Price, &["开票价", "实际成交价", "零售价", "车价", "开票金额", "提车价", "INVOICEPRICE"]),
    (PayKind, &["付款方式", "购车方式", "支付方式", "支付类型", "PAYMENT"]),
    (Loan, &["贷款金额", "融资金额", "分期金额"]),
    (TradeIn, &["置换金额", "旧车抵价", "置换抵扣", "旧车作价", "TRADEIN"]),
    (PurchaseKind, &["购买类型", "购车类型", "购车性质", "购车用途", "订单类型", "PURCHASETYPE"]),
    (Insurer, &["承保公司", "保险公司"]),
    (ChangedOn, &["修改日期", "更新日期"]),
    (Note, &["备注"]),
];

/// New-car sales.
pub(super) static SALE: Form =
    Form { entity: Entity::Sale, zh: "整车销售", sources: &[Source::Dms], fields: SALE_FIELDS };

const REPAIR_ORDER_FIELDS: &[Titles] = &[
    (Seq, &["序号", "编号"]),
    (Page, &["页码", "页号"]),
    (Store, &["门店编码", "门店代码", "门店"]),
    (
        OrderNo,
        &["工单号", "委托书号", "工单编号", "结算单号", "服务单号", "单号", "维修单号", "RONO", "RO号"],
    ),
    (RoKind, &["工单类型", "业务类型", "类型", "单据类型", "ROTYPE"]),
    (RepairKind, &["维修类型", "维修类别", "服务类别", "维修性质", "服务类型", "SERVICETYPE"]),
    (State, &["状态", "工单状态", "单据状态", "服务状态", "STATUS"]),
    (CustomerNo, &["车主编号", "客户代码", "客户号", "档案号", "用户ID", "客户编号", "CUSTOMERNO"]),
    (Name, &["车主", "客户姓名", "客户名称", "车主姓名", "用户姓名", "姓名", "OWNER"]),
    (Mobile, &["车主电话", "移动电话", "手机号码", "联系电话", "电话1", "车主手机", "电话", "手机", "OWNERMOBILE"]),
    (Deliverer, &["送修人", "送修人姓名", "送车人", "DELIVEREDBY"]),
    (DelivererMobile, &["送修人电话", "送修人手机", "送车人电话", "DELIVEREDBYMOBILE"]),
    (DelivererGender, &["送修人性别"]),
    (Vin, &["VIN", "车架号", "底盘号", "车架号码", "VIN码", "车架号后8位"]),
    (Plate, &["车牌号", "牌照号", "车牌", "车牌号码", "车号", "LICENCEPLATE"]),
    (EngineNo, &["发动机号"]),
    (Brand, &["品牌", "厂牌", "BRAND"]),
    (Series, &["车系", "车系名称", "系列", "SERIES"]),
    (Model, &["车型", "车型名称", "型号"]),
    (
        MileageIn,
        &["进厂里程", "入厂公里数", "里程", "公里数", "进店里程", "行驶里程", "进厂公里数", "ODOMETERIN"],
    ),
    (MileageOut, &["出厂里程", "出厂公里数", "离店里程", "ODOMETEROUT"]),
    (OdoReplaced, &["换表标志", "是否换表", "更换里程表", "ODOMETERREPLACED"]),
    (OdoTotalChange, &["累计换表里程", "换表累计公里", "累计更换里程", "ODOMETERCHANGE"]),
    (Advisor, &["服务顾问", "SA工号", "接车员", "服务管家", "接待", "接待人", "ADVISOR"]),
    (Technician, &["主修技师", "技师工号", "技师", "维修工", "主修工", "TECHNICIAN"]),
    (OpenedAt, &["开单时间", "进厂时间", "开单日期", "来厂日期", "建单时间", "进厂日期", "日期", "OPENED"]),
    (SettledAt, &["结算时间", "结算日期", "SETTLED"]),
    (DeliveredAt, &["交车时间", "出厂时间", "提车日期", "交车日期", "DELIVERED"]),
    (
        Complaint,
        &["故障描述", "客户描述", "客户主诉", "故障现象", "用户描述", "维修内容", "维修项目", "COMPLAINT"],
    ),
    (Labour, &["工时费", "工时金额", "工时费用", "工时", "LABOUR"]),
    (Parts, &["配件费", "零件金额", "配件费用", "材料费", "配件", "材料", "零件费", "PARTS"]),
    (Discount, &["优惠金额", "折扣", "折扣额", "优惠"]),
    (Paid, &["实收金额", "应收合计", "合计", "实收", "实付", "金额", "PAID"]),
    (NextDueOn, &["建议下次保养日期", "下次保养日期", "下次保养日", "下次保养时间", "建议保养日期", "NEXTSERVICE"]),
    (
        NextDueKm,
        &["建议下次保养里程", "下次保养公里", "下次保养里程", "下次保养公里数", "建议保养里程", "NEXTSERVICEKM"],
    ),
    (LineNo, &["行号", "明细行", "项次", "项目序号", "行", "LINE"]),
    (ItemCode, &["项目代码", "明细编码", "作业代码", "编码", "项目编码", "ITEM"]),
    (ItemName, &["项目名称", "明细名称", "作业内容", "维修项目", "ITEMNAME"]),
    (ItemKind, &["项目类型", "明细类型", "作业类型", "类别", "项目类别", "ITEMTYPE"]),
    (Quantity, &["数量", "明细数量", "QTY"]),
    (Hours, &["标准工时", "工时数", "工时", "HOURS"]),
    (Amount, &["明细金额", "小计", "项目金额", "金额", "AMOUNT"]),
    (ChangedOn, &["修改日期", "更新日期"]),
    (Note, &["备注"]),
];

/// Repair orders, one row an item, or one row an order in ledgers.
pub(super) static REPAIR_ORDER: Form = Form {
    entity: Entity::RepairOrder,
    zh: "维修工单",
    sources: &[Source::Dms, Source::Paper],
    fields: REPAIR_ORDER_FIELDS,
};

const POLICY_FIELDS: &[Titles] = &[
    (Seq, &["序号"]),
    (Store, &["门店编码", "门店代码", "门店"]),
    (IssuedOn, &["投保日期", "出单日期", "签单日期", "承保日期"]),
    (Agent, &["业务员", "销售顾问"]),
    (RenewalAgent, &["续保专员"]),
    (Issuer, &["出单员"]),
    (Vin, &["车架号", "车架号/VIN", "VIN", "底盘号", "VIN码"]),
    (Plate, &["车牌", "车牌号", "牌照号", "号牌号码"]),
    (RegisteredOn, &["上牌日期", "初登日期", "初次登记日期"]),
    (EngineNo, &["发动机号"]),
    (Brand, &["品牌", "厂牌"]),
    (Model, &["车型", "厂牌型号", "车型名称"]),
    (Name, &["车主", "车主姓名", "行驶证车主"]),
    (Insured, &["被保险人", "被保人", "被保险人姓名"]),
    (IdNo, &["证件号", "证件号码", "身份证号", "身份证号码"]),
    (Contact, &["联系人", "联系人姓名"]),
    (Mobile, &["联系人手机", "联系电话", "手机", "手机号码", "电话"]),
    (Channel, &["客户来源", "来源", "业务来源"]),
    (Nature, &["客户性质", "客户类型"]),
    (RenewalKind, &["投保类型", "业务类型", "续保类型"]),
    (TimesHere, &["本店投保次数", "投保次数"]),
    (Insurer, &["保险公司", "承保公司", "投保公司"]),
    (CompulsoryNo, &["交强险保单号", "交强保单号", "交强险单号"]),
    (CompulsoryEndsOn, &["交强险到期", "交强终保日期", "交强险到期日", "交强到期"]),
    (CommercialNo, &["商业险保单号", "商业保单号", "商业险单号"]),
    (CommercialEndsOn, &["商业险到期", "商业终保日期", "商业险到期日", "商业到期"]),
    (Compulsory, &["交强险保费", "交强保费"]),
    (Commercial, &["商业险保费", "商业保费"]),
    (Tax, &["车船税", "车船使用税"]),
    (Gift, &["销售赠送", "赠送金额"]),
    (Paid, &["实收金额", "实收保费"]),
    (PayKind, &["收款方式", "支付方式"]),
    (InvoiceTitle, &["开票名称", "发票抬头"]),
    (Damage, &["车损险", "机动车损失险"]),
    (ThirdLimit, &["三者险保额", "第三者限额"]),
    (Third, &["三者险保费", "第三者责任险"]),
    (Theft, &["盗抢险", "盗抢"]),
    (SeatDriver, &["车上人员(司机)", "司机座位险"]),
    (SeatPassenger, &["车上人员(乘客)", "乘客座位险"]),
    (Seat, &["车上人员保费", "座位险保费"]),
    (NoDeductible, &["不计免赔"]),
    (Glass, &["玻璃险", "玻璃单独破碎", "玻璃"]),
    (ScratchLimit, &["划痕保额", "划痕限额"]),
    (Scratch, &["划痕保费", "划痕险"]),
    (Combustion, &["自燃险", "自燃损失", "自燃"]),
    (Wading, &["涉水险", "发动机涉水", "涉水"]),
    (Lamp, &["大灯倒车镜", "倒车镜车灯"]),
    (NamedGarage, &["指定修理厂"]),
    (NoThirdFound, &["无法找到第三方"]),
    (OtherCover, &["其他", "其它险种", "其他险种"]),
    (Gift01, &["赠送明细1", "赠品1"]),
    (Gift02, &["赠送明细2", "赠品2"]),
    (Gift03, &["赠送明细3", "赠品3"]),
    (Gift04, &["赠送明细4", "赠品4"]),
    (Gift05, &["赠送明细5", "赠品5"]),
    (Gift06, &["赠送明细6", "赠品6"]),
    (Gift07, &["赠送明细7", "赠品7"]),
    (Gift08, &["赠送明细8", "赠品8"]),
    (Gift09, &["赠送明细9", "赠品9"]),
    (Gift10, &["赠送明细10", "赠品10"]),
    (Gift11, &["赠送明细11", "赠品11"]),
    (Gift12, &["赠送明细12", "赠品12"]),
    (ChangedOn, &["修改日期", "更新日期"]),
    (Note, &["备注"]),
];

/// Insurance policies, the sixty-column template and its relatives.
pub(super) static POLICY: Form =
    Form { entity: Entity::Policy, zh: "保险出单", sources: &[Source::Insurance], fields: POLICY_FIELDS };

const USED_CAR_FIELDS: &[Titles] = &[
    (Seq, &["序号"]),
    (Store, &["门店编码", "门店代码", "门店"]),
    (DealNo, &["单据编号", "编号", "单号", "收购单号"]),
    (DealKind, &["业务类型", "收购类型"]),
    (DealtOn, &["成交日期", "收车日期", "收购日期"]),
    (Name, &["原车主", "客户姓名", "卖方", "姓名"]),
    (Mobile, &["原车主电话", "手机", "联系电话", "电话"]),
    (IdNo, &["证件号", "身份证号", "证件号码"]),
    (Vin, &["车架号", "VIN", "底盘号", "VIN码"]),
    (Plate, &["车牌号", "牌号", "车牌"]),
    (Brand, &["品牌", "厂牌"]),
    (Series, &["车系", "系列"]),
    (Model, &["车型", "型号"]),
    (RegisteredOn, &["首次上牌日期", "初登日期", "上牌日期"]),
    (Mileage, &["表显里程", "公里数", "里程"]),
    (Price, &["收购价", "收购价格", "成交价"]),
    (Channel, &["车源渠道", "来源", "渠道"]),
    (Appraiser, &["评估师", "采购员"]),
    (ChangedOn, &["修改日期", "更新日期"]),
    (Note, &["车况说明", "备注"]),
];

/// Used-car purchases and trade-ins.
pub(super) static USED_CAR_DEAL: Form =
    Form { entity: Entity::UsedCarDeal, zh: "二手车收购", sources: &[Source::UsedCar], fields: USED_CAR_FIELDS };

const LEAD_FIELDS: &[Titles] = &[
    (Seq, &["序号"]),
    (Store, &["门店编码", "门店代码", "门店"]),
    (LeadNo, &["线索编号", "潜客编号", "登记号", "线索号"]),
    (Name, &["客户姓名", "姓名", "客户称呼", "客户名称"]),
    (Mobile, &["手机", "手机号码", "联系方式", "联系电话", "电话"]),
    (Gender, &["性别"]),
    (Channel, &["来源渠道", "线索来源", "信息来源", "来源"]),
    (CreatedAt, &["创建时间", "线索下发时间", "登记日期", "创建日期"]),
    (Grade, &["意向级别", "级别", "等级"]),
    (State, &["线索状态", "状态", "跟进状态"]),
    (Brand, &["意向品牌", "品牌"]),
    (Series, &["意向车系", "意向系列", "意向车型", "车系"]),
    (Advisor, &["跟进人", "销售顾问", "接待人"]),
    (FollowedAt, &["首次跟进时间", "首次联系时间"]),
    (Arrived, &["是否到店", "到店"]),
    (TestDrive, &["是否试驾", "试驾"]),
    (Note, &["备注", "跟进备注", "情况说明"]),
    (ChangedOn, &["修改日期", "更新日期"]),
];

/// Sales leads.
pub(super) static LEAD: Form =
    Form { entity: Entity::Lead, zh: "销售线索", sources: &[Source::Dms], fields: LEAD_FIELDS };

const EMPLOYEE_FIELDS: &[Titles] = &[
    (Seq, &["序号"]),
    (EmployeeNo, &["工号", "员工编号", "员工工号"]),
    (Name, &["姓名", "员工姓名"]),
    (Gender, &["性别"]),
    (Mobile, &["手机号码", "联系电话", "手机", "电话"]),
    (Store, &["所属门店", "门店编码", "门店代码", "门店"]),
    (Department, &["部门", "所在部门"]),
    (Position, &["岗位", "职务"]),
    (HiredOn, &["入职日期", "入司时间"]),
    (LeftOn, &["离职日期", "离司时间"]),
    (State, &["在职状态", "状态"]),
];

/// Staff rosters.
pub(super) static EMPLOYEE: Form =
    Form { entity: Entity::Employee, zh: "员工花名册", sources: &[Source::Hr], fields: EMPLOYEE_FIELDS };
