export type Defect = 'duplicate' | 'error' | 'incomplete' | 'inconsistent';

export interface QualityScore {
  /** 0..100, null without records. */
  score: number | null;
  records: number;
  duplicate: number;
  error: number;
  incomplete: number;
  inconsistent: number;
}

/** GET /api/quality. */
export interface Quality {
  as_of: string;
  total: QualityScore;
  by_store: (QualityScore & { store_id: number; store_name: string; region_name: string })[];
  by_source: (QualityScore & { source: string })[];
  /** Oldest first. */
  trend: {
    on: string;
    score: number | null;
    duplicate: number;
    error: number;
    incomplete: number;
    inconsistent: number;
  }[];
}

/** GET /api/quality/findings (page; filters defect, store_id, source, rule, state). */
export interface Finding {
  finding_id: number;
  defect: Defect;
  rule: string;
  rule_zh: string;
  rule_en: string;
  store_id: number | null;
  store_name: string | null;
  source: string;
  entity: string;
  rows: number;
  /** Who has to mend it. */
  owner_name: string | null;
  first_seen_on: string;
  last_seen_on: string;
  state: 'open' | 'mended' | 'accepted';
  example: string | null;
}
