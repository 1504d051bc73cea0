// What the checks of the story share: the house, its users, and what was already asked of it.
import { Client } from './client.mjs';
import { PASSWORD } from './house.mjs';
import { parseCsv } from './measure.mjs';
import { archiveKey, archivePersons } from './truth.mjs';

export class Story {
  /** What `openHouse` answered, once it is open. */
  house = null;
  kept = new Map();

  /** The signed-in user of that name; one session each. */
  as(username) {
    return this.once(`user ${username}`, () => Client.signIn(this.house.url, username, PASSWORD));
  }

  /** The answer of `ask`, asked once. */
  once(name, ask) {
    if (!this.kept.has(name)) this.kept.set(name, ask());
    return this.kept.get(name);
  }

  /** Stores by their code. */
  stores() {
    return this.once('stores', async () => {
      const stores = new Map();
      for await (const store of (await this.as('director')).rows('/api/stores'))
        stores.set(store.code, store);
      return stores;
    });
  }

  /** Which archive record the house gives to whom, and who it is in truth. */
  archives() {
    return this.once('archives', async () => {
      const client = await this.as('dataadmin');
      const response = await client.raw('GET', '/api/crosswalk');
      const text = await response.text();
      if (!response.ok) throw new Error(`GET /api/crosswalk -> ${response.status} ${text}`);
      const found = new Map();
      for (const row of parseCsv(text)) {
        if (row.origin !== 'archive') continue;
        found.set(archiveKey(row.store_code, row.source, row.source_key), row.person_no);
      }
      return { found, truth: await archivePersons(this.house) };
    });
  }
}

/** All rows of a list. */
export async function all(rows) {
  const list = [];
  for await (const row of rows) list.push(row);
  return list;
}

export const sum = (values) => values.reduce((total, value) => total + value, 0);
