// What `synth` knows about its own rows: the truth the house is measured against.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseCsv } from './measure.mjs';

/** Files in which a row is a customer of its own under a number of its own. */
const ARCHIVES = /\/(dms\/customer_vehicle|erp\/customer|paper\/ledger_customer|wecom\/contact)_/;

export const archiveKey = (store, source, sourceKey) => `${store}|${source}|${sourceKey}`;

/** The person behind every archive number; the truth file is too long to hold at once. */
export async function archivePersons(house) {
  const lines = createInterface({ input: createReadStream(path.join(house.truth, 'row_truth.csv')) });
  let header = '';
  const persons = new Map();
  for await (const line of lines) {
    header ||= line;
    if (!ARCHIVES.test(line)) continue;
    const [row] = parseCsv(`${header}\n${line}\n`);
    const [, store, source] = row.file.split('/');
    persons.set(archiveKey(store, source, row.source_key), row.person_id);
  }
  return persons;
}

/** Persons who are invalid at one store and valid at another. */
export async function story1Persons(house) {
  return parseCsv(await readFile(path.join(house.truth, 'story1_persons.csv'), 'utf8'));
}

/** The files handed in. */
export async function manifest(house) {
  return JSON.parse(await readFile(house.manifest, 'utf8')).files;
}
