-- Work to be done later, events to be told, and what recurs by the clock.

CREATE TABLE job (
    job_id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text        NOT NULL,
    payload      jsonb       NOT NULL,
    state        text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'dead')),
    dedup_key    text,
    run_at       timestamptz NOT NULL DEFAULT now(),
    attempts     int         NOT NULL DEFAULT 0,
    locked_by    text,
    locked_until timestamptz,
    last_error   text,
    enqueued_at  timestamptz NOT NULL DEFAULT now(),
    enqueued_by  int         NOT NULL DEFAULT fc_user(),
    finished_at  timestamptz,
    CHECK ((state = 'running') = (locked_by IS NOT NULL)),
    CHECK ((state = 'running') = (locked_until IS NOT NULL)),
    CHECK ((state IN ('done', 'dead')) = (finished_at IS NOT NULL))
);
-- What waits already need not wait twice; what runs may be ordered again, because it may have read too early.
CREATE UNIQUE INDEX job_dedup ON job (kind, dedup_key) WHERE state = 'waiting';
CREATE INDEX job_due ON job (run_at, job_id) WHERE state = 'waiting';
CREATE INDEX job_leased ON job (locked_until) WHERE state = 'running';
CREATE INDEX job_finished ON job (finished_at) WHERE state IN ('done', 'dead');
SELECT fc_open_table('job', 'select, insert');

CREATE TABLE outbox_event (
    event_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text        NOT NULL,
    version     int         NOT NULL,
    key         text        NOT NULL,
    payload     jsonb       NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    relayed_at  timestamptz
);
CREATE INDEX outbox_event_fresh ON outbox_event (event_id) WHERE relayed_at IS NULL;
SELECT fc_open_table('outbox_event', 'insert');

CREATE TABLE schedule (
    name        text        PRIMARY KEY,
    cron        text        NOT NULL,
    kind        text        NOT NULL,
    payload     jsonb       NOT NULL,
    enabled     boolean     NOT NULL DEFAULT true,
    next_run_at timestamptz NOT NULL,
    last_run_at timestamptz
);
SELECT fc_open_table('schedule', 'select');

-- One process at a time does what must be done by one only (e.g. the clock of the schedules).
CREATE TABLE lease (
    name       text        PRIMARY KEY,
    held_by    text        NOT NULL,
    held_until timestamptz NOT NULL
);
SELECT fc_open_table('lease', 'select');
