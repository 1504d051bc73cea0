import type {
  Batch,
  BatchDetail,
  BulkRepairResult,
  Feed,
  FeedSummary,
  Layout,
  LayoutChange,
  LayoutPreview,
  LayoutRow,
  QuarantineRow,
  Repair,
  UploadResult,
} from '@/features/intake/types';
import type { BulkFilter } from '@/features/intake/bulk';
import { download, http } from '@/shared/http';
import type { ListQuery, Page } from '@/shared/page';

export const FEEDS = '/api/feeds';
export const BATCHES = '/api/batches';
export const QUARANTINE_ROWS = '/api/quarantine-rows';

export const feeds = (query: ListQuery) => http.get<Page<Feed>>(FEEDS, { query });
export const feedSummary = () => http.get<FeedSummary>('/api/feeds/summary');

export const batches = (query: ListQuery) => http.get<Page<Batch>>(BATCHES, { query });
export const batch = (id: number) => http.get<BatchDetail>('/api/batches/{id}', { path: { id } });
export const rollBack = (id: number, reason: string) =>
  http.post<BatchDetail>('/api/batches/{id}/rollbacks', { path: { id }, body: { reason } });
export const errorFile = (id: number) => download(`/api/batches/${id}/error-file`);

export interface UploadAs {
  store_id?: number | undefined;
  source?: string | undefined;
}
export function upload(file: File, as: UploadAs): Promise<UploadResult> {
  const form = new FormData();
  if (as.store_id !== undefined) form.append('store_id', String(as.store_id));
  if (as.source) form.append('source', as.source);
  form.append('file', file);
  return http.post<UploadResult>('/api/uploads', { form });
}

export const layouts = (query: ListQuery) => http.get<Page<LayoutRow>>('/api/layouts', { query });
export const layout = (id: number) => http.get<Layout>('/api/layouts/{id}', { path: { id } });
export const previewLayout = (id: number, columns: LayoutChange['columns']) =>
  http.post<LayoutPreview>('/api/layouts/{id}/previews', { path: { id }, body: { columns } });
export const saveLayout = (id: number, body: LayoutChange) =>
  http.put<Layout>('/api/layouts/{id}', { path: { id }, body });

export const quarantineRows = (query: ListQuery) => http.get<Page<QuarantineRow>>(QUARANTINE_ROWS, { query });
export const repair = (id: number, body: Repair) =>
  http.post<QuarantineRow>('/api/quarantine-rows/{id}/repairs', { path: { id }, body });
export const repairMany = (body: { ids?: number[]; filter?: BulkFilter }) =>
  http.post<BulkRepairResult>('/api/quarantine-repairs', { body });
