import type {
  Overlap,
  ValidityPerson,
  ValidityPreview,
  ValidityRuleChange,
  ValidityRules,
  ValiditySummary,
} from '@/features/validity/types';
import { http } from '@/shared/http';
import type { ListQuery, Page } from '@/shared/page';

export const PEOPLE = '/api/validity/people';

export const summary = () => http.get<ValiditySummary>('/api/validity/summary');
export const overlap = (stores: number[]) =>
  http.get<Overlap>('/api/validity/overlap', { query: { stores: stores.join(',') } });
export const people = (query: ListQuery) => http.get<Page<ValidityPerson>>(PEOPLE, { query });
export const rules = () => http.get<ValidityRules>('/api/validity/rules');
export const changeRules = (body: ValidityRuleChange) =>
  http.put<ValidityRules>('/api/validity/rules', { body });
export const previewRules = (body: ValidityRuleChange) =>
  http.post<ValidityPreview>('/api/validity/rules/previews', { body });
