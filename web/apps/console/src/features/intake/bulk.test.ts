import { describe, expect, it } from 'vitest';
import { bulkFilterOf } from '@/features/intake/bulk';

describe('a repair in bulk', () => {
  it('covers exactly the rows in view', () => {
    expect(bulkFilterOf({ page: 2, size: 20, state: 'open', batch_id: '998', rule: 'vin.check' })).toEqual({
      batch_id: 998,
      rule: 'vin.check',
    });
    expect(bulkFilterOf({ state: 'open', store_id: '3', source: 'dms' })).toEqual({
      store_id: 3,
      source: 'dms',
    });
    expect(bulkFilterOf({ state: 'open' })).toEqual({});
  });

  it.each([
    ['a search', { state: 'open', q: 'a.csv' }],
    ['an entity', { state: 'open', entity: 'vehicle' }],
    ['rows already settled', { state: 'dismissed' }],
    ['rows without a proposal', { state: 'open', repairable: 'false' }],
    ['a batch that is no number', { state: 'open', batch_id: 'x' }],
  ])('is not offered for %s', (_, query) => {
    expect(bulkFilterOf(query)).toBeNull();
  });
});
