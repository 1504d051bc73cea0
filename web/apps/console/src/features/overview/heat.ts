import type { Overview } from '@/features/overview/types';

export const HEAT_KEYS = ['valid', 'rate', 'quality_score', 'quarantine_open'] as const;
export type HeatKey = (typeof HEAT_KEYS)[number];

export interface HeatCell {
  store_id: number;
  name: string;
  value: number | null;
  /** 0 pale to 1 deep; deep is good. */
  depth: number;
}

function valueOf(store: Overview['stores'][number], key: HeatKey): number | null {
  if (key === 'rate') return store.customers > 0 ? store.valid / store.customers : null;
  return store[key];
}

/** Stores by region, best first, coloured by their place between the worst and the best of all. */
export function heatOf(stores: Overview['stores'], key: HeatKey): { name: string; cells: HeatCell[] }[] {
  const values = stores.flatMap((store) => valueOf(store, key) ?? []);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const fewerIsBetter = key === 'quarantine_open';
  const depth = (value: number | null): number => {
    if (value === null || high === low) return 0;
    const place = (value - low) / (high - low);
    return fewerIsBetter ? 1 - place : place;
  };
  const regions = new Map<string, HeatCell[]>();
  for (const store of stores) {
    const value = valueOf(store, key);
    const cell = { store_id: store.store_id, name: store.store_name, value, depth: depth(value) };
    regions.set(store.region_name, [...(regions.get(store.region_name) ?? []), cell]);
  }
  return [...regions].map(([name, cells]) => ({ name, cells: cells.sort((a, b) => b.depth - a.depth) }));
}
