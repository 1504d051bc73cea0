import { describe, expect, it } from 'vitest';
import { heatOf } from '@/features/overview/heat';

const store = (store_id: number, region_name: string, valid: number, quarantine_open: number) => ({
  store_id,
  store_name: `门店 ${store_id}`,
  region_name,
  valid,
  customers: 0,
  quality_score: null,
  quarantine_open,
  review_open: 0,
});
const stores = [store(1, '天津', 100, 9), store(2, '天津', 300, 0), store(3, '河北', 200, 3)];

describe('the store heat-map', () => {
  it('groups by region, best first, deepest the best of all', () => {
    const [tianjin, hebei] = heatOf(stores, 'valid');
    expect(tianjin?.cells.map((cell) => [cell.store_id, cell.depth])).toEqual([
      [2, 1],
      [1, 0],
    ]);
    expect(hebei?.cells[0]?.depth).toBe(0.5);
  });

  it('knows that fewer rows to repair are better', () => {
    expect(heatOf(stores, 'quarantine_open')[0]?.cells.map((cell) => cell.store_id)).toEqual([2, 1]);
  });

  it('leaves a store pale whose rate cannot be told', () => {
    expect(heatOf(stores, 'rate')[0]?.cells[0]).toMatchObject({ value: null, depth: 0 });
  });
});
