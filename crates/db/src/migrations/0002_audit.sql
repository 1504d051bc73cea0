-- Who did what, why and when. Rows are only ever added.

CREATE TABLE audit_entry (
    audit_id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    user_id      int         NOT NULL DEFAULT fc_user(),
    action       text        NOT NULL CHECK (action <> ''),
    subject_kind text        NOT NULL,
    subject_id   text        NOT NULL,
    store_id     int,
    reason       text,
    detail       jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_entry_at ON audit_entry (at DESC, audit_id DESC);
CREATE INDEX audit_entry_subject ON audit_entry (subject_kind, subject_id, at DESC);
CREATE INDEX audit_entry_user ON audit_entry (user_id, at DESC);
CREATE INDEX audit_entry_store ON audit_entry (store_id, at DESC);

ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;

-- Whoever acts leaves a trace, whatever his scope, but only in his own name.
CREATE POLICY trace ON audit_entry FOR INSERT TO forecourt_app
    WITH CHECK (user_id = (SELECT fc_user()));
CREATE POLICY scope ON audit_entry FOR SELECT TO forecourt_app
    USING (store_id = ANY ((SELECT fc_stores())::int[])
           OR (store_id IS NULL AND ((SELECT fc_group()) OR user_id = (SELECT fc_user()))));
CREATE POLICY worker_trace ON audit_entry FOR INSERT TO forecourt_worker WITH CHECK (true);
CREATE POLICY worker_reads ON audit_entry FOR SELECT TO forecourt_worker USING (true);

GRANT SELECT, INSERT ON audit_entry TO forecourt_app, forecourt_worker;
SELECT fc_grant_sequences('audit_entry', 'forecourt_app');
SELECT fc_grant_sequences('audit_entry', 'forecourt_worker');

-- Not even the owner rewrites history.
CREATE FUNCTION fc_refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION fc_refuse_change();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION fc_refuse_change();
