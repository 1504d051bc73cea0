import { createRouter, createWebHistory } from 'vue-router';
import { screenRoutes } from '@/app/routes';
import { wire } from '@/shared/http';
import { i18n } from '@/shared/i18n';
import { useSession } from '@/shared/session';

declare module 'vue-router' {
  interface RouteMeta {
    permission?: string | undefined;
    under?: string;
    open?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [
    {
      name: 'login',
      path: '/login',
      component: () => import('@/features/auth/LoginPage.vue'),
      meta: { open: true },
    },
    {
      name: 'password',
      path: '/password',
      component: () => import('@/features/auth/PasswordPage.vue'),
      meta: { open: true },
    },
    {
      path: '/',
      component: () => import('@/app/AppShell.vue'),
      children: [
        ...screenRoutes(),
        { name: 'forbidden', path: '/forbidden', component: () => import('@/app/ForbiddenPage.vue') },
        { name: 'missing', path: '/:rest(.*)*', component: () => import('@/app/MissingPage.vue') },
      ],
    },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
});

router.beforeEach(async (to) => {
  const session = useSession();
  await session.resume();
  if (to.name === 'login') return session.signedIn ? { name: 'overview' } : true;
  if (!session.signedIn) return { name: 'login', query: to.path === '/' ? {} : { to: to.fullPath } };
  if (session.me?.must_change_password && to.name !== 'password') return { name: 'password' };
  if (!session.may(to.meta.permission)) return { name: 'forbidden', query: { from: to.fullPath } };
  return true;
});

router.afterEach((to) => {
  const key = `app.screen.${String(to.name)}`;
  const title = i18n.global.te(key) ? `${i18n.global.t(key)} · ` : '';
  document.title = `${title}回店 Forecourt`;
});

wire.signedOut = () => {
  const session = useSession();
  if (!session.signedIn) return;
  session.take(null);
  void router.push({ name: 'login', query: { to: router.currentRoute.value.fullPath, ended: '1' } });
};
wire.passwordDue = () => void router.push({ name: 'password' });
