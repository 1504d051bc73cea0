-- Who may see what. A scoped transaction carries its caller's scope in settings (fc.*); the policies read them here.

GRANT USAGE ON SCHEMA public TO forecourt_app, forecourt_worker;
-- PostgreSQL before 15 lets everybody make tables in "public".
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT SELECT ON schema_migration TO forecourt_app, forecourt_worker;

CREATE FUNCTION fc_stores() RETURNS int[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT COALESCE(NULLIF(current_setting('fc.stores', true), ''), '{}')::int[] $$;
COMMENT ON FUNCTION fc_stores() IS 'Stores whose rows the caller of this transaction may see; empty without a scope.';

CREATE FUNCTION fc_group() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT COALESCE(current_setting('fc.group', true), '') = '1' $$;
COMMENT ON FUNCTION fc_group() IS 'Whether the caller may also see rows that belong to no store.';

CREATE FUNCTION fc_own() RETURNS int
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT COALESCE(NULLIF(current_setting('fc.own', true), ''), '0')::int $$;
COMMENT ON FUNCTION fc_own() IS 'The employee to whose own customers the caller is confined; 0 if he is not.';

CREATE FUNCTION fc_user() RETURNS int
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT COALESCE(NULLIF(current_setting('fc.user_id', true), ''), '0')::int $$;
COMMENT ON FUNCTION fc_user() IS 'The account on whose order this transaction runs; 0 for the house itself.';

CREATE FUNCTION fc_masked() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT COALESCE(current_setting('fc.masked', true), '') <> '0' $$;
COMMENT ON FUNCTION fc_masked() IS 'Whether personal fields leave masked; true without a scope.';

-- Lets identity and serial columns of a table be used by whoever may insert.
CREATE FUNCTION fc_grant_sequences(t regclass, grantee text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    s regclass;
BEGIN
    FOR s IN
        SELECT d.objid::regclass
        FROM pg_depend d
        JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
        WHERE d.refobjid = t AND d.deptype IN ('a', 'i')
    LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %I', s, grantee);
    END LOOP;
END
$$;

-- The worker sees every row, also of a table whose row-level security is forced upon its owner.
CREATE FUNCTION fc_open_to_worker(t regclass) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %s TO forecourt_worker', t);
    EXECUTE format('DROP POLICY IF EXISTS worker ON %s', t);
    EXECUTE format('CREATE POLICY worker ON %s TO forecourt_worker USING (true) WITH CHECK (true)', t);
    PERFORM fc_grant_sequences(t, 'forecourt_worker');
END
$$;

-- A table with a column store_id: people see and write rows of their stores only; rows without a store belong to the
-- group. The sub-selects make PostgreSQL read the settings once a query and not once a row.
CREATE FUNCTION fc_scope_by_store(t regclass) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('DROP POLICY IF EXISTS scope ON %s', t);
    EXECUTE format(
        'CREATE POLICY scope ON %s TO forecourt_app '
        'USING (store_id = ANY ((SELECT fc_stores())::int[]) OR (store_id IS NULL AND (SELECT fc_group()))) '
        'WITH CHECK (store_id = ANY ((SELECT fc_stores())::int[]) OR (store_id IS NULL AND (SELECT fc_group())))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO forecourt_app', t);
    PERFORM fc_grant_sequences(t, 'forecourt_app');
    PERFORM fc_open_to_worker(t);
END
$$;

-- A table without a store: the rights named go to people, all to the worker. No row-level security.
CREATE FUNCTION fc_open_table(t regclass, rights text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    r text;
BEGIN
    FOREACH r IN ARRAY string_to_array(lower(replace(rights, ' ', '')), ',') LOOP
        IF r NOT IN ('select', 'insert', 'update', 'delete') THEN
            RAISE EXCEPTION 'fc_open_table: unknown right "%"', r;
        END IF;
        EXECUTE format('GRANT %s ON %s TO forecourt_app', r, t);
    END LOOP;
    IF position('insert' in lower(rights)) > 0 THEN
        PERFORM fc_grant_sequences(t, 'forecourt_app');
    END IF;
    PERFORM fc_open_to_worker(t);
END
$$;

-- For migrations only: nobody but the owner opens tables.
REVOKE EXECUTE ON FUNCTION
    fc_grant_sequences(regclass, text), fc_open_to_worker(regclass),
    fc_scope_by_store(regclass), fc_open_table(regclass, text)
FROM PUBLIC;
