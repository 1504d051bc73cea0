/** One source record as a card: what a person needs to judge it. Personal values come masked. */
export interface RecordCard {
  record_key: string;
  source: string;
  store_name: string | null;
  origin: string | null;
  source_key: string;
  name: string | null;
  party_kind: 'person' | 'company' | 'unknown';
  mobile_masked: string | null;
  id_masked: string | null;
  plates: string[];
  vins_masked: string[];
  address_hint: string | null;
  seen_on: string | null;
}

/** One comparison of a pair: level reached and its weight (log2 of the likelihood ratio, in bits). */
export interface Evidence {
  field: string;
  zh: string;
  en: string;
  /** agree | near | differ | missing. */
  verdict: 'agree' | 'near' | 'differ' | 'missing';
  level_zh: string;
  level_en: string;
  left: string | null;
  right: string | null;
  weight: number;
  /** How many others share the value, when that mattered. */
  frequency: number | null;
}

/** GET /api/review-pairs (page; filters state, store_id, source, q). */
export interface ReviewPair {
  pair_id: number;
  state: 'open' | 'joined' | 'kept_apart' | 'skipped';
  probability: number;
  weight: number;
  left: RecordCard;
  right: RecordCard;
  left_person: string;
  right_person: string;
  evidence: Evidence[];
  /** Guard that kept the pair from joining by itself. */
  guard_zh: string | null;
  guard_en: string | null;
  /** Identifies the evidence; sent back with the decision. */
  model_version: string;
  decided_by: string | null;
  decided_at: string | null;
}

/** POST /api/review-pairs/{id}/decisions. */
export interface PairDecision {
  decision: 'join' | 'keep_apart' | 'skip';
  reason?: string;
}

/** GET /api/persons/{no}/merge-history (an array, newest first). */
export interface IdentityEvent {
  event_id: number;
  at: string;
  kind: 'minted' | 'absorbed' | 'merged' | 'split' | 'unmerged' | 'joined_record' | 'left_record';
  zh: string;
  en: string;
  person_no: string;
  other_person_no: string | null;
  record_keys: string[];
  by: string | null;
  run_id: number | null;
  reason: string | null;
  can_undo: boolean;
}

/** One joining step of a customer, in joining order. */
export interface Join {
  step: number;
  left_record: string;
  right_record: string;
  weight: number;
  probability: number;
  rule_zh: string;
  rule_en: string;
  evidence: Evidence[];
  by_hand: boolean;
  guards_zh: string[];
  guards_en: string[];
}

/** GET /api/persons/{no}/explanation. */
export interface Explanation {
  person_no: string;
  records: RecordCard[];
  joins: Join[];
  /** Best edges that were refused, and why. */
  why_not: {
    person_no: string;
    name: string | null;
    record: RecordCard;
    probability: number;
    reason_zh: string;
    reason_en: string;
  }[];
  constraints: {
    kind: 'must_link' | 'cannot_link';
    left_record: string;
    right_record: string;
    by: string;
    at: string;
    reason: string;
  }[];
  model_version: string;
}

/** POST /api/persons/{no}/unmerge-previews and /unmerges {record_keys: string[], reason?}. */
export interface UnmergePreview {
  stays: RecordCard[];
  leaves: RecordCard[];
  /** Further records that fall apart because a leaving record was their bridge. */
  also_apart: RecordCard[][];
  parts: { person_no: string | null; name: string | null; records: number; vehicles: string[] }[];
  warning_zh: string | null;
  warning_en: string | null;
}
export interface UnmergeResult {
  person_no: string;
  new_person_nos: string[];
}

/** GET /api/super-nodes (page). */
export interface SuperNode {
  super_node_id: number;
  kind: 'phone' | 'address' | 'plate' | 'name';
  value_masked: string;
  role: 'store_phone' | 'staff' | 'trader' | 'switchboard' | 'placeholder' | 'unknown';
  distinct_names: number;
  records: number;
  stores: number;
  first_seen_on: string | null;
  last_seen_on: string | null;
}

/** GET /api/identity-runs (page); POST /api/identity-runs {} starts one. */
export interface IdentityRun {
  run_id: number;
  kind: 'full' | 'incremental';
  state: 'queued' | 'running' | 'done' | 'failed';
  model_version: string;
  records: number;
  pairs: number;
  persons: number;
  companies: number;
  vehicles: number;
  review_pairs: number;
  joined: number;
  split: number;
  started_at: string;
  took_ms: number | null;
}

/** GET /api/identity-models (an array, newest first). */
export interface IdentityModel {
  model_id: number;
  version: string;
  active: boolean;
  trained_at: string;
  records: number;
  prior: number;
  auto_threshold: number;
  review_threshold: number;
  comparisons: {
    field: string;
    zh: string;
    en: string;
    levels: { code: string; zh: string; en: string; m: number; u: number; weight: number }[];
  }[];
}

/** GET /api/survivorship-rules (an array); PUT /api/survivorship-rules/{field} {order, sources}. */
export interface SurvivorshipRule {
  field: string;
  zh: string;
  en: string;
  /** Criteria in order: correction is always first and cannot be moved. */
  order: ('validity' | 'source' | 'recency' | 'frequency' | 'completeness')[];
  sources: string[];
  version: number;
  changed_at: string | null;
  changed_by: string | null;
}
