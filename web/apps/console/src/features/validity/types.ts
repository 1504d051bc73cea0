import type { PersonRow, ScopeVerdict, Verdict } from '@/features/insight/types';

export interface ScopeCount {
  scope_kind: 'store' | 'brand' | 'region' | 'group';
  scope_id: number;
  scope_name: string;
  valid: number;
  invalid: number;
  unknown: number;
}

/** GET /api/validity/summary. */
export interface ValiditySummary {
  as_of: string;
  rule_version: number;
  group: ScopeCount | null;
  regions: ScopeCount[];
  brands: ScopeCount[];
  stores: (ScopeCount & { region_name: string })[];
  /** Sum of the stores' valid customers against distinct persons valid in at least one of them, and in the group. */
  sum_of_stores: number;
  distinct_in_stores: number;
  group_distinct: number;
  reasons: { code: string; zh: string; en: string; count: number }[];
  trend: { on: string; valid: number }[];
}

/** GET /api/validity/overlap?stores=1,2,3 : persons valid in both stores; the diagonal is the store's own count. */
export interface Overlap {
  stores: { store_id: number; store_name: string }[];
  counts: number[][];
}

/** GET /api/validity/people (page; filters scope_kind, scope_id, verdict, reason, other_scope_kind, other_scope_id, other_verdict, q). */
export interface ValidityPerson extends PersonRow {
  verdict: Verdict;
  reasons: { code: string; zh: string; en: string }[];
  other: ScopeVerdict | null;
}

export interface ValidityRules {
  version: number;
  changed_at: string | null;
  changed_by: string | null;
  rules: ValidityRule[];
}

/** PUT /api/validity/rules makes a new version; `version` is the one it was made from. */
export interface ValidityRuleChange {
  values: Record<string, number>;
  reason: string;
  version: number;
}

/** POST /api/validity/rules/previews: who would change; nothing is written. */
export interface ValidityPreview {
  people: number;
  scopes: {
    scope_kind: 'store' | 'brand' | 'region' | 'group';
    scope_id: number;
    valid_now: number;
    valid_then: number;
    gained: number;
    lost: number;
  }[];
}
export interface ValidityRule {
  code: string;
  zh: string;
  en: string;
  help_zh: string;
  help_en: string;
  unit: 'months' | 'days';
  value: number;
  min: number;
  max: number;
  default_value: number;
}
