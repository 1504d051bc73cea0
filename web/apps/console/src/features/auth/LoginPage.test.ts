import { flushPromises } from '@vue/test-utils';
import { describe, expect, it } from 'vitest';
import LoginPage from '@/features/auth/LoginPage.vue';
import { DIRECTOR, fakeApi, open, type Call } from '@/test/mount';

async function visit(
  answer: (call: Call) => { status?: number; body?: unknown; headers?: Record<string, string> },
  url = '/login',
) {
  const calls = fakeApi(answer);
  const opened = await open(LoginPage, url, { me: null });
  const type = (field: string, text: string) =>
    opened.view.get(`input[data-testid="${field}"], [data-testid="${field}"] input`).setValue(text);
  const submit = async () => {
    await opened.view.get('[data-testid="login-form"]').trigger('submit');
    await flushPromises();
  };
  return { ...opened, calls, type, submit };
}
const refusal = (code: string, title: string, status = 401) => ({
  status,
  body: { code, title, title_en: title },
});

describe('signing in', () => {
  it('goes to where the user wanted to go', async () => {
    const { router, type, submit, calls } = await visit(
      () => ({ body: { me: DIRECTOR } }),
      '/login?to=/persons?q=%E5%BC%A0',
    );
    await type('username', ' director ');
    await type('password', 'spring-2026');
    await submit();
    expect(calls[0]?.body).toEqual({ username: 'director', password: 'spring-2026' });
    expect(router.currentRoute.value).toMatchObject({ path: '/persons', query: { q: '张' } });
  });

  it('never leaves the console for an address in the link', async () => {
    const { router, type, submit } = await visit(
      () => ({ body: { me: DIRECTOR } }),
      '/login?to=//evil.example',
    );
    await type('username', 'director');
    await type('password', 'x');
    await submit();
    expect(router.currentRoute.value.fullPath).toBe('/');
  });

  it('asks for the one-time code when the account wants it', async () => {
    const { view, type, submit, calls } = await visit((call) =>
      (call.body as { totp?: string }).totp
        ? { body: { me: DIRECTOR } }
        : refusal('auth.totp_needed', '需要动态码'),
    );
    await type('username', 'director');
    await type('password', 'x');
    await submit();
    expect(view.find('[data-testid="username"]').exists()).toBe(false);
    await type('totp', '123456');
    await submit();
    expect(calls[1]?.body).toEqual({ username: 'director', password: 'x', totp: '123456' });
  });

  it('says what was wrong in the words of the server', async () => {
    const { view, type, submit } = await visit(() => refusal('auth.wrong_password', '用户名或密码错误'));
    await type('username', 'director');
    await type('password', 'x');
    await submit();
    expect(view.get('[data-testid="login-message"]').text()).toBe('用户名或密码错误');
  });

  it('counts down while an account is locked', async () => {
    const { view, type, submit, calls } = await visit(() => ({
      ...refusal('auth.locked', '已锁定', 429),
      headers: { 'retry-after': '90' },
    }));
    await type('username', 'director');
    await type('password', 'x');
    await submit();
    expect(view.get('[data-testid="login-locked"]').text()).toContain('1:30');
    await submit();
    expect(calls).toHaveLength(1);
  });

  it('sends a first log-in to the change of its password', async () => {
    const { router, type, submit } = await visit(() => ({
      body: { me: { ...DIRECTOR, must_change_password: true } },
    }));
    await type('username', 'director');
    await type('password', 'x');
    await submit();
    expect(router.currentRoute.value.name).toBe('password');
  });
});
