-- What deciding, undoing and looking on need beyond the first step.

-- A review pair is seen by whoever sees one of its two sides.
ALTER TABLE review_pair ADD COLUMN b_store_id integer;
DROP POLICY scope ON review_pair;
CREATE POLICY scope ON review_pair TO forecourt_app
    USING ((SELECT fc_own()) = 0
           AND (store_id = ANY ((SELECT fc_stores())::int[])
                OR b_store_id = ANY ((SELECT fc_stores())::int[])
                OR (store_id IS NULL AND b_store_id IS NULL AND (SELECT fc_group()))));

-- These are computed by the house; people only read them.
REVOKE INSERT, UPDATE, DELETE ON review_pair, person_record, vehicle_record_link, vehicle_store FROM forecourt_app;

-- A customer whom only systems without a store know belongs to the group.
CREATE POLICY group_scope ON person TO forecourt_app
    USING (store_count = 0 AND merged_into IS NULL AND record_count > 0 AND (SELECT fc_group()));

-- A decision and what it superseded can be undone together.
ALTER TABLE link_constraint
    ADD COLUMN run_id bigint,
    ADD COLUMN revoked_run_id bigint;
CREATE INDEX link_constraint_a ON link_constraint (a_key) WHERE revoked_at IS NULL;
CREATE INDEX link_constraint_b ON link_constraint (b_key) WHERE revoked_at IS NULL;
CREATE INDEX link_constraint_run ON link_constraint (run_id);

ALTER TABLE review_pair ADD COLUMN run_id bigint;
CREATE INDEX review_pair_run ON review_pair (run_id) WHERE run_id IS NOT NULL;

CREATE INDEX identity_event_other ON identity_event (subject, other_no) WHERE other_no IS NOT NULL;

-- A shared value is listed for the stores whose records carry it.
ALTER TABLE super_node ADD COLUMN store_ids integer[] NOT NULL DEFAULT '{}';
ALTER TABLE super_node ENABLE ROW LEVEL SECURITY;
ALTER TABLE super_node FORCE ROW LEVEL SECURITY;
CREATE POLICY scope ON super_node TO forecourt_app
    USING ((SELECT fc_group()) OR store_ids && (SELECT fc_stores())::int[]);
GRANT SELECT ON super_node TO forecourt_app;

ALTER TABLE survivorship_rule ADD COLUMN version integer NOT NULL DEFAULT 1;
