//! The fields a file's columns can feed, with their Chinese label and the kind of value they hold.

/// What a value is, and so how it is normalised, shown and masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// A code of the source system.
    Code,
    /// Free text.
    Text,
    /// Name of a person or company.
    Name,
    /// Telephone number or list of them.
    Phone,
    /// Resident identity number or unified social credit code.
    IdNumber,
    /// Postal address.
    Address,
    /// Vehicle identification number.
    Vin,
    /// Licence plate.
    Plate,
    /// Date.
    Date,
    /// Date and time.
    Time,
    /// Amount in yuan.
    Money,
    /// Whole number.
    Count,
    /// Number with a fraction.
    Decimal,
    /// Yes or no.
    YesNo,
    /// Male or female.
    Gender,
    /// Brand of a car, in any of its spellings.
    Brand,
    /// Word of a short list.
    Word,
}

impl FieldKind {
    /// A stable code for the console.
    pub fn code(self) -> &'static str {
        match self {
            FieldKind::Code => "code",
            FieldKind::Text => "text",
            FieldKind::Name => "name",
            FieldKind::Phone => "phone",
            FieldKind::IdNumber => "id_number",
            FieldKind::Address => "address",
            FieldKind::Vin => "vin",
            FieldKind::Plate => "plate",
            FieldKind::Date => "date",
            FieldKind::Time => "time",
            FieldKind::Money => "money",
            FieldKind::Count => "count",
            FieldKind::Decimal => "decimal",
            FieldKind::YesNo => "yes_no",
            FieldKind::Gender => "gender",
            FieldKind::Brand => "brand",
            FieldKind::Word => "word",
        }
    }

    /// True if a caller who sees customers masked must see this value masked.
    pub fn is_personal(self) -> bool {
        matches!(self, FieldKind::Name | FieldKind::Phone | FieldKind::IdNumber | FieldKind::Address)
    }
}

macro_rules! fields {
    ($($variant:ident $code:literal $zh:literal $kind:ident;)*) => {
        /// A field of the catalogue.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the code and label beside each variant say what it is")]
        #[repr(u8)]
        pub enum Field { $($variant,)* }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Field] = &[$(Field::$variant,)*];

            /// Stable code, used in saved mappings and flags.
            pub fn code(self) -> &'static str {
                match self { $(Field::$variant => $code,)* }
            }

            /// Chinese label.
            pub fn zh(self) -> &'static str {
                match self { $(Field::$variant => $zh,)* }
            }

            /// Kind of value.
            pub fn kind(self) -> FieldKind {
                match self { $(Field::$variant => FieldKind::$kind,)* }
            }

            /// Reads [`Field::code`].
            pub fn parse(code: &str) -> Option<Field> {
                match code { $($code => Some(Field::$variant),)* _ => None }
            }
        }
    };
}

