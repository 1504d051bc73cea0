// Every raw row is linked or rejected with a reason, and handing a file in again changes nothing.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { all, sum } from './story.mjs';
import { manifest } from './truth.mjs';

/** Rows that came in and only carry a proposal; all other withheld rows stayed outside. */
const PROPOSAL_ONLY = 'vin_repair';
/** A sheet of a workbook is named `file › sheet`. */
const fileOf = (batch) => batch.file_name.split(' › ')[0];

export function rowsSuite(story) {
  test('every raw row is linked or rejected', async () => {
    const client = await story.as('dataadmin');
    const batches = await all(client.rows('/api/batches'));
    for (const batch of batches) {
      assert.equal(batch.state, 'loaded', `batch ${batch.batch_id} ${batch.file_name}: ${batch.problem}`);
      const { rows_new, rows_changed, rows_same, rows_quarantined, rows_blank = 0 } = batch;
      assert.equal(
        rows_new + rows_changed + rows_same + rows_quarantined + rows_blank,
        batch.rows_in,
        `batch ${batch.batch_id} ${batch.file_name}`,
      );
    }
    const stores = await story.stores();
    const rows = new Map();
    for (const batch of batches) {
      const key = `${batch.store_id}/${batch.source}/${fileOf(batch)}`;
      rows.set(key, (rows.get(key) ?? 0) + batch.rows_in);
    }
    const files = await manifest(story.house);
    for (const file of files) {
      const key = `${stores.get(file.store_code).store_id}/${file.source}/${path.basename(file.path)}`;
      assert.equal(rows.get(key), file.rows, `rows of ${file.path}`);
    }
    console.log(`  # ${files.length} files, ${sum(files.map((file) => file.rows))} rows, none lost`);
  });

  test('a rejected row names its rule, reason, row and column', async () => {
    const client = await story.as('dataadmin');
    const batches = await all(client.rows('/api/batches'));
    const withheld = await all(client.rows('/api/quarantine-rows'));
    const outside = new Map();
    const nameless = [];
    for (const row of withheld) {
      if (row.rule !== PROPOSAL_ONLY) outside.set(row.batch_id, (outside.get(row.batch_id) ?? 0) + 1);
      if (!row.rule || !row.reason || !(row.row_no > 0) || !row.column) nameless.push(row);
    }
    for (const batch of batches) {
      const found = outside.get(batch.batch_id) ?? 0;
      assert.equal(found, batch.rows_quarantined, `withheld rows of batch ${batch.batch_id}`);
    }
    console.log(
      `  # ${withheld.length} withheld rows, ${nameless.length} without rule, reason, row or column`,
    );
    const rules = [...new Set(nameless.map((row) => row.rule))].join(', ');
    assert.equal(nameless.length, 0, `withheld rows that do not say what or where; rules: ${rules}`);
  });

  test('the error file of a batch lists its rejected rows', async () => {
    const client = await story.as('dataadmin');
    const batches = await all(client.rows('/api/batches'));
    const batch = batches.find((one) => one.rows_quarantined > 0);
    const response = await client.raw('GET', `/api/batches/${batch.batch_id}/error-file`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-disposition') ?? '', /attachment/);
    assert.ok((await response.arrayBuffer()).byteLength > 0);
  });
}

/** What must not move when a file comes a second time. */
async function standing(story) {
  const director = await story.as('director');
  const dataadmin = await story.as('dataadmin');
  const total = async (list) => (await dataadmin.get(`${list}?page=1&size=1`)).total;
  return {
    validity: await director.get('/api/validity/summary'),
    persons: await total('/api/persons'),
    vehicles: await total('/api/vehicles'),
    batches: await total('/api/batches'),
    withheld: await total('/api/quarantine-rows'),
  };
}

export function againSuite(story) {
  test('importing the same file again changes nothing', async () => {
    const client = await story.as('dataadmin');
    const stores = await story.stores();
    const files = await manifest(story.house);
    for (const format of ['csv', 'xlsx']) {
      const file = files.find((one) => one.format === format && one.kind === 'customer_vehicle');
      const before = await standing(story);
      const form = new FormData();
      const bytes = await readFile(path.join(story.house.exports, file.path));
      form.append('file', new Blob([bytes]), path.basename(file.path));
      form.append('store_id', String(stores.get(file.store_code).store_id));
      form.append('source', file.source);
      const { batches } = await client.post('/api/uploads', form);
      assert.ok(batches.length > 0, file.path);
      for (const batch of batches) {
        assert.ok(Number.isInteger(batch.duplicate_of), `${file.path} is known: ${JSON.stringify(batch)}`);
        const known = await client.get(`/api/batches/${batch.duplicate_of}`);
        assert.equal(fileOf(known), path.basename(file.path));
      }
      assert.deepEqual(await standing(story), before, `after ${file.path} came again`);
      console.log(`  # ${file.path} is batch ${batches[0].duplicate_of} already`);
    }
  });
}
