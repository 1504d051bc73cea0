-- One person, one vehicle. Everything here is computed from evidence and human decisions, except
-- link_constraint, correction and survivorship_rule, which *are* human decisions and the only
-- tables a rebuild may not lose. Ordinals are dense and never reused.

CREATE SEQUENCE person_no_seq AS integer MINVALUE 1;
CREATE SEQUENCE vehicle_no_seq AS integer MINVALUE 1;

CREATE TABLE identity_model (
    model_version integer PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('party', 'vehicle')),
    weights jsonb NOT NULL,
    trained_on_records bigint NOT NULL,
    trained_at timestamptz NOT NULL,
    published_at timestamptz
);

CREATE TABLE identity_run (
    run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('full', 'incremental', 'unmerge', 'decision')),
    state text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    model_version integer REFERENCES identity_model,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    party_records bigint NOT NULL DEFAULT 0,
    persons bigint NOT NULL DEFAULT 0,
    vehicle_records bigint NOT NULL DEFAULT 0,
    vehicles bigint NOT NULL DEFAULT 0,
    edges_auto bigint NOT NULL DEFAULT 0,
    edges_review bigint NOT NULL DEFAULT 0,
    edges_refused bigint NOT NULL DEFAULT 0,
    super_nodes bigint NOT NULL DEFAULT 0,
    detail jsonb NOT NULL DEFAULT '{}'
);

-- person.kind: a household is never a person. merged_into is the redirect of an absorbed number.
CREATE TABLE person (
    person_no integer PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('person', 'company', 'unknown')),
    merged_into integer REFERENCES person,
    -- Records of a retired number when it was retired: they tell whether it comes back by an un-merge.
    retired_records bigint[],
    name text,
    name_initials text,
    name_pinyin text,
    gender text CHECK (gender IN ('m', 'f')),
    birth_on date,
    mobile_sealed bytea,
    mobile_bidx bytea,
    mobile_masked text,
    mobile_tail_bidx bytea,
    id_sealed bytea,
    id_bidx bytea,
    id_masked text,
    uscc text,
    city text,
    address_sealed bytea,
    record_count integer NOT NULL DEFAULT 0,
    store_count integer NOT NULL DEFAULT 0,
    first_seen_on date,
    last_seen_on date,
    internal boolean NOT NULL DEFAULT false,
    do_not_contact boolean NOT NULL DEFAULT false,
    -- {"field": {"value": masked or clear non-personal value, "record_key", "source", "store_id", "rule", "losers": [...]}}
    golden jsonb NOT NULL DEFAULT '{}',
    minted_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE person_record (
    record_key bigint PRIMARY KEY,
    person_no integer NOT NULL REFERENCES person,
    store_id integer,
    -- how the record joined: {"rule", "weight", "with": other record_key} or null for the first one
    joined_by jsonb
);
CREATE INDEX person_record_person ON person_record (person_no);

CREATE TABLE person_store (
    person_no integer NOT NULL REFERENCES person,
    store_id integer NOT NULL,
    advisor_id integer,
    first_on date,
    last_on date,
    record_count integer NOT NULL,
    PRIMARY KEY (person_no, store_id)
);
CREATE INDEX person_store_store ON person_store (store_id, person_no);

CREATE TABLE person_phone (
    person_no integer NOT NULL REFERENCES person,
    phone_bidx bytea NOT NULL,
    phone_sealed bytea NOT NULL,
    phone_masked text NOT NULL,
    tail_bidx bytea,
    role text NOT NULL CHECK (role IN ('personal', 'household', 'store', 'switchboard', 'placeholder', 'unknown')),
    first_on date,
    last_on date,
    PRIMARY KEY (person_no, phone_bidx)
);
CREATE INDEX person_phone_bidx ON person_phone (phone_bidx);
CREATE INDEX person_phone_tail ON person_phone (tail_bidx);