fields! {
    Seq "seq" "序号" Code;
    Page "page" "页码" Code;
    LineNo "line_no" "行号" Code;
    Store "store" "门店" Code;
    ChangedOn "changed_on" "修改日期" Time;
    Note "note" "备注" Text;

    CustomerNo "customer_no" "客户编号" Code;
    Name "name" "姓名" Name;
    Contact "contact" "联系人" Name;
    Nature "nature" "客户性质" Word;
    Gender "gender" "性别" Gender;
    IdKind "id_kind" "证件类型" Word;
    IdNo "id_no" "证件号码" IdNumber;
    Birthday "birthday" "生日" Date;
    Mobile "mobile" "手机" Phone;
    Phone2 "phone2" "备用电话" Phone;
    Address "address" "地址" Address;
    Channel "channel" "来源" Text;
    Advisor "advisor" "顾问" Code;
    FiledOn "filed_on" "建档日期" Date;
    Level "level" "客户级别" Text;
    NoContact "no_contact" "免打扰" YesNo;
    InvoiceNo "invoice_no" "发票号" Code;

    ExternalUserid "external_userid" "外部联系人ID" Code;
    Unionid "unionid" "unionid" Code;
    Nickname "nickname" "微信昵称" Name;
    MiniMobile "mini_mobile" "小程序手机号" Phone;
    AddedAt "added_at" "添加时间" Time;
    Tags "tags" "标签" Text;
    MarketingConsent "marketing_consent" "营销授权" YesNo;
    LastInboundAt "last_inbound_at" "最近互动时间" Time;

    Vin "vin" "车架号" Vin;
    EngineNo "engine_no" "发动机号" Code;
    Plate "plate" "车牌号" Plate;
    Brand "brand" "品牌" Brand;
    Series "series" "车系" Text;
    Model "model" "车型" Text;
    Colour "colour" "颜色" Text;
    Energy "energy" "能源类型" Word;
    UseKind "use_kind" "使用性质" Word;
    MadeOn "made_on" "生产日期" Date;
    InvoicedOn "invoiced_on" "开票日期" Date;
    DeliveredOn "delivered_on" "交车日期" Date;
    RegisteredOn "registered_on" "上牌日期" Date;
    Price "price" "价格" Money;
    Mileage "mileage" "里程" Count;
    MileageOn "mileage_on" "里程日期" Date;
    Transferred "transferred" "过户标志" YesNo;

    OrderNo "order_no" "单号" Code;
    GuidePrice "guide_price" "指导价" Money;
    PayKind "pay_kind" "付款方式" Word;
    Loan "loan" "贷款金额" Money;
    TradeIn "trade_in" "置换金额" Money;
    PurchaseKind "purchase_kind" "购买类型" Word;
    Insurer "insurer" "保险公司" Word;

    RoKind "ro_kind" "工单类型" Word;
    RepairKind "repair_kind" "维修类型" Word;
    State "state" "状态" Word;
    Deliverer "deliverer" "送修人" Name;
    DelivererMobile "deliverer_mobile" "送修人电话" Phone;
    DelivererGender "deliverer_gender" "送修人性别" Gender;
    MileageIn "mileage_in" "进厂里程" Count;
    MileageOut "mileage_out" "出厂里程" Count;
    OdoReplaced "odo_replaced" "换表标志" YesNo;
    OdoTotalChange "odo_total_change" "累计换表里程" Count;
    Technician "technician" "主修技师" Code;
    OpenedAt "opened_at" "开单时间" Time;
    SettledAt "settled_at" "结算时间" Time;
    DeliveredAt "delivered_at" "交车时间" Time;
    Complaint "complaint" "故障描述" Text;
    Labour "labour" "工时费" Money;
    Parts "parts" "配件费" Money;
    Discount "discount" "优惠金额" Money;
    Paid "paid" "实收金额" Money;
    NextDueOn "next_due_on" "建议下次保养日期" Date;
    NextDueKm "next_due_km" "建议下次保养里程" Count;
    ItemCode "item_code" "项目代码" Code;
    ItemName "item_name" "项目名称" Text;
    ItemKind "item_kind" "项目类型" Word;
    Quantity "quantity" "数量" Decimal;
    Hours "hours" "工时" Decimal;
    Amount "amount" "金额" Money;

    LeadNo "lead_no" "线索编号" Code;
    CreatedAt "created_at" "创建时间" Time;
    Grade "grade" "意向级别" Word;
    FollowedAt "followed_at" "首次跟进时间" Time;
    Arrived "arrived" "是否到店" YesNo;
    TestDrive "test_drive" "是否试驾" YesNo;

    DealNo "deal_no" "单据编号" Code;
    DealKind "deal_kind" "业务类型" Word;
    DealtOn "dealt_on" "成交日期" Date;
    Appraiser "appraiser" "评估师" Code;

    EmployeeNo "employee_no" "工号" Code;
    Department "department" "部门" Text;
    Position "position" "岗位" Text;
    HiredOn "hired_on" "入职日期" Date;
    LeftOn "left_on" "离职日期" Date;

    IssuedOn "issued_on" "投保日期" Date;
    Agent "agent" "业务员" Code;
    RenewalAgent "renewal_agent" "续保专员" Code;
    Issuer "issuer" "出单员" Code;
    Insured "insured" "被保险人" Name;
    RenewalKind "renewal_kind" "投保类型" Word;
    TimesHere "times_here" "本店投保次数" Count;
    CompulsoryNo "compulsory_no" "交强险保单号" Code;
    CompulsoryEndsOn "compulsory_ends_on" "交强险到期" Date;
    CommercialNo "commercial_no" "商业险保单号" Code;
    CommercialEndsOn "commercial_ends_on" "商业险到期" Date;
    Compulsory "compulsory" "交强险保费" Money;
    Commercial "commercial" "商业险保费" Money;
    Tax "tax" "车船税" Money;
    Gift "gift" "销售赠送" Text;
    InvoiceTitle "invoice_title" "开票名称" Text;
    Damage "damage" "车损险" Text;
    ThirdLimit "third_limit" "三者险保额" Text;
    Third "third" "三者险保费" Text;
    Theft "theft" "盗抢险" Text;
    SeatDriver "seat_driver" "车上人员(司机)" Text;
    SeatPassenger "seat_passenger" "车上人员(乘客)" Text;
    Seat "seat" "车上人员保费" Text;
    NoDeductible "no_deductible" "不计免赔" Text;
    Glass "glass" "玻璃险" Text;
    ScratchLimit "scratch_limit" "划痕保额" Text;
    Scratch "scratch" "划痕保费" Text;
    Combustion "combustion" "自燃险" Text;
    Wading "wading" "涉水险" Text;
    Lamp "lamp" "大灯倒车镜" Text;
    NamedGarage "named_garage" "指定修理厂" Text;
    NoThirdFound "no_third_found" "无法找到第三方" Text;
    OtherCover "other" "其他" Text;
    Gift01 "gift01" "赠送明细1" Text;
    Gift02 "gift02" "赠送明细2" Text;
    Gift03 "gift03" "赠送明细3" Text;
    Gift04 "gift04" "赠送明细4" Text;
    Gift05 "gift05" "赠送明细5" Text;
    Gift06 "gift06" "赠送明细6" Text;
    Gift07 "gift07" "赠送明细7" Text;
    Gift08 "gift08" "赠送明细8" Text;
    Gift09 "gift09" "赠送明细9" Text;
    Gift10 "gift10" "赠送明细10" Text;
    Gift11 "gift11" "赠送明细11" Text;
    Gift12 "gift12" "赠送明细12" Text;
}
