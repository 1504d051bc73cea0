-- Consent is kept for each source record, never for a person: a merge takes the most restrictive of
-- its records, and an un-merge gives each side its own back because nothing was ever overwritten.

CREATE TABLE purpose (
    code         text     PRIMARY KEY,
    name         text     NOT NULL,
    name_en      text     NOT NULL,
    -- law this purpose stands on: asked for, or needed to fulfil a contract or a duty
    basis        text     NOT NULL CHECK (basis IN ('consent', 'contract', 'legal_duty')),
    text_version integer  NOT NULL DEFAULT 1,
    position     smallint NOT NULL UNIQUE
);
INSERT INTO purpose (code, name, name_en, basis, position) VALUES
    ('service',    '服务通知(维修进度、召回、保单到期)', 'Service notices (repairs, recalls, expiries)', 'contract',   1),
    ('marketing',  '营销与活动通知',                      'Marketing and campaigns',                      'consent',    2),
    ('profiling',  '个性化推荐',                          'Personalised recommendations',                 'consent',    3),
    ('archive',    '会话存档',                            'Archiving of conversations',                   'consent',    4),
    ('accounting', '财税凭证留存',                        'Keeping of accounting records',                'legal_duty', 5);
SELECT fc_open_table('purpose', 'select');

-- Append-only: the newest row of a record and purpose is what holds.
CREATE TABLE consent_record (
    consent_id   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_key   bigint      NOT NULL,
    store_id     integer,
    purpose      text        NOT NULL REFERENCES purpose,
    state        text        NOT NULL CHECK (state IN ('given', 'withdrawn')),
    channel      text        NOT NULL,
    text_version integer     NOT NULL,
    -- where the proof lies: a batch and row, a message, a form
    evidence     jsonb       NOT NULL DEFAULT '{}',
    recorded_by  integer     NOT NULL DEFAULT fc_user(),
    recorded_at  timestamptz NOT NULL,
    UNIQUE (record_key, purpose, recorded_at)
);
CREATE INDEX consent_record_record ON consent_record (record_key, purpose, recorded_at DESC);
SELECT fc_scope_by_store('consent_record');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON consent_record
    FOR EACH ROW EXECUTE FUNCTION fc_refuse_change();

-- Records whose person asked to be forgotten, or whom the house will not serve. Kept by record for
-- the same reason as consent.
CREATE TABLE suppression (
    record_key bigint      NOT NULL,
    store_id   integer,
    kind       text        NOT NULL CHECK (kind IN ('erased', 'blacklisted')),
    reason     text        NOT NULL,
    since      timestamptz NOT NULL,
    made_by    integer     NOT NULL DEFAULT fc_user(),
    lifted_at  timestamptz,
    PRIMARY KEY (record_key, kind)
);
SELECT fc_scope_by_store('suppression');