CREATE TABLE vehicle (
    vehicle_no integer PRIMARY KEY,
    merged_into integer REFERENCES vehicle,
    retired_records bigint[],
    vin text,
    vin_flag text,
    vis text,
    plate text,
    engine_no text,
    brand_id integer,
    series text,
    model text,
    colour text,
    energy text,
    use_kind text,
    made_on date,
    registered_on date,
    invoiced_on date,
    golden jsonb NOT NULL DEFAULT '{}',
    record_count integer NOT NULL DEFAULT 0,
    store_count integer NOT NULL DEFAULT 0,
    first_seen_on date,
    last_seen_on date,
    last_mileage_km integer,
    last_mileage_on date,
    gone text CHECK (gone IN ('transferred', 'scrapped')),
    minted_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE vehicle_record_link (
    record_key bigint PRIMARY KEY,
    vehicle_no integer NOT NULL REFERENCES vehicle,
    store_id integer,
    joined_by jsonb
);
CREATE INDEX vehicle_record_link_vehicle ON vehicle_record_link (vehicle_no);

CREATE TABLE vehicle_store (
    vehicle_no integer NOT NULL REFERENCES vehicle,
    store_id integer NOT NULL,
    first_on date,
    last_on date,
    PRIMARY KEY (vehicle_no, store_id)
);
CREATE INDEX vehicle_store_store ON vehicle_store (store_id, vehicle_no);

CREATE TABLE vehicle_plate (
    vehicle_no integer NOT NULL REFERENCES vehicle,
    plate text NOT NULL,
    first_on date,
    last_on date,
    PRIMARY KEY (vehicle_no, plate)
);

-- Dated roles: who owned, used, brought, insured or paid for a vehicle, from when to when.
CREATE TABLE vehicle_role (
    vehicle_no integer NOT NULL REFERENCES vehicle,
    person_no integer NOT NULL REFERENCES person,
    role text NOT NULL CHECK (role IN ('owner', 'user', 'deliverer', 'insured', 'payer')),
    from_on date,
    to_on date,
    source text,
    evidence_count integer NOT NULL DEFAULT 1
);
CREATE INDEX vehicle_role_vehicle ON vehicle_role (vehicle_no);
CREATE INDEX vehicle_role_person ON vehicle_role (person_no);

-- Edges at or above the review threshold, plus the refused ones with the guard that refused.
CREATE TABLE identity_edge (
    a_key bigint NOT NULL,
    b_key bigint NOT NULL,
    weight real NOT NULL,
    band text NOT NULL CHECK (band IN ('auto', 'review', 'relation')),
    rule text NOT NULL,
    refused_by text,
    -- [{"comparison", "level", "weight", "frequency"}]
    levels jsonb NOT NULL,
    PRIMARY KEY (a_key, b_key)
);
CREATE INDEX identity_edge_b ON identity_edge (b_key);

CREATE TABLE review_pair (
    pair_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    a_key bigint NOT NULL,
    b_key bigint NOT NULL,
    a_person_no integer NOT NULL,
    b_person_no integer NOT NULL,
    store_id integer,
    weight real NOT NULL,
    probability real NOT NULL,
    rule text NOT NULL,
    refused_by text,
    levels jsonb NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'joined', 'kept_apart', 'skipped', 'obsolete')),
    decided_by integer,
    decided_at timestamptz,
    reason text,
    UNIQUE (a_key, b_key)
);
CREATE INDEX review_pair_open ON review_pair (probability DESC) WHERE state = 'open';

-- What people decided. Obeyed by every later run; revoking one is a decision too.
CREATE TABLE link_constraint (
    constraint_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('must_link', 'cannot_link')),
    a_key bigint NOT NULL,
    b_key bigint NOT NULL,
    reason text NOT NULL,
    made_by integer NOT NULL,
    made_at timestamptz NOT NULL,
    revoked_by integer,
    revoked_at timestamptz
);

CREATE TABLE super_node (
    kind text NOT NULL CHECK (kind IN ('phone', 'address', 'plate', 'id')),
    value_bidx bytea NOT NULL,
    value_masked text NOT NULL,
    role text NOT NULL,
    distinct_names integer NOT NULL,
    records integer NOT NULL,
    stores integer NOT NULL,
    run_id bigint NOT NULL,
    first_seen_on date,
    last_seen_on date,
    PRIMARY KEY (kind, value_bidx)
);

CREATE SEQUENCE household_no_seq;
CREATE TABLE household (
    household_id bigint PRIMARY KEY,
    basis text NOT NULL,
    member_count integer NOT NULL
);
CREATE TABLE household_member (
    household_id bigint NOT NULL REFERENCES household ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    person_no integer NOT NULL REFERENCES person,
    PRIMARY KEY (household_id, person_no)
);
CREATE INDEX household_member_person ON household_member (person_no);

CREATE TABLE survivorship_rule (
    field text PRIMARY KEY,
    -- ordered criteria: ["correction","source:dms","recency","frequency"]
    criteria jsonb NOT NULL,
    updated_by integer,
    updated_at timestamptz
);

