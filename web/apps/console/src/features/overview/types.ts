import type { FeedSummary, Feed } from '@/features/intake/types';

export interface Tile {
  code: string;
  value: number | null;
  /** Same figure a month ago and a year ago; null when there is none. */
  last_month: number | null;
  last_year: number | null;
  /** The period of the figure when it is not the day's; set by the page. */
  of?: string;
}

/** GET /api/overview: the first screen. Parts the caller may not see are null. */
export interface Overview {
  as_of: string;
  /** valid_customers, customers, vehicles, quality_score, quarantine_open, review_open, active_customers, connection_rate ... */
  tiles: Tile[];
  stores: {
    store_id: number;
    store_name: string;
    region_name: string;
    valid: number;
    customers: number;
    quality_score: number | null;
    quarantine_open: number;
    review_open: number;
  }[];
  quality_trend: { on: string; score: number | null }[];
  valid_trend: { on: string; valid: number }[];
  exceptions: { code: string; zh: string; en: string; count: number; to: string }[];
  feeds: FeedSummary | null;
  late_feeds: Feed[] | null;
  /** Customers first seen in this store in the last 30 days, newest first (store manager). */
  newcomers: { person_no: string; name: string | null; seen_on: string; vehicle: string | null }[];
}
