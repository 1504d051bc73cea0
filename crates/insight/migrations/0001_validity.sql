-- Valid customers (有效客户). A verdict is a relation between a customer and a scope; nothing here
-- is a property of the customer, and no count of people is ever a sum of other counts.

-- What people decided: every version of the rule stays, because old verdicts name it.
CREATE TABLE validity_rule (
    version    integer     PRIMARY KEY,
    body       jsonb       NOT NULL,
    reason     text        NOT NULL,
    changed_by integer,
    changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO validity_rule (version, body, reason) VALUES
    (1,
     '{"group": {"repair_months": 24, "purchase_months": 36, "interaction_months": 12, "prospect_days": 180}, "brands": [], "stores": []}',
     '行业默认规则');
SELECT fc_open_table('validity_rule', 'select,insert');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON validity_rule
    FOR EACH ROW EXECUTE FUNCTION fc_refuse_change();

-- Two slots take turns: a run fills the one nobody reads, and one row here turns the readers round.
CREATE TABLE validity_current (
    only_row     boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    slot         smallint    NOT NULL CHECK (slot IN (0, 1)),
    rule_version integer     NOT NULL REFERENCES validity_rule,
    as_of        date,
    computed_at  timestamptz
);
INSERT INTO validity_current (slot, rule_version) VALUES (0, 1);
SELECT fc_open_table('validity_current', 'select');

CREATE TABLE validity_verdict_row (
    slot       smallint NOT NULL,
    person_no  integer  NOT NULL,
    scope_kind text     NOT NULL CHECK (scope_kind IN ('store', 'brand', 'region', 'group')),
    scope_id   integer  NOT NULL,
    verdict    text     NOT NULL CHECK (verdict IN ('valid', 'invalid', 'unknown')),
    reasons    text[]   NOT NULL,
    -- [{"kind": "repair_recent", "on": "2022-05-30", "store_id": 3, "record_key": "123"}]
    evidence   jsonb    NOT NULL
) PARTITION BY LIST (slot);
-- COPY is refused on a table with row-level security, so the worker fills the partitions
-- themselves; people have rights on the whole only, and meet its policy there.
CREATE TABLE validity_verdict_row_0 PARTITION OF validity_verdict_row FOR VALUES IN (0);
CREATE TABLE validity_verdict_row_1 PARTITION OF validity_verdict_row FOR VALUES IN (1);
CREATE INDEX validity_verdict_person ON validity_verdict_row (person_no, scope_kind, scope_id);
CREATE INDEX validity_verdict_scope ON validity_verdict_row (scope_kind, scope_id, verdict, person_no);
SELECT fc_open_to_worker('validity_verdict_row_0');
SELECT fc_open_to_worker('validity_verdict_row_1');

-- Distinct people of a scope on a day; the trend of the first screens.
CREATE TABLE validity_count (
    on_day         date    NOT NULL,
    scope_kind     text    NOT NULL CHECK (scope_kind IN ('store', 'brand', 'region', 'group')),
    scope_id       integer NOT NULL,
    valid          integer NOT NULL,
    invalid        integer NOT NULL,
    unknown        integer NOT NULL,
    -- distinct people valid at one or more of the scope's stores; at most the sum of its stores
    valid_at_store integer NOT NULL,
    -- distinct people with a repair order or purchase within twelve months
    active         integer NOT NULL,
    -- distinct valid people with a live WeCom or mini-program binding
    connected      integer NOT NULL,
    -- reason code to people, of those who are not valid
    reasons        jsonb   NOT NULL,
    rule_version   integer NOT NULL REFERENCES validity_rule,
    PRIMARY KEY (on_day, scope_kind, scope_id)
);

-- How far two stores know and serve the same people; of the newest run only.
CREATE TABLE validity_overlap (
    store_a      integer NOT NULL,
    store_b      integer NOT NULL CHECK (store_b > store_a),
    known        integer NOT NULL,
    valid_both   integer NOT NULL,
    valid_a_only integer NOT NULL,
    valid_b_only integer NOT NULL,
    PRIMARY KEY (store_a, store_b)
);

-- Regions and brands of the reader's stores: verdicts on his own customers in these scopes are his
-- to see, since they say something about a person he serves.
CREATE FUNCTION fc_regions() RETURNS int[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT COALESCE(array_agg(DISTINCT region_id), '{}') FROM store WHERE store_id = ANY (fc_stores()) $$;

CREATE FUNCTION fc_brands() RETURNS int[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT COALESCE(array_agg(DISTINCT brand_id), '{}') FROM store_brand WHERE store_id = ANY (fc_stores()) $$;

-- Counts of a region or brand tell about other people's customers too: only who has all its stores
-- may read them.
CREATE FUNCTION fc_whole_regions() RETURNS int[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT COALESCE(array_agg(region_id), '{}')
    FROM (SELECT region_id FROM store GROUP BY region_id HAVING bool_and(store_id = ANY (fc_stores()))) whole
$$;

CREATE FUNCTION fc_whole_brands() RETURNS int[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT COALESCE(array_agg(brand_id), '{}')
    FROM (SELECT brand_id FROM store_brand GROUP BY brand_id HAVING bool_and(store_id = ANY (fc_stores()))) whole
$$;

ALTER TABLE validity_verdict_row ENABLE ROW LEVEL SECURITY;
ALTER TABLE validity_verdict_row FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON validity_verdict_row FOR SELECT TO forecourt_app
    USING (CASE scope_kind
               WHEN 'store' THEN scope_id = ANY ((SELECT fc_stores())::int[])
               WHEN 'region' THEN scope_id = ANY ((SELECT fc_regions())::int[])
               WHEN 'brand' THEN scope_id = ANY ((SELECT fc_brands())::int[])
               ELSE true
           END
           -- OFFSET 0: one look into an index a row, never a hash table of all customers
           AND ((SELECT fc_group() AND fc_own() = 0)
                OR EXISTS (SELECT 1
                           FROM person_store ps
                           WHERE ps.person_no = validity_verdict_row.person_no
                           OFFSET 0)));
SELECT fc_open_to_worker('validity_verdict_row');
GRANT SELECT ON validity_verdict_row TO forecourt_app;

-- What everybody reads: the slot in force, with the rule and the day it was judged by.
CREATE VIEW validity_verdict WITH (security_invoker = true) AS
SELECT v.person_no, v.scope_kind, v.scope_id, v.verdict, v.reasons, v.evidence, c.rule_version, c.as_of
FROM validity_verdict_row v
CROSS JOIN validity_current c
WHERE v.slot = (SELECT slot FROM validity_current);
GRANT SELECT ON validity_verdict TO forecourt_app, forecourt_worker;

ALTER TABLE validity_count ENABLE ROW LEVEL SECURITY;
ALTER TABLE validity_count FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON validity_count FOR SELECT TO forecourt_app
    USING (CASE scope_kind
               WHEN 'store' THEN scope_id = ANY ((SELECT fc_stores())::int[])
               WHEN 'region' THEN scope_id = ANY ((SELECT fc_whole_regions())::int[])
               WHEN 'brand' THEN scope_id = ANY ((SELECT fc_whole_brands())::int[])
               ELSE (SELECT fc_group())
           END);
SELECT fc_open_to_worker('validity_count');
GRANT SELECT ON validity_count TO forecourt_app;

ALTER TABLE validity_overlap ENABLE ROW LEVEL SECURITY;
ALTER TABLE validity_overlap FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON validity_overlap FOR SELECT TO forecourt_app
    USING (store_a = ANY ((SELECT fc_stores())::int[]) AND store_b = ANY ((SELECT fc_stores())::int[]));
SELECT fc_open_to_worker('validity_overlap');
GRANT SELECT ON validity_overlap TO forecourt_app;
