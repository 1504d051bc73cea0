import type { LocationQueryRaw } from 'vue-router';
import type { ListQuery } from '@/shared/page';

/** One column of a list; `field` is the row's field and the name the server sorts by. */
export interface Column {
  field: string;
  label: string;
  width?: number;
  minWidth?: number;
  sortable?: boolean;
  align?: 'left' | 'right' | 'center';
  fixed?: 'left' | 'right';
  /** Hidden until the user chooses it. */
  optional?: boolean;
  format?: (value: never) => string;
}

/** One condition above a list; `field` is its name in the URL and in the request. */
export interface Filter {
  field: string;
  label: string;
  kind: 'text' | 'select' | 'date';
  options?: { value: string; label: string }[];
  width?: number;
}

export const PAGE_SIZES = [20, 50, 100];
const OWN = ['page', 'size', 'sort', 'order'];

type Raw = Record<string, unknown>;

function text(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && first !== '' ? first : undefined;
}

/** Reads a list's state out of the URL; what the URL does not say takes its default. */
export function listFromUrl(raw: Raw, filters: string[], defaults: ListQuery = {}): ListQuery {
  const query: ListQuery = { page: 1, size: 20, ...defaults };
  const page = Number(text(raw['page']));
  const size = Number(text(raw['size']));
  if (Number.isInteger(page) && page > 0) query.page = page;
  if (PAGE_SIZES.includes(size)) query.size = size;
  const sort = text(raw['sort']);
  if (sort !== undefined) {
    query.sort = sort;
    query.order = text(raw['order']) === 'desc' ? 'desc' : 'asc';
  }
  for (const field of filters) {
    const value = text(raw[field]);
    if (value !== undefined) query[field] = value;
  }
  return query;
}

/** Writes a list's state into the URL, leaving out defaults and keeping what is not the list's. */
export function listToUrl(query: ListQuery, filters: string[], raw: Raw): LocationQueryRaw {
  const kept = Object.entries(raw).filter(([key]) => !OWN.includes(key) && !filters.includes(key));
  const url: LocationQueryRaw = Object.fromEntries(kept) as LocationQueryRaw;
  if (query.page && query.page > 1) url['page'] = String(query.page);
  if (query.size && query.size !== 20) url['size'] = String(query.size);
  if (query.sort) Object.assign(url, { sort: query.sort, order: query.order ?? 'asc' });
  for (const field of filters) {
    const value = query[field];
    if (value !== undefined && value !== '') url[field] = String(value);
  }
  return url;
}
