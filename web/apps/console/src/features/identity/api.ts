import type {
  Explanation,
  IdentityEvent,
  IdentityModel,
  IdentityRun,
  PairDecision,
  ReviewPair,
  SuperNode,
  SurvivorshipRule,
  UnmergePreview,
  UnmergeResult,
} from '@/features/identity/types';
import { http } from '@/shared/http';
import type { ListQuery, Page } from '@/shared/page';

export const SUPER_NODES = '/api/super-nodes';

export const reviewPairs = (query: ListQuery) => http.get<Page<ReviewPair>>('/api/review-pairs', { query });
export const decide = (id: number, body: PairDecision) =>
  http.post<ReviewPair>('/api/review-pairs/{id}/decisions', { path: { id }, body });

export const mergeHistory = (no: string) =>
  http.get<IdentityEvent[]>('/api/persons/{no}/merge-history', { path: { no } });
export const explanation = (no: string) =>
  http.get<Explanation>('/api/persons/{no}/explanation', { path: { no } });
export const previewUnmerge = (no: string, record_keys: string[]) =>
  http.post<UnmergePreview>('/api/persons/{no}/unmerge-previews', { path: { no }, body: { record_keys } });
export const unmerge = (no: string, record_keys: string[], reason: string) =>
  http.post<UnmergeResult>('/api/persons/{no}/unmerges', { path: { no }, body: { record_keys, reason } });

/** Undoes the merge an event tells of; both sides come back exactly. */
export const undoMerge = (event_id: number, reason: string) =>
  http.post<{ person_no: string }>('/api/identity-events/{event_id}/undos', {
    path: { event_id },
    body: { reason },
  });

export const superNodes = (query: ListQuery) => http.get<Page<SuperNode>>(SUPER_NODES, { query });
export const runs = (query: ListQuery) => http.get<Page<IdentityRun>>('/api/identity-runs', { query });
export const startRun = (kind: IdentityRun['kind']) =>
  http.post<IdentityRun>('/api/identity-runs', { body: { kind } });
export const models = () => http.get<IdentityModel[]>('/api/identity-models');
export const survivorshipRules = () => http.get<SurvivorshipRule[]>('/api/survivorship-rules');
export const changeSurvivorship = (field: string, body: Pick<SurvivorshipRule, 'order' | 'sources'>) =>
  http.put<SurvivorshipRule>('/api/survivorship-rules/{field}', { path: { field }, body });
