-- A fact costs more to index than to write. Rows arrive by batch, and a batch belongs to one store: both are told from
-- the place in the table (BRIN), so the primary key's tree and the store's tree go. That one version is current is kept
-- by the partial unique index; that a batch writes a record once, by the load itself.

ALTER TABLE party_record DROP CONSTRAINT party_record_pkey;
DROP INDEX party_record_store;
CREATE INDEX party_record_place ON party_record USING brin (batch_id, store_id) WITH (pages_per_range = 32, autosummarize = on);

ALTER TABLE vehicle_record DROP CONSTRAINT vehicle_record_pkey;
DROP INDEX vehicle_record_store;
CREATE INDEX vehicle_record_place ON vehicle_record USING brin (batch_id, store_id) WITH (pages_per_range = 32, autosummarize = on);

ALTER TABLE ownership_record DROP CONSTRAINT ownership_record_pkey;
DROP INDEX ownership_record_store;
CREATE INDEX ownership_record_place ON ownership_record USING brin (batch_id, store_id) WITH (pages_per_range = 32, autosummarize = on);

ALTER TABLE sale DROP CONSTRAINT sale_pkey;
DROP INDEX sale_store;
CREATE INDEX sale_place ON sale USING brin (batch_id, store_id) WITH (pages_per_range = 32, autosummarize = on);

ALTER TABLE repair_order DROP CONSTRAINT repair_order_pkey;
DROP INDEX repair_order_store;
CREATE INDEX repair_order_place ON repair_order USING brin (batch_id, store_id) WITH (pages_per_range = 32, autosummarize = on);

ALTER TABLE repair_item DROP CONSTRAINT repair_item_pkey;
DROP INDEX repair_item_store;
CREATE INDEX repair_item_place ON repair_item USING brin (batch_id, store_id) WITH (pages_per_range = 32, autosummarize = on);

ALTER TABLE policy DROP CONSTRAINT policy_pkey;
DROP INDEX policy_store;
CREATE INDEX policy_place ON policy USING brin (batch_id, store_id) WITH (pages_per_range = 32, autosummarize = on);

ALTER TABLE used_car_deal DROP CONSTRAINT used_car_deal_pkey;
DROP INDEX used_car_deal_store;
CREATE INDEX used_car_deal_place ON used_car_deal USING brin (batch_id, store_id) WITH (pages_per_range = 32, autosummarize = on);

ALTER TABLE lead DROP CONSTRAINT lead_pkey;
DROP INDEX lead_store;
CREATE INDEX lead_place ON lead USING brin (batch_id, store_id) WITH (pages_per_range = 32, autosummarize = on);

ALTER TABLE employee_record DROP CONSTRAINT employee_record_pkey;
DROP INDEX employee_record_store;
CREATE INDEX employee_record_place ON employee_record USING brin (batch_id, store_id) WITH (pages_per_range = 32, autosummarize = on);
