import type {
  AuditEntry,
  Brand,
  Employee,
  FeatureFlags,
  LegalEntity,
  OrgImport,
  PermissionInfo,
  Region,
  Role,
  RoleChange,
  SourceSystem,
  Store,
  User,
  UserChange,
} from '@/features/org/types';
import { download, http } from '@/shared/http';
import type { ListQuery, Page } from '@/shared/page';

export const STORES = '/api/stores';
export const REGIONS = '/api/regions';
export const BRANDS = '/api/brands';
export const LEGAL_ENTITIES = '/api/legal-entities';
export const EMPLOYEES = '/api/employees';
export const USERS = '/api/users';
export const AUDIT_ENTRIES = '/api/audit-entries';
export const SOURCE_SYSTEMS = '/api/source-systems';

export const stores = (query: ListQuery) => http.get<Page<Store>>(STORES, { query });
export const regions = (query: ListQuery) => http.get<Page<Region>>(REGIONS, { query });
export const brands = (query: ListQuery) => http.get<Page<Brand>>(BRANDS, { query });
export const legalEntities = (query: ListQuery) => http.get<Page<LegalEntity>>(LEGAL_ENTITIES, { query });
export const employees = (query: ListQuery) => http.get<Page<Employee>>(EMPLOYEES, { query });

export const users = (query: ListQuery) => http.get<Page<User>>(USERS, { query });
export const changeUser = (user_id: number, body: UserChange) =>
  http.put<User>('/api/users/{user_id}', { path: { user_id }, body });
export const resetPassword = (user_id: number) =>
  http.post<{ initial_password: string }>('/api/users/{user_id}/password-resets', { path: { user_id } });
export const unlockUser = (user_id: number) =>
  http.post<void>('/api/users/{user_id}/unlocks', { path: { user_id } });

export const roles = () => http.get<Role[]>('/api/roles');
export const permissions = () => http.get<PermissionInfo[]>('/api/permissions');
export const changeRole = (code: string, body: RoleChange) =>
  http.put<Role>('/api/roles/{code}', { path: { code }, body });

export const createRole = (body: RoleChange & { code: string }) => http.post<Role>('/api/roles', { body });

export function importOrg(file: File, dryRun: boolean): Promise<OrgImport> {
  const form = new FormData();
  form.append('file', file);
  return http.post<OrgImport>('/api/org-imports', { query: { dry_run: dryRun }, form });
}
export const orgImportErrors = (id: number) => download(`/api/org-imports/${id}/error-file`);

export const featureFlags = () => http.get<FeatureFlags>('/api/feature-flags');
export const setFeature = (body: { store_id: number; feature: string; enabled: boolean }) =>
  http.put<void>('/api/feature-flags', { body });

export const sourceSystems = (query: ListQuery) => http.get<Page<SourceSystem>>(SOURCE_SYSTEMS, { query });
export const changeSourceSystem = (row: SourceSystem) =>
  http.put<void>('/api/source-systems/{store_id}/{source}', {
    path: { store_id: row.store_id, source: row.source },
    body: { live_from: row.live_from, live_to: row.live_to },
  });

export const auditEntries = (query: ListQuery) => http.get<Page<AuditEntry>>(AUDIT_ENTRIES, { query });
