-- By these rows the keys at hand are recognised as the right ones before anything is sealed or opened.
CREATE TABLE vault_key (
    key_id      int         PRIMARY KEY CHECK (key_id BETWEEN 1 AND 255),
    check_value bytea       NOT NULL,
    index_check bytea       NOT NULL,
    known_since timestamptz NOT NULL DEFAULT now()
);
SELECT fc_open_table('vault_key', 'select');
