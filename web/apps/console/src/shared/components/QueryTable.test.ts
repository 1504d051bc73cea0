import { flushPromises } from '@vue/test-utils';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import QueryTable from '@/shared/components/QueryTable.vue';
import type { Column, Filter } from '@/shared/list';
import type { ListQuery } from '@/shared/page';
import { fakeApi, open } from '@/test/mount';

const columns: Column[] = [
  { field: 'name', label: '姓名', sortable: true },
  { field: 'city', label: '城市' },
  { field: 'note', label: '备注', optional: true },
];
const filters: Filter[] = [
  { field: 'q', label: '搜索', kind: 'text' },
  { field: 'state', label: '状态', kind: 'select', options: [{ value: 'open', label: '待处理' }] },
];
const rows = [
  { id: 1, name: '张伟', city: '天津', note: null },
  { id: 2, name: '李娜', city: null, note: null },
];

type Answer = { rows: typeof rows; total: number; page: number; size: number };
const loader = () =>
  vi.fn<(query: ListQuery) => Promise<Answer>>().mockResolvedValue({ rows, total: 95, page: 1, size: 20 });

async function list(url: string, load = loader()) {
  const props = { name: 'test', rowKey: 'id', load, columns, filters, exportUrl: '/api/people' };
  const opened = await open(QueryTable as never, url, { props });
  await flushPromises();
  return { ...opened, load };
}

describe('a list', () => {
  beforeEach(() => localStorage.clear());

  it('asks the server for what the URL says', async () => {
    const { load } = await list('/persons?page=3&size=50&sort=name&order=desc&state=open');
    expect(load).toHaveBeenCalledWith({ page: 3, size: 50, sort: 'name', order: 'desc', state: 'open' });
  });

  it('keeps a filter in the URL and starts again at the first page', async () => {
    const { view, router, load } = await list('/persons?page=3');
    await view.get('[data-testid="filter-q"] input, input[data-testid="filter-q"]').setValue('张');
    await view
      .get('[data-testid="filter-q"] input, input[data-testid="filter-q"]')
      .trigger('keydown', { key: 'Enter' });
    await flushPromises();
    expect(router.currentRoute.value.query).toEqual({ q: '张' });
    expect(load).toHaveBeenLastCalledWith({ page: 1, size: 20, q: '张' });
  });

  it('shows the rows, a dash for what is missing, and how many there are', async () => {
    const { view } = await list('/persons');
    expect(view.text()).toContain('张伟');
    expect(view.text()).toContain('–');
    expect(view.get('[data-testid="total"]').text()).toContain('95');
    expect(view.text()).not.toContain('备注');
  });

  it('walks through the rows and pages by keyboard', async () => {
    const { view, router } = await list('/persons?page=2');
    const body = view.get('.body');
    await body.trigger('keydown', { key: 'ArrowDown' });
    await body.trigger('keydown', { key: 'ArrowDown' });
    await body.trigger('keydown', { key: 'Enter' });
    expect(view.emitted('open')?.[0]).toEqual([rows[1]]);
    await body.trigger('keydown', { key: 'ArrowRight' });
    await flushPromises();
    expect(router.currentRoute.value.query).toEqual({ page: '3' });
  });

  it('exports with the filters, but not with the page', async () => {
    const calls = fakeApi(() => ({ status: 403, body: { code: 'auth.not_permitted', title: '没有权限' } }));
    const { view } = await list('/persons?page=2&state=open');
    await view.get('[data-testid="export"]').trigger('click');
    await flushPromises();
    expect(calls[0]?.path).toBe('/api/people/export');
    expect([...(calls[0]?.search.keys() ?? [])]).toEqual(['state']);
    expect(document.body.textContent).toContain('没有权限');
  });

  it('offers another try when loading fails', async () => {
    const load = loader();
    load.mockRejectedValueOnce(new Error('连接不上'));
    const { view } = await list('/persons', load);
    expect(view.text()).toContain('连接不上');
    await view.get('[role="alert"] button').trigger('click');
    await flushPromises();
    expect(view.text()).toContain('张伟');
  });

  it('lets only the latest question answer', async () => {
    let late: (page: { rows: typeof rows; total: number; page: number; size: number }) => void = () => {};
    const load = vi.fn((query: ListQuery) =>
      query['q'] === '慢'
        ? new Promise<{ rows: typeof rows; total: number; page: number; size: number }>(
            (resolve) => (late = resolve),
          )
        : Promise.resolve({ rows: rows.slice(0, 1), total: 1, page: 1, size: 20 }),
    );
    const { view, router } = await list('/persons?q=慢', load as never);
    await router.replace({ query: { q: '快' } });
    await flushPromises();
    late({ rows: rows.slice(1), total: 1, page: 1, size: 20 });
    await flushPromises();
    expect(view.text()).toContain('张伟');
    expect(view.text()).not.toContain('李娜');
  });
});
