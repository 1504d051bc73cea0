export type BatchState = 'received' | 'reading' | 'waiting_layout' | 'loaded' | 'failed' | 'rolled_back';

/** GET /api/feeds: the feed board, one row a store × source × file kind. */
export interface Feed {
  feed_id: number;
  store_id: number;
  store_name: string;
  source: string;
  kind: string;
  state: 'on_time' | 'late' | 'stopped' | 'never';
  last_file: string | null;
  last_batch_id: number | null;
  last_received_at: string | null;
  /** Hours the next file is overdue; null when not late. */
  late_hours: number | null;
  rows_in: number;
  rows_linked: number;
  rows_quarantined: number;
  /** True when the last file's header differs from the known layout. */
  schema_changed: boolean;
  schema_note: string | null;
}

/** GET /api/feeds/summary. */
export interface FeedSummary {
  feeds: number;
  on_time: number;
  late: number;
  stopped: number;
  schema_changed: number;
  rows_in_today: number;
  rows_quarantined_today: number;
  waiting_layout: number;
  jobs: { queued: number; running: number; dead: number };
}

export interface Batch {
  batch_id: number;
  store_id: number | null;
  store_name: string | null;
  source: string;
  kind: string;
  file_name: string;
  format: string;
  encoding: string | null;
  bytes: number;
  state: BatchState;
  way_in: 'upload' | 'folder' | 'command' | 'pull' | 'push';
  layout_id: number | null;
  layout_name: string | null;
  rows_in: number;
  rows_new: number;
  rows_changed: number;
  rows_same: number;
  rows_quarantined: number;
  received_at: string;
  finished_at: string | null;
  took_ms: number | null;
  problem: string | null;
  uploaded_by: string | null;
}

/** GET /api/batches/{id}. */
export interface BatchDetail extends Batch {
  sha256: string;
  delimiter: string | null;
  header_row: number | null;
  entities: { entity: string; rows: number; new: number; changed: number; same: number }[];
  /** Counts by rule of the quarantined rows. */
  rules: { rule: string; zh: string; en: string; rows: number; repairable: number }[];
  steps: { at: string; zh: string; en: string }[];
  can_roll_back: boolean;
}

/** POST /api/uploads (multipart: file, store_id?, source?, kind?). One file may be a zip of many. */
export interface UploadResult {
  batches: {
    batch_id: number;
    file_name: string;
    state: BatchState;
    duplicate_of: number | null;
    problem: string | null;
  }[];
}

/** GET /api/layouts (page). */
export interface LayoutRow {
  layout_id: number;
  name: string;
  source: string;
  kind: string;
  version: number;
  state: 'draft' | 'active' | 'retired';
  columns: number;
  mapped: number;
  batches: number;
  waiting_batches: number;
  updated_at: string;
  updated_by: string | null;
}

/** One column of the file and the field it feeds. `field` null = not imported. */
export interface ColumnMapping {
  position: number;
  header: string;
  field: string | null;
  /** Why the field was proposed; null when a person chose it. */
  proposed_by: 'synonym' | 'values' | 'previous_version' | null;
  /** 0..1. */
  confidence: number | null;
  samples: string[];
}

/** A field a file of this source and kind can feed. */
export interface TargetField {
  field: string;
  entity: string;
  zh: string;
  en: string;
  required: boolean;
}

export interface PreviewCell {
  raw: string;
  value: string | null;
  /** Flag code of kernel: ok, missing, placeholder, masked, check_failed, bad_format, default_value, repaired ... */
  flag: string;
  /** Chinese and English reason when the flag is not ok. */
  note: string | null;
}

/** GET /api/layouts/{id}; PUT {columns: [{position, field}], state: 'draft'|'active'} saves and, when active, releases waiting batches. */
export interface Layout extends LayoutRow {
  header_row: number;
  encoding: string | null;
  delimiter: string | null;
  columns_map: ColumnMapping[];
  targets: TargetField[];
}

/** POST /api/layouts/{id}/previews {columns:[{position, field}]}: the first twenty rows. */
export interface LayoutPreview {
  /** Fields in the order of the cells. */
  fields: string[];
  rows: { row_no: number; cells: PreviewCell[]; quarantined: boolean; reasons: string[] }[];
  missing_required: string[];
}

export interface LayoutChange {
  columns: { position: number; field: string | null }[];
  state: 'draft' | 'active';
}

export interface QuarantineRow {
  quarantine_id: number;
  batch_id: number;
  file_name: string;
  store_id: number | null;
  store_name: string | null;
  source: string;
  entity: string;
  row_no: number;
  column: string;
  rule: string;
  reason: string;
  raw: string;
  /** Proposed value, null when a person must type it. */
  proposal: string | null;
  proposal_note: string | null;
  state: 'open' | 'repaired' | 'dismissed';
  quarantined_at: string;
  /** The whole row as header → raw value. */
  row: Record<string, string>;
}

/** POST /api/quarantine-rows/{id}/repairs {value?: string, dismiss?: boolean, reason?: string}; value absent = accept the proposal. */
export interface Repair {
  value?: string;
  dismiss?: boolean;
  reason?: string;
}

/** POST /api/quarantine-repairs {ids?: number[]; filter?: {batch_id?, rule?, source?, store_id?}}: accepts proposals in bulk. */
export interface BulkRepairResult {
  repaired: number;
  still_open: number;
}
