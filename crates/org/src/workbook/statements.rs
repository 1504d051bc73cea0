//! The statements of the sheets. Each takes all rows of a sheet as one JSON array and answers with the number of
//! rows made and changed; rows that say what is there already touch nothing.

pub const REGION: &str = "
WITH given AS (SELECT * FROM jsonb_to_recordset($1) AS g (n int, code text, name text)),
changed AS (
    UPDATE region SET name = given.name
    FROM given
    WHERE region.code = given.code AND region.name <> given.name
    RETURNING 1),
created AS (
    INSERT INTO region (code, name)
    SELECT code, name FROM given
    WHERE NOT EXISTS (SELECT 1 FROM region WHERE region.code = given.code)
    ORDER BY n
    RETURNING 1)
SELECT (SELECT count(*) FROM created), (SELECT count(*) FROM changed)";

/// Second pass: a region may stand above one that comes before it. A circle is left as it was.
pub const REGION_PARENT: &str = "
WITH given AS (SELECT * FROM jsonb_to_recordset($1) AS g (code text, parent text)),
changed AS (
    UPDATE region SET parent_id = above.region_id
    FROM given
    LEFT JOIN region AS above ON above.code = given.parent
    WHERE region.code = given.code AND region.parent_id IS DISTINCT FROM above.region_id
      AND (above.region_id IS NULL OR above.region_id NOT IN (SELECT org_region_tree(region.region_id)))
    RETURNING 1)
SELECT 0::bigint, count(*) FROM changed";

pub const LEGAL_ENTITY: &str = "
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1)
        AS g (n int, code text, name text, uscc text, kind text, registered_capital_fen bigint)),
changed AS (
    UPDATE legal_entity
    SET name = given.name, uscc = given.uscc, kind = given.kind,
        registered_capital_fen = COALESCE(given.registered_capital_fen, legal_entity.registered_capital_fen)
    FROM given
    WHERE legal_entity.code = given.code
      AND (legal_entity.name, legal_entity.uscc, legal_entity.kind, legal_entity.registered_capital_fen)
          IS DISTINCT FROM
          (given.name, given.uscc, given.kind,
           COALESCE(given.registered_capital_fen, legal_entity.registered_capital_fen))
    RETURNING 1),
created AS (
    INSERT INTO legal_entity (code, name, uscc, kind, registered_capital_fen)
    SELECT code, name, uscc, kind, registered_capital_fen FROM given
    WHERE NOT EXISTS (SELECT 1 FROM legal_entity WHERE legal_entity.code = given.code)
    ORDER BY n
    RETURNING 1)
SELECT (SELECT count(*) FROM created), (SELECT count(*) FROM changed)";

pub const BRAND: &str = "
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1) AS g (n int, code text, name text, name_en text, tier text, energy text)),
changed AS (
    UPDATE brand SET name = given.name, name_en = given.name_en, tier = given.tier, energy = given.energy
    FROM given
    WHERE brand.code = given.code
      AND (brand.name, brand.name_en, brand.tier, brand.energy)
          IS DISTINCT FROM (given.name, given.name_en, given.tier, given.energy)
    RETURNING 1),
created AS (
    INSERT INTO brand (code, name, name_en, tier, energy)
    SELECT code, name, name_en, tier, energy FROM given
    WHERE NOT EXISTS (SELECT 1 FROM brand WHERE brand.code = given.code)
    ORDER BY n
    RETURNING 1)
SELECT (SELECT count(*) FROM created), (SELECT count(*) FROM changed)";

pub const STORE: &str = "
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1)
        AS g (n int, code text, name text, short_name text, kind text, region_id int, legal_entity_id int,
              grade text, city text, opened_on date, closed_on date, lat float8, lng float8)),
changed AS (
    UPDATE store
    SET name = given.name, short_name = given.short_name, kind = given.kind, region_id = given.region_id,
        legal_entity_id = given.legal_entity_id, grade = given.grade, city = given.city,
        opened_on = given.opened_on, closed_on = given.closed_on, lat = given.lat, lng = given.lng
    FROM given
    WHERE store.code = given.code
      AND (store.name, store.short_name, store.kind, store.region_id, store.legal_entity_id, store.grade,
           store.city, store.opened_on, store.closed_on, store.lat, store.lng)
          IS DISTINCT FROM
          (given.name, given.short_name, given.kind, given.region_id, given.legal_entity_id, given.grade,
           given.city, given.opened_on, given.closed_on, given.lat, given.lng)
    RETURNING 1),
created AS (
    INSERT INTO store (code, name, short_name, kind, region_id, legal_entity_id, grade, city, opened_on,
                       closed_on, lat, lng)
    SELECT code, name, short_name, kind, region_id, legal_entity_id, grade, city, opened_on, closed_on, lat, lng
    FROM given
    WHERE NOT EXISTS (SELECT 1 FROM store WHERE store.code = given.code)
    ORDER BY n
    RETURNING 1)
SELECT (SELECT count(*) FROM created), (SELECT count(*) FROM changed)";

/// Second pass: the brands of the stores, now that the stores have numbers. Counted with the stores' own changes
/// would be twice, so it counts nothing.
pub const STORE_BRAND: &str = "
WITH given AS (
    SELECT store.store_id, wanted.brand_ids
    FROM jsonb_to_recordset($1) AS wanted (code text, brand_ids int[])
    JOIN store ON store.code = wanted.code),
gone AS (
    DELETE FROM store_brand USING given
    WHERE store_brand.store_id = given.store_id AND store_brand.brand_id <> ALL (given.brand_ids)
    RETURNING 1),
come AS (
    INSERT INTO store_brand (store_id, brand_id)
    SELECT store_id, unnest(brand_ids) FROM given
    ON CONFLICT DO NOTHING
    RETURNING 1)
