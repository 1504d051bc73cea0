import type { ListQuery } from '@/shared/page';

/** The conditions a bulk repair understands. */
export interface BulkFilter {
  batch_id?: number;
  store_id?: number;
  rule?: string;
  source?: string;
}

/**
 * The rows a list shows, as a bulk repair can name them; null when it cannot, because a repair of
 * more rows than the user sees would be worse than none. Only open rows with a proposal are repaired,
 * so those two conditions need no naming.
 */
export function bulkFilterOf(query: ListQuery): BulkFilter | null {
  const beyond = query['q'] !== undefined || query['entity'] !== undefined;
  if (beyond || query['state'] !== 'open' || query['repairable'] === 'false') return null;
  const filter: BulkFilter = {};
  if (query['batch_id'] !== undefined) filter.batch_id = Number(query['batch_id']);
  if (query['store_id'] !== undefined) filter.store_id = Number(query['store_id']);
  if (query['rule'] !== undefined) filter.rule = String(query['rule']);
  if (query['source'] !== undefined) filter.source = String(query['source']);
  return Object.values(filter).some((value) => Number.isNaN(value)) ? null : filter;
}
