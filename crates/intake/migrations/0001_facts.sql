-- Facts: what the sources say, one row a version, nothing overwritten.
--
-- record_key is computed from store, source, entity and source_key, so that a fact can point at another that has not
-- arrived yet. A changed row becomes a new version; taking a batch back makes the version before it current again.
-- The primary key begins with the batch: rows arrive by batch and are taken back by batch.

CREATE TABLE party_record (
    record_key    bigint      NOT NULL,
    batch_id      bigint      NOT NULL,
    row_no        int         NOT NULL,
    current       boolean     NOT NULL,
    store_id      int,
    source        text        NOT NULL,
    source_key    text        NOT NULL,
    content_hash  bigint      NOT NULL,
    changed_on    date,
    flags         text[]      NOT NULL DEFAULT '{}',
    retired_by    bigint,                                -- the batch whose repair took this record's place
    origin              text    NOT NULL CHECK (origin IN ('archive', 'owner', 'deliverer', 'insured', 'seller', 'lead')),
    name                text,
    name_raw            text,
    party_kind          text    NOT NULL CHECK (party_kind IN ('person', 'company', 'unknown')),
    gender              text    CHECK (gender IN ('m', 'f')),
    birth_on            date,
    mobile_sealed       bytea,
    mobile_bidx         bytea,
    mobile_masked       text,
    mobile_flag         text,
    phone2_sealed       bytea,
    phone2_bidx         bytea,
    phone2_masked       text,
    phone2_flag         text,
    id_sealed           bytea,
    id_bidx             bytea,
    id_masked           text,
    id_flag             text,
    uscc                text,
    unionid             text,
    external_userid     text,
    address_sealed      bytea,
    address_key         bytea,
    city                text,
    advisor_code        text,
    filed_on            date,
    seen_on             date,
    do_not_contact      boolean,
    marketing_consent   boolean,
    internal            boolean NOT NULL DEFAULT false,
    PRIMARY KEY (batch_id, record_key)
);
COMMENT ON TABLE party_record IS 'Parties as the sources know them: one row a version of a customer, owner, deliverer, insured, seller or lead.';
CREATE UNIQUE INDEX party_record_current ON party_record (record_key) WHERE current;
CREATE INDEX party_record_history ON party_record (record_key) WHERE NOT current;
CREATE INDEX party_record_retired ON party_record (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX party_record_store ON party_record (store_id, source) WHERE current;
SELECT fc_scope_by_store('party_record');

CREATE TABLE vehicle_record (
    record_key    bigint      NOT NULL,
    batch_id      bigint      NOT NULL,
    row_no        int         NOT NULL,
    current       boolean     NOT NULL,
    store_id      int,
    source        text        NOT NULL,
    source_key    text        NOT NULL,
    content_hash  bigint      NOT NULL,
    changed_on    date,
    flags         text[]      NOT NULL DEFAULT '{}',
    retired_by    bigint,                                -- the batch whose repair took this record's place
    vin             text,
    vin_raw         text,
    vin_flag        text,
    vis             text,
    engine_no       text,
    plate           text,
    plate_raw       text,
    plate_flag      text,
    brand_id        int,
    brand_raw       text,
    series          text,
    model           text,
    colour          text,
    energy          text,
    use_kind        text,
    made_on         date,
    invoiced_on     date,
    registered_on   date,
    delivered_on    date,
    price_fen       bigint,
    mileage_km      int,
    mileage_on      date,
    owner_key       bigint,
    seen_on         date,
    PRIMARY KEY (batch_id, record_key)
);
COMMENT ON TABLE vehicle_record IS 'Vehicles as the sources know them.';
CREATE UNIQUE INDEX vehicle_record_current ON vehicle_record (record_key) WHERE current;
CREATE INDEX vehicle_record_history ON vehicle_record (record_key) WHERE NOT current;
CREATE INDEX vehicle_record_retired ON vehicle_record (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX vehicle_record_store ON vehicle_record (store_id, source) WHERE current;
CREATE INDEX vehicle_record_owner_key ON vehicle_record (owner_key) WHERE current AND owner_key IS NOT NULL;
-- A wrong VIN is only repaired towards one that is known for the same plate or engine.
CREATE INDEX vehicle_record_plate ON vehicle_record (plate) WHERE current AND plate IS NOT NULL;
CREATE INDEX vehicle_record_engine ON vehicle_record (engine_no) WHERE current AND engine_no IS NOT NULL;
SELECT fc_scope_by_store('vehicle_record');

CREATE TABLE ownership_record (
    record_key    bigint      NOT NULL,
    batch_id      bigint      NOT NULL,
    row_no        int         NOT NULL,
    current       boolean     NOT NULL,
    store_id      int,
    source        text        NOT NULL,
    source_key    text        NOT NULL,
    content_hash  bigint      NOT NULL,
    changed_on    date,
    flags         text[]      NOT NULL DEFAULT '{}',
    retired_by    bigint,                                -- the batch whose repair took this record's place
    party_key       bigint      NOT NULL,
    vehicle_key     bigint      NOT NULL,
    role            text        NOT NULL CHECK (role IN ('owner', 'user', 'deliverer', 'insured', 'payer')),
    from_on         date,
    to_on           date,
    PRIMARY KEY (batch_id, record_key)
);
COMMENT ON TABLE ownership_record IS 'Who stands in which role to which vehicle, as a source says it.';
CREATE UNIQUE INDEX ownership_record_current ON ownership_record (record_key) WHERE current;
CREATE INDEX ownership_record_history ON ownership_record (record_key) WHERE NOT current;
CREATE INDEX ownership_record_retired ON ownership_record (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX ownership_record_store ON ownership_record (store_id, source) WHERE current;
CREATE INDEX ownership_record_party_key ON ownership_record (party_key) WHERE current AND party_key IS NOT NULL;
CREATE INDEX ownership_record_vehicle_key ON ownership_record (vehicle_key) WHERE current AND vehicle_key IS NOT NULL;
SELECT fc_scope_by_store('ownership_record');

CREATE TABLE sale (
    record_key    bigint      NOT NULL,
    batch_id      bigint      NOT NULL,
    row_no        int         NOT NULL,
    current       boolean     NOT NULL,
    store_id      int,
    source        text        NOT NULL,
    source_key    text        NOT NULL,
    content_hash  bigint      NOT NULL,
    changed_on    date,
    flags         text[]      NOT NULL DEFAULT '{}',
    retired_by    bigint,                                -- the batch whose repair took this record's place
    party_key       bigint,
    vehicle_key     bigint,
    order_no        text        NOT NULL,
    invoiced_on     date,
    delivered_on    date,
    advisor_code    text,
    price_fen       bigint,
    guide_price_fen bigint,
    pay_kind        text,
    trade_in_fen    bigint,
    purchase_kind   text,
    PRIMARY KEY (batch_id, record_key)
);
COMMENT ON TABLE sale IS 'New-car sales.';
CREATE UNIQUE INDEX sale_current ON sale (record_key) WHERE current;
CREATE INDEX sale_history ON sale (record_key) WHERE NOT current;
CREATE INDEX sale_retired ON sale (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX sale_store ON sale (store_id, source) WHERE current;
CREATE INDEX sale_party_key ON sale (party_key) WHERE current AND party_key IS NOT NULL;
CREATE INDEX sale_vehicle_key ON sale (vehicle_key) WHERE current AND vehicle_key IS NOT NULL;
SELECT fc_scope_by_store('sale');

CREATE TABLE repair_order (
    record_key    bigint      NOT NULL,
    batch_id      bigint      NOT NULL,
    row_no        int         NOT NULL,
    current       boolean     NOT NULL,
    store_id      int,
    source        text        NOT NULL,
    source_key    text        NOT NULL,
    content_hash  bigint      NOT NULL,
    changed_on    date,
    flags         text[]      NOT NULL DEFAULT '{}',
    retired_by    bigint,                                -- the batch whose repair took this record's place
    order_no                text NOT NULL,
    party_key               bigint,
    deliverer_key           bigint,
    vehicle_key             bigint,
    kind                    text,
    repair_kind             text,
    state                   text,
    opened_at               timestamptz,
    settled_at              timestamptz,
    delivered_at            timestamptz,
    mileage_in              int,
    mileage_out             int,
    odometer_replaced       boolean,
    odometer_total_change   int,
    advisor_code            text,
    technician_code         text,
    labour_fen              bigint,
    parts_fen               bigint,
    paid_fen                bigint,
    complaint               text,
    next_due_on             date,
    next_due_km             int,
    PRIMARY KEY (batch_id, record_key)
);
COMMENT ON TABLE repair_order IS 'Workshop visits.';
CREATE UNIQUE INDEX repair_order_current ON repair_order (record_key) WHERE current;
CREATE INDEX repair_order_history ON repair_order (record_key) WHERE NOT current;
CREATE INDEX repair_order_retired ON repair_order (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX repair_order_store ON repair_order (store_id, source) WHERE current;
CREATE INDEX repair_order_party_key ON repair_order (party_key) WHERE current AND party_key IS NOT NULL;
CREATE INDEX repair_order_deliverer_key ON repair_order (deliverer_key) WHERE current AND deliverer_key IS NOT NULL;
CREATE INDEX repair_order_vehicle_key ON repair_order (vehicle_key) WHERE current AND vehicle_key IS NOT NULL;
SELECT fc_scope_by_store('repair_order');

CREATE TABLE repair_item (
    record_key    bigint      NOT NULL,
    batch_id      bigint      NOT NULL,
    row_no        int         NOT NULL,
    current       boolean     NOT NULL,
    store_id      int,
    source        text        NOT NULL,
    source_key    text        NOT NULL,
    content_hash  bigint      NOT NULL,
    changed_on    date,
    flags         text[]      NOT NULL DEFAULT '{}',
    retired_by    bigint,                                -- the batch whose repair took this record's place
    order_key       bigint      NOT NULL,
    line_no         int,
    item_code       text,
    item_name       text,
    kind            text        CHECK (kind IN ('labour', 'part')),
    quantity        numeric,
    hours           numeric,
    amount_fen      bigint,
    PRIMARY KEY (batch_id, record_key)
);
COMMENT ON TABLE repair_item IS 'Lines of repair orders.';
CREATE UNIQUE INDEX repair_item_current ON repair_item (record_key) WHERE current;
CREATE INDEX repair_item_history ON repair_item (record_key) WHERE NOT current;
CREATE INDEX repair_item_retired ON repair_item (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX repair_item_store ON repair_item (store_id, source) WHERE current;
CREATE INDEX repair_item_order_key ON repair_item (order_key) WHERE current AND order_key IS NOT NULL;
SELECT fc_scope_by_store('repair_item');

CREATE TABLE policy (
    record_key    bigint      NOT NULL,
    batch_id      bigint      NOT NULL,
    row_no        int         NOT NULL,
    current       boolean     NOT NULL,
    store_id      int,
    source        text        NOT NULL,
    source_key    text        NOT NULL,
    content_hash  bigint      NOT NULL,
    changed_on    date,
    flags         text[]      NOT NULL DEFAULT '{}',
    retired_by    bigint,                                -- the batch whose repair took this record's place
    party_key           bigint,
    insured_key         bigint,
    vehicle_key         bigint,
    insurer             text,
    compulsory_no       text,
    compulsory_ends_on  date,
    commercial_no       text,
    commercial_ends_on  date,
    compulsory_fen      bigint,
    commercial_fen      bigint,
    tax_fen             bigint,
    paid_fen            bigint,
    issued_on           date,
    renewal_category    text,
    agent_code          text,
    extra               jsonb,
    PRIMARY KEY (batch_id, record_key)
);
COMMENT ON TABLE policy IS 'Insurance policies; compulsory and commercial cover of one issue stand in one row.';
CREATE UNIQUE INDEX policy_current ON policy (record_key) WHERE current;
CREATE INDEX policy_history ON policy (record_key) WHERE NOT current;
CREATE INDEX policy_retired ON policy (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX policy_store ON policy (store_id, source) WHERE current;
CREATE INDEX policy_party_key ON policy (party_key) WHERE current AND party_key IS NOT NULL;
CREATE INDEX policy_insured_key ON policy (insured_key) WHERE current AND insured_key IS NOT NULL;
CREATE INDEX policy_vehicle_key ON policy (vehicle_key) WHERE current AND vehicle_key IS NOT NULL;
SELECT fc_scope_by_store('policy');

CREATE TABLE used_car_deal (
    record_key    bigint      NOT NULL,
    batch_id      bigint      NOT NULL,
    row_no        int         NOT NULL,
    current       boolean     NOT NULL,
    store_id      int,
    source        text        NOT NULL,
    source_key    text        NOT NULL,
    content_hash  bigint      NOT NULL,
    changed_on    date,
    flags         text[]      NOT NULL DEFAULT '{}',
    retired_by    bigint,                                -- the batch whose repair took this record's place
    party_key       bigint,
    vehicle_key     bigint,
    kind            text,
    dealt_on        date,
    price_fen       bigint,
    mileage_km      int,
    channel         text,
    appraiser_code  text,
    PRIMARY KEY (batch_id, record_key)
);
COMMENT ON TABLE used_car_deal IS 'Used cars bought, taken in payment or sold.';
CREATE UNIQUE INDEX used_car_deal_current ON used_car_deal (record_key) WHERE current;
CREATE INDEX used_car_deal_history ON used_car_deal (record_key) WHERE NOT current;
CREATE INDEX used_car_deal_retired ON used_car_deal (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX used_car_deal_store ON used_car_deal (store_id, source) WHERE current;
CREATE INDEX used_car_deal_party_key ON used_car_deal (party_key) WHERE current AND party_key IS NOT NULL;
CREATE INDEX used_car_deal_vehicle_key ON used_car_deal (vehicle_key) WHERE current AND vehicle_key IS NOT NULL;
SELECT fc_scope_by_store('used_car_deal');

CREATE TABLE lead (
    record_key    bigint      NOT NULL,
    batch_id      bigint      NOT NULL,
    row_no        int         NOT NULL,
    current       boolean     NOT NULL,
    store_id      int,
    source        text        NOT NULL,
    source_key    text        NOT NULL,
    content_hash  bigint      NOT NULL,
    changed_on    date,
    flags         text[]      NOT NULL DEFAULT '{}',
    retired_by    bigint,                                -- the batch whose repair took this record's place
    party_key       bigint,
    channel         text,
    created_at      timestamptz,
    grade           text,
    state           text,
    brand_id        int,
    series          text,
    advisor_code    text,
    PRIMARY KEY (batch_id, record_key)
);
COMMENT ON TABLE lead IS 'Sales leads.';
CREATE UNIQUE INDEX lead_current ON lead (record_key) WHERE current;
CREATE INDEX lead_history ON lead (record_key) WHERE NOT current;
CREATE INDEX lead_retired ON lead (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX lead_store ON lead (store_id, source) WHERE current;
CREATE INDEX lead_party_key ON lead (party_key) WHERE current AND party_key IS NOT NULL;
SELECT fc_scope_by_store('lead');

CREATE TABLE employee_record (
    record_key    bigint      NOT NULL,
    batch_id      bigint      NOT NULL,
    row_no        int         NOT NULL,
    current       boolean     NOT NULL,
    store_id      int,
    source        text        NOT NULL,
    source_key    text        NOT NULL,
    content_hash  bigint      NOT NULL,
    changed_on    date,
    flags         text[]      NOT NULL DEFAULT '{}',
    retired_by    bigint,                                -- the batch whose repair took this record's place
    code            text        NOT NULL,
    name            text,
    mobile_sealed   bytea,
    mobile_bidx     bytea,
    mobile_masked   text,
    mobile_flag     text,
    department      text,
    position        text,
    hired_on        date,
    left_on         date,
    PRIMARY KEY (batch_id, record_key)
);
COMMENT ON TABLE employee_record IS 'Staff as the personnel system knows them; a stop list for phones, and the names behind codes.';
CREATE UNIQUE INDEX employee_record_current ON employee_record (record_key) WHERE current;
CREATE INDEX employee_record_history ON employee_record (record_key) WHERE NOT current;
CREATE INDEX employee_record_retired ON employee_record (retired_by) WHERE retired_by IS NOT NULL;
CREATE INDEX employee_record_store ON employee_record (store_id, source) WHERE current;
SELECT fc_scope_by_store('employee_record');