SELECT 0::bigint, 0::bigint";

pub const DEPARTMENT: &str = "
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1) AS g (n int, code text, name text, store_id int, business_line text)),
changed AS (
    UPDATE department SET name = given.name, store_id = given.store_id, business_line = given.business_line
    FROM given
    WHERE department.code = given.code
      AND (department.name, department.store_id, department.business_line)
          IS DISTINCT FROM (given.name, given.store_id, given.business_line)
    RETURNING 1),
created AS (
    INSERT INTO department (code, name, store_id, business_line)
    SELECT code, name, store_id, business_line FROM given
    WHERE NOT EXISTS (SELECT 1 FROM department WHERE department.code = given.code)
    ORDER BY n
    RETURNING 1)
SELECT (SELECT count(*) FROM created), (SELECT count(*) FROM changed)";

/// Second pass: a department may stand above one that comes before it.
pub const DEPARTMENT_PARENT: &str = "
WITH given AS (SELECT * FROM jsonb_to_recordset($1) AS g (code text, parent text)),
moved AS (
    UPDATE department SET parent_id = above.department_id
    FROM given
    LEFT JOIN department AS above ON above.code = given.parent
    WHERE department.code = given.code AND department.parent_id IS DISTINCT FROM above.department_id
    RETURNING 1)
SELECT 0::bigint, 0::bigint";

pub const POSITION: &str = "
WITH given AS (SELECT * FROM jsonb_to_recordset($1) AS g (n int, code text, name text, business_line text)),
changed AS (
    UPDATE position SET name = given.name, business_line = given.business_line
    FROM given
    WHERE position.code = given.code
      AND (position.name, position.business_line) IS DISTINCT FROM (given.name, given.business_line)
    RETURNING 1),
created AS (
    INSERT INTO position (code, name, business_line)
    SELECT code, name, business_line FROM given
    WHERE NOT EXISTS (SELECT 1 FROM position WHERE position.code = given.code)
    ORDER BY n
    RETURNING 1)
SELECT (SELECT count(*) FROM created), (SELECT count(*) FROM changed)";

pub const SOURCE_SYSTEM: &str = "
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1) AS g (n int, store_id int, source text, live_from date, live_to date)),
changed AS (
    UPDATE source_system SET live_to = given.live_to
    FROM given
    WHERE source_system.store_id = given.store_id AND source_system.source = given.source
      AND source_system.live_from = given.live_from AND source_system.live_to IS DISTINCT FROM given.live_to
    RETURNING 1),
created AS (
    INSERT INTO source_system (store_id, source, live_from, live_to)
    SELECT store_id, source, live_from, live_to FROM given
    WHERE NOT EXISTS (
        SELECT 1 FROM source_system
        WHERE source_system.store_id = given.store_id AND source_system.source = given.source
          AND source_system.live_from = given.live_from)
    ORDER BY n
    RETURNING 1)
SELECT (SELECT count(*) FROM created), (SELECT count(*) FROM changed)";

pub const FEATURE_FLAG: &str = "
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1) AS g (n int, store_id int, feature text, enabled boolean, since_on date)),
changed AS (
    UPDATE feature_flag SET enabled = given.enabled, since_on = given.since_on
    FROM given
    WHERE feature_flag.store_id = given.store_id AND feature_flag.feature = given.feature
      AND (feature_flag.enabled, feature_flag.since_on) IS DISTINCT FROM (given.enabled, given.since_on)
    RETURNING 1),
created AS (
    INSERT INTO feature_flag (store_id, feature, enabled, since_on)
    SELECT store_id, feature, enabled, since_on FROM given
    WHERE NOT EXISTS (
        SELECT 1 FROM feature_flag
        WHERE feature_flag.store_id = given.store_id AND feature_flag.feature = given.feature)
    ORDER BY n
    RETURNING 1)
SELECT (SELECT count(*) FROM created), (SELECT count(*) FROM changed)";

pub const EMPLOYEE: &str = "
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1)
        AS g (n int, code text, name text, mobile_sealed bytea, mobile_bidx bytea, mobile_masked text,
              store_id int, department_id int, position_id int, hired_on date, left_on date, left_before boolean)),
changed AS (
    UPDATE employee
    SET name = given.name, mobile_masked = given.mobile_masked, mobile_bidx = given.mobile_bidx,
        mobile_sealed = CASE WHEN employee.mobile_bidx IS DISTINCT FROM given.mobile_bidx
                             THEN given.mobile_sealed ELSE employee.mobile_sealed END,
        store_id = given.store_id, department_id = given.department_id, position_id = given.position_id,
        hired_on = given.hired_on, left_on = given.left_on,
        leave_handled = employee.leave_handled AND given.left_on IS NOT NULL
    FROM given
    WHERE employee.code = given.code
      AND (employee.name, employee.mobile_masked, employee.mobile_bidx, employee.store_id, employee.department_id,
           employee.position_id, employee.hired_on, employee.left_on)
          IS DISTINCT FROM
          (given.name, given.mobile_masked, given.mobile_bidx, given.store_id, given.department_id,
           given.position_id, given.hired_on, given.left_on)
    RETURNING 1),
created AS (
    INSERT INTO employee (code, name, mobile_sealed, mobile_bidx, mobile_masked, store_id, department_id,
                          position_id, hired_on, left_on, leave_handled)
    SELECT code, name, mobile_sealed, mobile_bidx, mobile_masked, store_id, department_id, position_id, hired_on,
           left_on, left_before
    FROM given
    WHERE NOT EXISTS (SELECT 1 FROM employee WHERE employee.code = given.code)
    ORDER BY n
    RETURNING 1)
SELECT (SELECT count(*) FROM created), (SELECT count(*) FROM changed)";
