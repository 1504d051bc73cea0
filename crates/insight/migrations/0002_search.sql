-- Look-ups as one types, and lists over millions. Indexes and policies here lie on tables of identity,
-- because only this context's screens read them by the ten thousand.

-- The middle of a Chinese name: by its characters, since two characters are too few for trigrams.
CREATE INDEX person_name_chars ON person USING gin (string_to_array(name, NULL))
    WHERE merged_into IS NULL AND name IS NOT NULL;

-- Vehicles of paper ledgers known by the last eight symbols only.
CREATE INDEX vehicle_vis_tail ON vehicle (reverse(vis) text_pattern_ops)
    WHERE vin IS NULL AND vis IS NOT NULL;

-- Lists by their default order.
CREATE INDEX person_last_seen ON person (last_seen_on DESC NULLS LAST, person_no) WHERE merged_into IS NULL;
CREATE INDEX vehicle_last_seen ON vehicle (last_seen_on DESC NULLS LAST, vehicle_no) WHERE merged_into IS NULL;

-- Who has the whole group sees every row, so nothing needs to be asked about each. For everybody else
-- OFFSET 0 keeps PostgreSQL from collecting all customers of all stores into a hash table before it
-- looks at the first row: one look into an index a row is what a page needs.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['person', 'person_phone', 'household_member', 'correction'] LOOP
        EXECUTE format($p$ALTER POLICY scope ON %1$I USING (
            (SELECT fc_group() AND fc_own() = 0)
            OR EXISTS (SELECT 1 FROM person_store ps WHERE ps.person_no = %1$I.person_no OFFSET 0))$p$, t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['vehicle', 'vehicle_plate', 'vehicle_role'] LOOP
        EXECUTE format($p$ALTER POLICY scope ON %1$I USING (
            (SELECT fc_group() AND fc_own() = 0)
            OR EXISTS (SELECT 1 FROM vehicle_store vs WHERE vs.vehicle_no = %1$I.vehicle_no OFFSET 0))$p$, t);
    END LOOP;
END $$;

-- Under row-level security an index serves only comparisons that cannot tell tales (LEAKPROOF). Those
-- of arrays and of reversed texts are not marked so. These functions use the index with the rights of
-- the tables' owner, propose numbers only, and already within the caller's scope; whoever reads a row
-- by such a number meets its policy again.
CREATE FUNCTION fc_persons_by_name_part(part text, most bigint) RETURNS SETOF integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    -- EXECUTE, so that the plan knows how rare the characters are
    RETURN QUERY EXECUTE '
        SELECT p.person_no
        FROM person p
        WHERE p.merged_into IS NULL
          AND p.name IS NOT NULL
          AND string_to_array(p.name, NULL) @> string_to_array($1, NULL)
          AND position($1 IN p.name) > 1
          AND ($3 OR EXISTS (SELECT 1
                             FROM person_store ps
                             WHERE ps.person_no = p.person_no
                               AND ps.store_id = ANY ($4)
                               AND ($5 = 0 OR ps.advisor_id = $5)
                             OFFSET 0))
        LIMIT $2'
    USING part, most, fc_group() AND fc_own() = 0, fc_stores(), fc_own();
END
$$;

-- By the beginning of a name, its initials or its pinyin, for readers of some stores. A name can be
-- common in the group and unknown at these stores: reading the index is given up after five thousand
-- names, and the reader's own customers are gone through instead. Either way the work is bounded.
CREATE FUNCTION fc_persons_by_name_start(spelling text, start text, past text, most bigint) RETURNS SETOF integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    names_read constant integer := 5000;
    stores integer[] := fc_stores();
    own integer := fc_own();
    found integer[];
    met bigint;
BEGIN
    IF spelling NOT IN ('name', 'name_initials', 'name_pinyin') THEN
        RAISE EXCEPTION 'fc_persons_by_name_start: no spelling "%"', spelling;
    END IF;
    EXECUTE format('
        SELECT array_agg(met.person_no) FILTER (WHERE met.own), count(*)
        FROM (SELECT p.person_no,
                     EXISTS (SELECT 1
                             FROM person_store ps
                             WHERE ps.person_no = p.person_no
                               AND ps.store_id = ANY ($4)
                               AND ($5 = 0 OR ps.advisor_id = $5)
                             OFFSET 0) AS own
              FROM (SELECT person_no
                    FROM person
                    WHERE merged_into IS NULL AND %1$I ~>=~ $1 AND %1$I ~<~ $2
                    ORDER BY %1$I USING ~<~
                    LIMIT $3) p) met', spelling)
    INTO found, met
    USING start, past, names_read, stores, own;
    IF met = names_read AND COALESCE(cardinality(found), 0) < most THEN
        EXECUTE format('
            SELECT array_agg(person_no)
            FROM (SELECT p.person_no
                  FROM (SELECT DISTINCT person_no
                        FROM person_store
                        WHERE store_id = ANY ($4) AND ($5 = 0 OR advisor_id = $5)
                        OFFSET 0) mine
                  JOIN person p USING (person_no)
                  WHERE p.merged_into IS NULL AND p.%1$I ~>=~ $1 AND p.%1$I ~<~ $2
                  LIMIT $3) mine', spelling)
        INTO found
        USING start, past, most, stores, own;
    END IF;
    RETURN QUERY SELECT unnest(found);
END
$$;

CREATE FUNCTION fc_vehicles_by_vin_tail(reversed text, past text, most bigint) RETURNS SETOF integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE '
        SELECT found.vehicle_no
        FROM (SELECT vehicle_no, last_seen_on
              FROM vehicle
              WHERE vin IS NOT NULL AND merged_into IS NULL
                AND reverse(vin) ~>=~ $1 AND reverse(vin) ~<~ $2
              UNION ALL
              SELECT vehicle_no, last_seen_on
              FROM vehicle
              WHERE vin IS NULL AND vis IS NOT NULL AND merged_into IS NULL
                AND reverse(vis) ~>=~ $1 AND reverse(vis) ~<~ $2) found
        WHERE $4 OR EXISTS (SELECT 1
                            FROM vehicle_store vs
                            WHERE vs.vehicle_no = found.vehicle_no AND vs.store_id = ANY ($5)
                            OFFSET 0)
        ORDER BY found.last_seen_on DESC NULLS LAST, found.vehicle_no
        LIMIT $3'
    USING reversed, past, most, fc_group() AND fc_own() = 0, fc_stores();
END
$$;

REVOKE EXECUTE ON FUNCTION
    fc_persons_by_name_part(text, bigint), fc_persons_by_name_start(text, text, text, bigint),
    fc_vehicles_by_vin_tail(text, text, bigint)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    fc_persons_by_name_part(text, bigint), fc_persons_by_name_start(text, text, text, bigint),
    fc_vehicles_by_vin_tail(text, text, bigint)
TO forecourt_app, forecourt_worker;
