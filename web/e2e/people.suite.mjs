// Who is one customer, where he is valid and why, and that a wrong separation can be taken back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pairwise } from './measure.mjs';
import { all, sum } from './story.mjs';
import { story1Persons } from './truth.mjs';

const PRECISION = 0.99;
const RECALL = 0.95;

export function matchingSuite(story) {
  test(`pair precision >= ${PRECISION} and recall >= ${RECALL} on the truth`, async () => {
    const { found, truth } = await story.archives();
    for (const key of found.keys()) assert.ok(truth.has(key), `the truth knows ${key}`);
    // A record nobody has counts as a customer of its own: it is missed, not forgotten.
    const records = [...truth].map(([key, person]) => ({ found: found.get(key) ?? key, truth: person }));
    const { precision, recall, f1 } = pairwise(records);
    const figures = `P ${precision.toFixed(4)}, R ${recall.toFixed(4)}, F1 ${f1.toFixed(4)}`;
    console.log(`  # ${records.length} archive records (${found.size} linked): ${figures}`);
    assert.ok(precision >= PRECISION, figures);
    assert.ok(recall >= RECALL, figures);
  });
}

/** The customer number most of a person's archive records have. */
function numbers({ found, truth }) {
  const votes = new Map();
  for (const [key, number] of found) {
    const person = truth.get(key);
    if (!votes.has(person)) votes.set(person, new Map());
    const own = votes.get(person);
    own.set(number, (own.get(number) ?? 0) + 1);
  }
  const most = (own) => [...own].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))[0][0];
  return new Map([...votes].map(([person, own]) => [person, most(own)]));
}

/** People invalid at `a` and valid at `b`, as the list of the validity page shows them. */
function between(client, a, b) {
  const there = `other_scope_kind=store&other_scope_id=${b.store_id}&other_verdict=valid`;
  return all(
    client.rows(
      `/api/validity/people?scope_kind=store&scope_id=${a.store_id}&verdict=invalid&${there}&sort=person_no&order=asc`,
    ),
  );
}

/** People of the story's truth whom the list of the validity page shows as the truth says. */
export function shown(story) {
  return story.once('shown', async () => {
    const client = await story.as('director');
    const stores = await story.stores();
    const numberOf = numbers(await story.archives());
    // Whom no archive names has no number here to look him up by.
    const people = (await story1Persons(story.house)).filter((one) => numberOf.has(one.person_id));
    const lists = new Map();
    const agreed = [];
    for (const truth of people) {
      const [a, b] = [stores.get(truth.invalid_store), stores.get(truth.valid_store)];
      const pair = `${a.code}/${b.code}`;
      if (!lists.has(pair))
        lists.set(pair, new Map((await between(client, a, b)).map((row) => [row.person_no, row])));
      const row = lists.get(pair).get(numberOf.get(truth.person_id));
      if (row?.group_verdict === 'valid') agreed.push({ truth, row, a, b });
    }
    return { people, agreed };
  });
}

const codes = (reasons) => reasons.map((reason) => reason.code).sort();

export function validitySuite(story) {
  test('a person invalid at A, valid at B and in the group is shown with reasons', async () => {
    const { people, agreed } = await shown(story);
    const alike = agreed.filter(({ truth, row }) => truth.reasons === codes(row.reasons).join('+'));
    console.log(
      `  # ${agreed.length} of ${people.length} such people found, ${alike.length} for the very reasons`,
    );
    assert.ok(agreed.length >= RECALL * people.length, 'the house agrees with the truth');
    assert.ok(alike.length >= RECALL * agreed.length, 'and for the same reasons');
    const client = await story.as('director');
    for (const { truth, row, a, b } of alike.slice(0, 5)) {
      assert.equal(row.verdict, 'invalid');
      assert.equal(row.other.verdict, 'valid');
      assert.equal(row.other.scope_id, b.store_id);
      const page = await client.get(`/api/persons/${row.person_no}`);
      const at = (kind, id) => page.verdicts.find((one) => one.scope_kind === kind && one.scope_id === id);
      const [here, there, group] = [at('store', a.store_id), at('store', b.store_id), at('group', 0)];
      assert.equal(here.verdict, 'invalid');
      assert.deepEqual(codes(here.reasons), truth.reasons.split('+').sort());
      assert.deepEqual(here.reasons, row.reasons);
      assert.equal(there.verdict, 'valid');
      assert.deepEqual(there, row.other);
      assert.equal(group.verdict, 'valid');
      for (const verdict of [here, there, group]) {
        assert.ok(verdict.reasons.length > 0, `${row.person_no} in ${verdict.scope_name} has a reason`);
        for (const reason of verdict.reasons) assert.ok(reason.zh && reason.en, reason.code);
        assert.ok(verdict.rule_version > 0 && verdict.as_of, 'rule and day are named');
      }
      for (const evidence of [...there.evidence, ...group.evidence])
        assert.ok(evidence.record_key, evidence.zh);
      assert.ok(there.evidence.length > 0 && group.evidence.length > 0, 'what makes him valid is named');
    }
  });

  test('the group counts people, not the sum of its stores', async () => {
    const client = await story.as('director');
    const summary = await client.get('/api/validity/summary');
    const people = new Set();
    for (const store of summary.stores) {
      const list = `/api/validity/people?scope_kind=store&scope_id=${store.scope_id}&verdict=valid`;
      const valid = await all(client.rows(list));
      assert.equal(valid.length, store.valid, store.scope_name);
      assert.equal(new Set(valid.map((row) => row.person_no)).size, store.valid, store.scope_name);
      for (const row of valid) people.add(row.person_no);
    }
    const group = await client.get(
      '/api/validity/people?scope_kind=group&scope_id=0&verdict=valid&page=1&size=1',
    );
    console.log(
      `  # group ${summary.group_distinct}, in stores ${people.size}, sum ${summary.sum_of_stores}`,
    );
    assert.equal(summary.distinct_in_stores, people.size);
    assert.equal(summary.sum_of_stores, sum(summary.stores.map((store) => store.valid)));
    assert.equal(summary.group_distinct, group.total);
    assert.equal(summary.group.valid, summary.group_distinct);
    assert.notEqual(summary.group_distinct, summary.sum_of_stores);
    assert.ok(
      summary.group_distinct >= summary.distinct_in_stores,
      'who is valid in a store is so in the group',
    );
  });
}
