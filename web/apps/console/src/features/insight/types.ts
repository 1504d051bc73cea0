/** GET /api/search?q=&limit= : type-ahead over customers and vehicles. */
export interface SearchHit {
  kind: 'person' | 'company' | 'vehicle';
  no: string;
  title: string;
  subtitle: string;
  /** What matched: name, initials, phone, plate, vin, id. */
  matched: string;
}
export interface SearchAnswer {
  hits: SearchHit[];
  took_ms: number;
}

export type Verdict = 'valid' | 'invalid' | 'unknown';

/** GET /api/persons (page; filters q, kind, store_id, brand_id, verdict, flag, last_seen_from, last_seen_to). */
export interface PersonRow {
  person_no: string;
  kind: 'person' | 'company' | 'unknown';
  name: string | null;
  gender: 'm' | 'f' | null;
  mobile_masked: string | null;
  city: string | null;
  vehicle_count: number;
  record_count: number;
  store_count: number;
  store_names: string[];
  first_seen_on: string | null;
  last_seen_on: string | null;
  group_verdict: Verdict | null;
  flags: string[];
}

/** A golden value with where it came from and what lost. */
export interface GoldenField {
  field: string;
  zh: string;
  en: string;
  value: string | null;
  masked: boolean;
  revealable: boolean;
  flag: string | null;
  source: string | null;
  store_name: string | null;
  on: string | null;
  rule_zh: string | null;
  rule_en: string | null;
  losers: {
    value: string;
    source: string;
    store_name: string | null;
    on: string | null;
    reason_zh: string;
    reason_en: string;
  }[];
}

export interface OwnedVehicle {
  vehicle_no: string;
  vin_masked: string | null;
  plate: string | null;
  brand: string | null;
  series: string | null;
  model: string | null;
  colour: string | null;
  role: 'owner' | 'user' | 'deliverer' | 'insured' | 'payer';
  from_on: string | null;
  to_on: string | null;
  evidence_count: number;
  last_mileage_km: number | null;
  last_mileage_on: string | null;
}

export interface PersonPhone {
  masked: string;
  kind: 'mobile' | 'landline';
  role: 'personal' | 'household' | 'store' | 'switchboard' | 'placeholder';
  flag: string | null;
  sources: string[];
  first_on: string | null;
  last_on: string | null;
  primary: boolean;
}

export interface ScopeVerdict {
  scope_kind: 'store' | 'brand' | 'region' | 'group';
  scope_id: number;
  scope_name: string;
  verdict: Verdict;
  reasons: { code: string; zh: string; en: string }[];
  evidence: { zh: string; en: string; on: string | null }[];
  rule_version: number;
  as_of: string;
}

/** GET /api/persons/{no}. A merged number answers with the survivor; `merged_from` says so. */
export interface PersonDetail extends PersonRow {
  merged_from: string | null;
  do_not_contact: boolean;
  internal: boolean;
  quality_score: number | null;
  fields: GoldenField[];
  vehicles: OwnedVehicle[];
  phones: PersonPhone[];
  stores: {
    store_id: number;
    store_name: string;
    advisor_name: string | null;
    first_on: string | null;
    last_on: string | null;
    record_count: number;
  }[];
  verdicts: ScopeVerdict[];
  quality_flags: { code: string; zh: string; en: string; count: number }[];
  households: {
    household_id: number;
    members: { person_no: string; name: string | null; relation: string }[];
  }[];
}

/** GET /api/persons/{no}/timeline and /api/vehicles/{no}/timeline (before=, kinds=comma list, limit=). */
export interface TimelineEvent {
  event_id: string;
  on: string;
  at: string | null;
  kind: 'sale' | 'repair_order' | 'policy' | 'used_car_deal' | 'lead' | 'ownership' | 'archive' | 'contact';
  source: string;
  store_name: string | null;
  title_zh: string;
  title_en: string;
  /** Label and value, ready to show. */
  facts: { zh: string; en: string; value: string }[];
  amount_fen: number | null;
  mileage_km: number | null;
  vehicle_no: string | null;
  plate: string | null;
  person_no: string | null;
  person_name: string | null;
  batch_id: number | null;
  row_no: number | null;
}
export interface Timeline {
  events: TimelineEvent[];
  /** Cursor for older events, null at the end. */
  next_before: string | null;
  by_year: { year: number; count: number }[];
  by_kind: { kind: string; count: number }[];
}

/** POST /api/persons/{no}/reveals {field, reason}. */
export interface RevealAnswer {
  field: string;
  value: string;
}

/** GET /api/vehicles (page; filters q, brand_id, store_id, flag). */
export interface VehicleRow {
  vehicle_no: string;
  vin_masked: string | null;
  vin_tail: string | null;
  plate: string | null;
  brand: string | null;
  series: string | null;
  model: string | null;
  energy: string | null;
  owner_no: string | null;
  owner_name: string | null;
  record_count: number;
  last_mileage_km: number | null;
  last_seen_on: string | null;
  registered_on: string | null;
}
export interface VehicleDetail extends VehicleRow {
  merged_from: string | null;
  fields: GoldenField[];
  plates: { plate: string; first_on: string | null; last_on: string | null }[];
  periods: {
    person_no: string;
    name: string | null;
    role: OwnedVehicle['role'];
    from_on: string | null;
    to_on: string | null;
    evidence_count: number;
    source: string;
  }[];
  stores: {
    store_id: number;
    store_name: string;
    first_on: string | null;
    last_on: string | null;
    record_count: number;
  }[];
  mileage: { on: string; km: number }[];
  quality_flags: { code: string; zh: string; en: string; count: number }[];
}
