// What hands may do: take a customer apart and put him back, and see no more than their scope.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { all } from './story.mjs';

const REASON = '端到端测试';

/** A customer as the console shows him: page, timeline and merge explanation. */
async function wholePage(client, number) {
  const at = `/api/persons/${number}`;
  return {
    person: await client.get(at),
    timeline: await client.get(`${at}/timeline?limit=200`),
    explanation: await client.get(`${at}/explanation`),
  };
}

const keysOf = (page) => page.explanation.records.map((record) => record.record_key).sort();

/** The first customers of two stores whose records of one store can leave and fall into no further part. */
async function separable(story) {
  const director = await story.as('director');
  const dataadmin = await story.as('dataadmin');
  const list = '/api/persons?kind=person&sort=person_no&order=asc&page=1&size=200';
  for (const row of (await director.get(list)).rows) {
    if (row.store_count < 2) continue;
    const page = await wholePage(director, row.person_no);
    const store = page.person.stores[0].store_name;
    const leaves = page.explanation.records.filter((record) => record.store_name === store);
    if (leaves.length === 0 || leaves.length === page.explanation.records.length) continue;
    const record_keys = leaves.map((record) => record.record_key);
    const preview = await dataadmin.post(`/api/persons/${row.person_no}/unmerge-previews`, { record_keys });
    if (preview.also_apart.length === 0) return { page, record_keys, preview };
  }
  throw new Error('no customer of two stores among the first 200');
}

async function undo(client, number) {
  const history = await client.get(`/api/persons/${number}/merge-history`);
  const event = history.find((one) => one.can_undo);
  assert.ok(event, `the merge history of ${number} offers an undo`);
  assert.equal(event.reason, REASON);
  return client.post(`/api/identity-events/${event.event_id}/undos`, { reason: REASON });
}

export function undoSuite(story) {
  test('undoing a separation restores both sides', async () => {
    const director = await story.as('director');
    const dataadmin = await story.as('dataadmin');
    const { page: before, record_keys, preview } = await separable(story);
    const number = before.person.person_no;
    assert.deepEqual(preview.leaves.map((record) => record.record_key).sort(), [...record_keys].sort());
    const sides = [];
    const done = await dataadmin.post(`/api/persons/${number}/unmerges`, { record_keys, reason: REASON });
    try {
      assert.equal(done.new_person_nos.length, 1);
      for (const side of [done.person_no, ...done.new_person_nos])
        sides.push(await wholePage(director, side));
    } finally {
      assert.deepEqual(await undo(dataadmin, done.person_no), { person_no: number });
    }
    const [stays, leaves] = sides;
    const expected = preview.stays.map((record) => record.record_key).sort();
    assert.deepEqual(keysOf(stays), expected);
    assert.deepEqual(keysOf(leaves), [...record_keys].sort());
    assert.equal(stays.person.record_count, expected.length);
    assert.equal(leaves.person.record_count, record_keys.length);
    assert.notEqual(stays.person.person_no, leaves.person.person_no);
    assert.notDeepEqual(stays.person, before.person);

    assert.deepEqual(await wholePage(director, number), before);
    const [other] = [done.person_no, ...done.new_person_nos].filter((one) => one !== number);
    const survivor = await director.get(`/api/persons/${other}`);
    assert.equal(survivor.person_no, number);
    assert.equal(survivor.merged_from, other);
    console.log(
      `  # ${number}: ${record_keys.length} of ${keysOf(before).length} records left as ${other} and came back`,
    );
  });
}

export function scopeSuite(story) {
  test("a manager does not see another store's customer", async () => {
    const [a, b] = [await story.as('manager.a'), await story.as('manager.b')];
    const { rows } = await b.get('/api/persons?sort=person_no&order=asc&page=1&size=200');
    const { person_no } = rows.find((row) => row.store_count === 1);
    assert.equal((await b.get(`/api/persons/${person_no}`)).person_no, person_no);
    for (const part of ['', '/timeline', '/explanation', '/merge-history']) {
      const response = await a.raw('GET', `/api/persons/${person_no}${part}`);
      assert.equal(response.status, 404, `GET /api/persons/${person_no}${part}`);
    }
    const reveal = await a.raw('POST', `/api/persons/${person_no}/reveals`, {
      field: 'mobile',
      reason: REASON,
    });
    assert.equal(reveal.status, 404);
    const own = new Set(a.me.stores.map((store) => store.store_id));
    for (const batch of await all(a.rows('/api/batches')))
      assert.ok(own.has(batch.store_id), batch.file_name);
  });

  test('a masked data administrator cannot reveal', async () => {
    const [dataadmin, director] = [await story.as('dataadmin'), await story.as('director')];
    assert.equal(dataadmin.me.masked, true);
    const { rows } = await director.get('/api/persons?kind=person&sort=person_no&order=asc&page=1&size=50');
    const { person_no, name } = rows.find((row) => row.mobile_masked && row.name?.length > 1);
    const masked = await dataadmin.get(`/api/persons/${person_no}`);
    assert.notEqual(masked.name, name);
    assert.match(masked.mobile_masked, /\*{4}/);
    for (const field of masked.fields.filter((one) => one.revealable)) {
      const { status } = await dataadmin.raw('POST', `/api/persons/${person_no}/reveals`, {
        field: field.field,
        reason: REASON,
      });
      assert.equal(status, 403, field.field);
    }
    const { status } = await dataadmin.raw('POST', `/api/persons/${person_no}/reveals`, {
      field: 'mobile',
      reason: REASON,
    });
    assert.equal(status, 403);
  });
}
