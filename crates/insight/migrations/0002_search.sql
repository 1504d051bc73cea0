-- Look-ups as one types. These indexes lie on tables of identity, because only this context's
-- screens need them.

-- The middle of a Chinese name: by its characters, since two characters are too few for trigrams.
CREATE INDEX person_name_chars ON person USING gin (string_to_array(name, NULL))
    WHERE merged_into IS NULL AND name IS NOT NULL;

-- Vehicles of paper ledgers known by the last eight symbols only.
CREATE INDEX vehicle_vis_tail ON vehicle (reverse(vis) text_pattern_ops)
    WHERE vin IS NULL AND vis IS NOT NULL;

-- Lists by their default order.
CREATE INDEX person_last_seen ON person (last_seen_on DESC NULLS LAST, person_no) WHERE merged_into IS NULL;
CREATE INDEX vehicle_last_seen ON vehicle (last_seen_on DESC NULLS LAST, vehicle_no) WHERE merged_into IS NULL;
