import type { Component } from 'vue';
import type { RouteRecordRaw } from 'vue-router';

export type MenuGroup = 'connect' | 'insight' | 'retain' | 'grow' | 'data' | 'system';

/** The main menu's order. A group without a permitted page is not shown. */
export const MENU_GROUPS: MenuGroup[] = ['connect', 'insight', 'retain', 'grow', 'data', 'system'];

export interface Screen {
  name: string;
  path: string;
  group: MenuGroup;
  /** Permission the page's API asks for; absent = any signed-in user. */
  permission?: string;
  /** Icon of the menu; a screen without one is reached from another screen. */
  icon?: string;
  /** Menu entry that is lit while this screen is open. */
  under?: string;
  page: () => Promise<Component>;
}

export const SCREENS: Screen[] = [
  {
    name: 'overview',
    path: '/',
    group: 'insight',
    icon: 'DataBoard',
    page: () => import('@/features/overview/OverviewPage.vue'),
  },
  {
    name: 'persons',
    path: '/persons',
    group: 'insight',
    permission: 'customer.read',
    icon: 'User',
    page: () => import('@/features/insight/PersonsPage.vue'),
  },
  {
    name: 'person',
    path: '/persons/:no',
    group: 'insight',
    permission: 'customer.read',
    under: 'persons',
    page: () => import('@/features/insight/PersonPage.vue'),
  },
  {
    name: 'vehicles',
    path: '/vehicles',
    group: 'insight',
    permission: 'customer.read',
    icon: 'Van',
    page: () => import('@/features/insight/VehiclesPage.vue'),
  },
  {
    name: 'vehicle',
    path: '/vehicles/:no',
    group: 'insight',
    permission: 'customer.read',
    under: 'vehicles',
    page: () => import('@/features/insight/VehiclePage.vue'),
  },
  {
    name: 'validity',
    path: '/validity',
    group: 'insight',
    permission: 'validity.read',
    icon: 'CircleCheck',
    page: () => import('@/features/validity/ValidityPage.vue'),
  },
  {
    name: 'validity-people',
    path: '/validity/people',
    group: 'insight',
    permission: 'validity.read',
    under: 'validity',
    page: () => import('@/features/validity/ValidityPeoplePage.vue'),
  },
  {
    name: 'validity-rules',
    path: '/validity/rules',
    group: 'insight',
    permission: 'validity.read',
    under: 'validity',
    page: () => import('@/features/validity/ValidityRulesPage.vue'),
  },
  {
    name: 'feeds',
    path: '/feeds',
    group: 'data',
    permission: 'intake.read',
    icon: 'Connection',
    page: () => import('@/features/intake/FeedsPage.vue'),
  },
  {
    name: 'batches',
    path: '/batches',
    group: 'data',
    permission: 'intake.read',
    icon: 'Files',
    page: () => import('@/features/intake/BatchesPage.vue'),
  },
  {
    name: 'batch',
    path: '/batches/:id',
    group: 'data',
    permission: 'intake.read',
    under: 'batches',
    page: () => import('@/features/intake/BatchPage.vue'),
  },
  {
    name: 'layouts',
    path: '/layouts',
    group: 'data',
    permission: 'intake.read',
    icon: 'Grid',
    page: () => import('@/features/intake/LayoutsPage.vue'),
  },
  {
    name: 'layout',
    path: '/layouts/:id',
    group: 'data',
    permission: 'intake.read',
    under: 'layouts',
    page: () => import('@/features/intake/LayoutPage.vue'),
  },
  {
    name: 'quarantine',
    path: '/quarantine',
    group: 'data',
    permission: 'intake.read',
    icon: 'Warning',
    page: () => import('@/features/intake/QuarantinePage.vue'),
  },
  {
    name: 'quality',
    path: '/quality',
    group: 'data',
    permission: 'quality.read',
    icon: 'TrendCharts',
    page: () => import('@/features/quality/QualityPage.vue'),
  },
  {
    name: 'review',
    path: '/review',
    group: 'data',
    permission: 'identity.read',
    icon: 'Share',
    page: () => import('@/features/identity/ReviewPage.vue'),
  },
  {
    name: 'explanation',
    path: '/persons/:no/explanation',
    group: 'data',
    permission: 'identity.read',
    under: 'persons',
    page: () => import('@/features/identity/ExplanationPage.vue'),
  },
  {
    name: 'super-nodes',
    path: '/super-nodes',
    group: 'data',
    permission: 'identity.read',
    icon: 'Phone',
    page: () => import('@/features/identity/SuperNodesPage.vue'),
  },
  {
    name: 'identity-runs',
    path: '/identity-runs',
    group: 'data',
    permission: 'identity.read',
    icon: 'Cpu',
    page: () => import('@/features/identity/RunsPage.vue'),
  },
  {
    name: 'survivorship',
    path: '/survivorship',
    group: 'data',
    permission: 'identity.read',
    icon: 'Rank',
    page: () => import('@/features/identity/SurvivorshipPage.vue'),
  },
  {
    name: 'stores',
    path: '/stores',
    group: 'system',
    permission: 'org.read',
    icon: 'OfficeBuilding',
    page: () => import('@/features/org/OrgPage.vue'),
  },
  {
    name: 'employees',
    path: '/employees',
    group: 'system',
    permission: 'org.read',
    icon: 'Postcard',
    page: () => import('@/features/org/EmployeesPage.vue'),
  },
  {
    name: 'users',
    path: '/users',
    group: 'system',
    permission: 'org.read',
    icon: 'UserFilled',
    page: () => import('@/features/org/UsersPage.vue'),
  },
  {
    name: 'roles',
    path: '/roles',
    group: 'system',
    permission: 'role.manage',
    icon: 'Key',
    page: () => import('@/features/org/RolesPage.vue'),
  },
  {
    name: 'source-systems',
    path: '/source-systems',
    group: 'system',
    permission: 'org.read',
    icon: 'Link',
    page: () => import('@/features/org/SourceSystemsPage.vue'),
  },
  {
    name: 'feature-flags',
    path: '/feature-flags',
    group: 'system',
    permission: 'org.read',
    icon: 'Switch',
    page: () => import('@/features/org/FeatureFlagsPage.vue'),
  },
  {
    name: 'audit',
    path: '/audit',
    group: 'system',
    permission: 'audit.read',
    icon: 'Notebook',
    page: () => import('@/features/org/AuditPage.vue'),
  },
  {
    name: 'account',
    path: '/account',
    group: 'system',
    page: () => import('@/features/auth/AccountPage.vue'),
  },
];

export function screenRoutes(): RouteRecordRaw[] {
  return SCREENS.map(({ name, path, page, permission, under }) => ({
    name,
    path,
    component: page,
    meta: { permission, under: under ?? name },
  }));
}
