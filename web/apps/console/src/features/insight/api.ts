import type {
  PersonDetail,
  PersonRow,
  RevealAnswer,
  SearchAnswer,
  Timeline,
  VehicleDetail,
  VehicleRow,
} from '@/features/insight/types';
import { http } from '@/shared/http';
import type { ListQuery, Page } from '@/shared/page';

export const PERSONS = '/api/persons';
export const VEHICLES = '/api/vehicles';

export const search = (q: string, signal: AbortSignal) =>
  http.get<SearchAnswer>('/api/search', { query: { q, limit: 10 }, signal });

export const persons = (query: ListQuery) => http.get<Page<PersonRow>>(PERSONS, { query });
export const person = (no: string) => http.get<PersonDetail>('/api/persons/{no}', { path: { no } });
export const correctPerson = (no: string, body: { field: string; value: string; reason: string }) =>
  http.post<void>('/api/persons/{no}/corrections', { path: { no }, body });

export const vehicles = (query: ListQuery) => http.get<Page<VehicleRow>>(VEHICLES, { query });
export const vehicle = (no: string) => http.get<VehicleDetail>('/api/vehicles/{no}', { path: { no } });

export interface TimelineQuery {
  before?: string | undefined;
  kinds?: string | undefined;
  limit?: number;
}
export type Subject = 'persons' | 'vehicles';

export const timeline = (subject: Subject, no: string, query: TimelineQuery) =>
  http.get<Timeline>(`/api/${subject}/{no}/timeline`, { path: { no }, query });
export const reveal = (subject: Subject, no: string, field: string, reason: string) =>
  http.post<RevealAnswer>(`/api/${subject}/{no}/reveals`, { path: { no }, body: { field, reason } });
