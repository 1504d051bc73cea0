import type { Finding, Quality } from '@/features/quality/types';
import { http } from '@/shared/http';
import type { ListQuery, Page } from '@/shared/page';

export const FINDINGS = '/api/quality/findings';

export const quality = () => http.get<Quality>('/api/quality');
export const findings = (query: ListQuery) => http.get<Page<Finding>>(FINDINGS, { query });
export const changeFinding = (id: number, state: Finding['state']) =>
  http.put<Finding>('/api/quality/findings/{id}', { path: { id }, body: { state } });
