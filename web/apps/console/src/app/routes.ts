import type { Component } from 'vue';
import type { RouteRecordRaw } from 'vue-router';
import * as pages from '@/app/pages';

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

/** A screen of one group; the page comes in a chunk of its own when it is first opened. */
function screen(
  group: MenuGroup,
  name: string,
  path: string,
  page: Screen['page'],
  more: Pick<Screen, 'permission' | 'icon' | 'under'> = {},
): Screen {
  return { group, name, path, page, ...more };
}

export const SCREENS: Screen[] = [
  screen('insight', 'overview', '/', pages.OverviewPage, { icon: 'DataBoard' }),
  screen('insight', 'persons', '/persons', pages.PersonsPage, { permission: 'customer.read', icon: 'User' }),
  screen('insight', 'person', '/persons/:no', pages.PersonPage, {
    permission: 'customer.read',
    under: 'persons',
  }),
  screen('insight', 'vehicles', '/vehicles', pages.VehiclesPage, {
    permission: 'customer.read',
    icon: 'Van',
  }),
  screen('insight', 'vehicle', '/vehicles/:no', pages.VehiclePage, {
    permission: 'customer.read',
    under: 'vehicles',
  }),
  screen('insight', 'validity', '/validity', pages.ValidityPage, {
    permission: 'validity.read',
    icon: 'CircleCheck',
  }),
  screen('insight', 'validity-people', '/validity/people', pages.ValidityPeoplePage, {
    permission: 'validity.read',
    under: 'validity',
  }),
  screen('insight', 'validity-rules', '/validity/rules', pages.ValidityRulesPage, {
    permission: 'validity.read',
    under: 'validity',
  }),
  screen('data', 'feeds', '/feeds', pages.FeedsPage, { permission: 'intake.read', icon: 'Connection' }),
  screen('data', 'batches', '/batches', pages.BatchesPage, { permission: 'intake.read', icon: 'Files' }),
  screen('data', 'batch', '/batches/:id', pages.BatchPage, { permission: 'intake.read', under: 'batches' }),
  screen('data', 'layouts', '/layouts', pages.LayoutsPage, { permission: 'intake.read', icon: 'Grid' }),
  screen('data', 'layout', '/layouts/:id', pages.LayoutPage, { permission: 'intake.read', under: 'layouts' }),
  screen('data', 'quarantine', '/quarantine', pages.QuarantinePage, {
    permission: 'intake.read',
    icon: 'Warning',
  }),
  screen('data', 'quality', '/quality', pages.QualityPage, {
    permission: 'quality.read',
    icon: 'TrendCharts',
  }),
  screen('data', 'review', '/review', pages.ReviewPage, { permission: 'identity.read', icon: 'Share' }),
  screen('data', 'explanation', '/persons/:no/explanation', pages.ExplanationPage, {
    permission: 'identity.read',
    under: 'persons',
  }),
  screen('data', 'super-nodes', '/super-nodes', pages.SuperNodesPage, {
    permission: 'identity.read',
    icon: 'Phone',
  }),
  screen('data', 'identity-runs', '/identity-runs', pages.RunsPage, {
    permission: 'identity.read',
    icon: 'Cpu',
  }),
  screen('data', 'survivorship', '/survivorship', pages.SurvivorshipPage, {
    permission: 'identity.read',
    icon: 'Rank',
  }),
  screen('system', 'stores', '/stores', pages.OrgPage, { permission: 'org.read', icon: 'OfficeBuilding' }),
  screen('system', 'employees', '/employees', pages.EmployeesPage, {
    permission: 'org.read',
    icon: 'Postcard',
  }),
  screen('system', 'users', '/users', pages.UsersPage, { permission: 'org.read', icon: 'UserFilled' }),
  screen('system', 'roles', '/roles', pages.RolesPage, { permission: 'role.manage', icon: 'Key' }),
  screen('system', 'source-systems', '/source-systems', pages.SourceSystemsPage, {
    permission: 'org.read',
    icon: 'Link',
  }),
  screen('system', 'feature-flags', '/feature-flags', pages.FeatureFlagsPage, {
    permission: 'org.read',
    icon: 'Switch',
  }),
  screen('system', 'audit', '/audit', pages.AuditPage, { permission: 'audit.read', icon: 'Notebook' }),
  screen('system', 'account', '/account', pages.AccountPage),
];

export function screenRoutes(): RouteRecordRaw[] {
  return SCREENS.map(({ name, path, page, permission, under }) => ({
    name,
    path,
    component: page,
    meta: { permission, under: under ?? name },
  }));
}