-- A customer's own correction; outranks every source.
CREATE TABLE correction (
    correction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The record the customer corrected: through a merge and an un-merge the correction stays with its side.
    record_key bigint NOT NULL,
    person_no integer NOT NULL REFERENCES person,
    field text NOT NULL,
    -- Personal fields are sealed with a blind index, the others are clear.
    value_clear text,
    value_sealed bytea,
    value_bidx bytea,
    value_masked text NOT NULL,
    channel text NOT NULL,
    reason text,
    made_by integer,
    made_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK (num_nonnulls(value_clear, value_sealed) = 1)
);
CREATE INDEX correction_record ON correction (record_key);

-- Append-only: what became of every OneID.
CREATE TABLE identity_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL CHECK (subject IN ('person', 'vehicle')),
    kind text NOT NULL CHECK (kind IN ('created', 'absorbed', 'merged', 'split', 'unmerged', 'emptied')),
    no integer NOT NULL,
    other_no integer,
    record_keys bigint[] NOT NULL DEFAULT '{}',
    run_id bigint,
    by_user integer,
    reason text,
    at timestamptz NOT NULL
);
CREATE INDEX identity_event_no ON identity_event (subject, no);

-- Search as one types: names by prefix, initials, plates and VIN tails by range scans.
CREATE INDEX person_name ON person (name text_pattern_ops) WHERE merged_into IS NULL;
CREATE INDEX person_initials ON person (name_initials text_pattern_ops) WHERE merged_into IS NULL;
CREATE INDEX person_pinyin ON person (name_pinyin text_pattern_ops) WHERE merged_into IS NULL;
CREATE INDEX person_id_bidx ON person (id_bidx) WHERE id_bidx IS NOT NULL;
CREATE INDEX vehicle_vin ON vehicle (vin text_pattern_ops) WHERE vin IS NOT NULL;
CREATE INDEX vehicle_vin_tail ON vehicle (reverse(vin) text_pattern_ops) WHERE vin IS NOT NULL;
CREATE INDEX vehicle_plate_plate ON vehicle_plate (plate text_pattern_ops);

-- Scope. A person or vehicle is seen through the stores that know it; "own" narrows to the adviser's.
ALTER TABLE person_store ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_store FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON person_store TO forecourt_app
    USING (store_id = ANY ((SELECT fc_stores())::int[])
           AND ((SELECT fc_own()) = 0 OR advisor_id = (SELECT fc_own())));
CREATE POLICY worker ON person_store TO forecourt_worker USING (true) WITH CHECK (true);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['person', 'person_phone', 'household_member', 'correction'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format($p$CREATE POLICY scope ON %1$I TO forecourt_app USING (EXISTS (
            SELECT 1 FROM person_store ps WHERE ps.person_no = %1$I.person_no))$p$, t);
        EXECUTE format('CREATE POLICY worker ON %I TO forecourt_worker USING (true) WITH CHECK (true)', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['vehicle', 'vehicle_plate', 'vehicle_role'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format($p$CREATE POLICY scope ON %1$I TO forecourt_app USING (EXISTS (
            SELECT 1 FROM vehicle_store vs WHERE vs.vehicle_no = %1$I.vehicle_no))$p$, t);
        EXECUTE format('CREATE POLICY worker ON %I TO forecourt_worker USING (true) WITH CHECK (true)', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['person', 'person_store', 'person_phone', 'household_member', 'correction',
                             'vehicle', 'vehicle_plate', 'vehicle_role'] LOOP
        EXECUTE format('GRANT SELECT ON %I TO forecourt_app', t);
        EXECUTE format('GRANT ALL ON %I TO forecourt_worker', t);
    END LOOP;
END $$;

SELECT fc_scope_by_store('vehicle_store');
SELECT fc_scope_by_store('person_record');
SELECT fc_scope_by_store('vehicle_record_link');
SELECT fc_scope_by_store('review_pair');
SELECT fc_open_table('identity_model', 'select');
SELECT fc_open_table('identity_run', 'select');
SELECT fc_open_table('survivorship_rule', 'select');
SELECT fc_open_table('household', 'select');
-- Edges, constraints, super-nodes and events name records of several stores: only the worker reads
-- them, and the service shows a user the part that lies within his scope.
SELECT fc_open_table('identity_edge', '');
SELECT fc_open_table('link_constraint', '');
SELECT fc_open_table('super_node', '');
SELECT fc_open_table('identity_event', '');
GRANT USAGE ON SEQUENCE person_no_seq, vehicle_no_seq, household_no_seq TO forecourt_worker;
