import type { Landing, ScopeKind } from '@/features/auth/types';

export interface Store {
  store_id: number;
  code: string;
  name: string;
  short_name: string;
  kind: 'four_s' | 'quick_repair' | 'used_car';
  region_id: number;
  region_name: string;
  legal_entity_name: string;
  brand_names: string[];
  grade: string | null;
  city: string;
  opened_on: string | null;
  closed_on: string | null;
  employee_count: number;
}

export interface Region {
  region_id: number;
  code: string;
  name: string;
  store_count: number;
}

export interface Brand {
  brand_id: number;
  code: string;
  name: string;
  name_en: string;
  energy: string | null;
  store_count: number;
}

export interface LegalEntity {
  legal_entity_id: number;
  code: string;
  name: string;
  uscc: string | null;
  kind: string | null;
  store_count: number;
}

export interface Employee {
  employee_id: number;
  code: string;
  name: string;
  store_id: number | null;
  store_name: string | null;
  department_name: string | null;
  position_name: string | null;
  mobile_masked: string | null;
  hired_on: string | null;
  left_on: string | null;
  username: string | null;
}

export interface User {
  user_id: number;
  username: string;
  name: string;
  employee_code: string | null;
  store_name: string | null;
  roles: string[];
  scope_kind: ScopeKind;
  scope_ids: number[];
  scope_label: string;
  disabled: boolean;
  locked_until: string | null;
  last_login_at: string | null;
  totp_enabled: boolean;
}

/** PUT /api/users/{user_id}. */
export interface UserChange {
  roles: string[];
  scope_kind: ScopeKind;
  scope_ids: number[];
  disabled: boolean;
}

/** GET /api/roles (an array); PUT /api/roles/{code} takes RoleChange. */
export interface Role {
  code: string;
  name: string;
  name_en: string;
  permissions: string[];
  masked: boolean;
  landing: Landing;
  /** Scope a new holder of the role starts with. */
  scope_kind: ScopeKind;
  built_in: boolean;
  user_count: number;
}
export type RoleChange = Pick<Role, 'name' | 'name_en' | 'permissions' | 'masked' | 'landing' | 'scope_kind'>;

/** GET /api/permissions (an array). */
export interface PermissionInfo {
  code: string;
  zh: string;
  en: string;
}

/** POST /api/org-imports (multipart: file; query dry_run=true checks only). */
export interface OrgImport {
  import_id: number;
  dry_run: boolean;
  took_ms: number;
  sheets: { sheet: string; rows: number; created: number; changed: number; rejected: number }[];
  errors: { sheet: string; row: number; column: string; value: string; zh: string; en: string }[];
  error_count: number;
}

/** GET /api/feature-flags; PUT /api/feature-flags {store_id, feature, enabled}. */
export interface FeatureFlags {
  features: { code: string; zh: string; en: string }[];
  rows: { store_id: number; store_name: string; region_name: string; enabled: string[] }[];
}

export interface SourceSystem {
  store_id: number;
  store_name: string;
  source: string;
  live_from: string | null;
  live_to: string | null;
}

export interface AuditEntry {
  audit_id: number;
  at: string;
  user_id: number | null;
  user_name: string | null;
  action: string;
  subject_kind: string;
  subject_id: string;
  store_id: number | null;
  store_name: string | null;
  reason: string | null;
  trace_id: string | null;
  detail: unknown;
}
