/** One page of a list, cut on the server. */
export interface Page<T> {
  rows: T[];
  total: number;
  page: number;
  size: number;
}

/** What every list accepts besides its own filters. */
export interface ListQuery {
  page?: number;
  size?: number;
  sort?: string;
  order?: 'asc' | 'desc';
  [filter: string]: string | number | boolean | undefined;
}
