import { enableAutoUnmount, flushPromises, mount } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach } from 'vitest';
import type { Component } from 'vue';
import { createMemoryHistory, createRouter, type Router } from 'vue-router';
import { SCREENS } from '@/app/routes';
import type { Me } from '@/features/auth/types';
import { i18n } from '@/shared/i18n';
import { useSession } from '@/shared/session';

enableAutoUnmount(afterEach);

export const DIRECTOR: Me = {
  user_id: 1,
  username: 'director',
  name: '陈立群',
  roles: [{ code: 'group_director', name: '集团客户运营总监' }],
  permissions: ['customer.read', 'customer.reveal', 'intake.read', 'intake.manage'],
  landing: 'director',
  must_change_password: false,
  csrf: 'token-of-the-session',
  stores: [{ store_id: 1, code: 'TJVW01', short_name: '津门一店' }],
  scope_kind: 'group',
  scope_label: '全集团',
  masked: false,
  totp_enabled: false,
  lang: 'zh',
};

const Blank: Component = { template: '<i />' };

/** A router with the console's names, whose pages are empty. */
export function testRouter(): Router {
  const screens = SCREENS.map(({ name, path }) => ({ name, path, component: Blank }));
  const open = ['login', 'password'].map((name) => ({ name, path: `/${name}`, component: Blank }));
  return createRouter({ history: createMemoryHistory(), routes: [...screens, ...open] });
}

/** Mounts a page as the console would: signed in, routed, in Chinese. */
export async function open(
  page: Component,
  url: string,
  options: { me?: Me | null; props?: object; slots?: object } = {},
) {
  const pinia = createPinia();
  setActivePinia(pinia);
  useSession().take(options.me === undefined ? DIRECTOR : options.me);
  const router = testRouter();
  await router.push(url);
  await router.isReady();
  const view = mount(page, {
    props: options.props ?? {},
    slots: (options.slots ?? {}) as Record<string, string>,
    attachTo: document.body,
    global: { plugins: [pinia, router, i18n] },
  });
  await flushPromises();
  return { view, router };
}

export interface Call {
  method: string;
  path: string;
  search: URLSearchParams;
  headers: Headers;
  body: unknown;
}

type Reply = { status?: number; body?: unknown; headers?: Record<string, string> };

/** Replaces the network: `answer` says what the API replies; the calls are kept. */
export function fakeApi(answer: (call: Call) => Reply): Call[] {
  const calls: Call[] = [];
  globalThis.fetch = (async (input: Request | string) => {
    const request = input instanceof Request ? input : new Request(new URL(input, 'http://127.0.0.1'));
    const url = new URL(request.url);
    const text = request.method === 'GET' ? '' : await request.text();
    const call = {
      method: request.method,
      path: url.pathname,
      search: url.searchParams,
      headers: request.headers,
      body: text ? (JSON.parse(text) as unknown) : undefined,
    };
    calls.push(call);
    const reply = answer(call);
    const status = reply.status ?? 200;
    return new Response(status === 204 ? null : JSON.stringify(reply.body ?? null), {
      status,
      headers: { 'content-type': 'application/json', ...reply.headers },
    });
  }) as typeof fetch;
  return calls;
}
