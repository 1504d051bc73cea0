import { flushPromises } from '@vue/test-utils';
import { describe, expect, it, vi } from 'vitest';
import LayoutPage from '@/features/intake/LayoutPage.vue';
import MappingColumns from '@/features/intake/MappingColumns.vue';
import type { Layout, LayoutPreview } from '@/features/intake/types';
import { DIRECTOR, fakeApi, open, type Call } from '@/test/mount';

const layout: Layout = {
  layout_id: 3,
  name: 'DMS 客户车辆档案',
  source: 'dms',
  kind: 'customer',
  version: 2,
  state: 'draft',
  columns: 3,
  mapped: 1,
  batches: 1,
  waiting_batches: 0,
  updated_at: '2026-11-20T01:00:00Z',
  updated_by: null,
  header_row: 1,
  encoding: 'GB18030',
  delimiter: ',',
  columns_map: [
    {
      position: 0,
      header: '客户姓名',
      field: 'name',
      proposed_by: 'synonym',
      confidence: 0.98,
      samples: ['张三'],
    },
    { position: 1, header: '底盘号', field: null, proposed_by: null, confidence: null, samples: ['LFV'] },
    { position: 2, header: '备注', field: null, proposed_by: null, confidence: null, samples: [] },
  ],
  targets: [
    { field: 'name', entity: 'customer', zh: '姓名', en: 'Name', required: true },
    { field: 'vin', entity: 'vehicle', zh: '车架号', en: 'VIN', required: true },
  ],
};
const preview: LayoutPreview = {
  fields: ['name'],
  missing_required: ['vin'],
  rows: [
    {
      row_no: 1,
      quarantined: true,
      reasons: ['缺少车架号'],
      cells: [{ raw: '张三先生', value: '张三', flag: 'ok', note: null }],
    },
  ],
};

function answer(call: Call) {
  return { body: call.path.endsWith('/previews') ? preview : layout };
}

describe('the mapping editor', () => {
  it('shows raw and normalised values side by side', async () => {
    fakeApi(answer);
    const { view } = await open(LayoutPage, '/layouts/3');
    await flushPromises();
    const cell = view.get('[data-testid="mapping-preview"]').text();
    expect(cell).toContain('张三先生');
    expect(cell).toContain('张三');
  });

  it('does not let a mapping work before every required field is fed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const calls = fakeApi(answer);
    const { view } = await open(LayoutPage, '/layouts/3');
    await flushPromises();
    expect(view.get('[data-testid="missing"]').text()).toContain('车架号');
    expect(view.get('[data-testid="activate"]').attributes('disabled')).toBeDefined();

    view.getComponent(MappingColumns).vm.$emit('choose', 1, 'vin');
    vi.advanceTimersByTime(1000);
    vi.useRealTimers();
    await flushPromises();
    expect(view.find('[data-testid="missing"]').exists()).toBe(false);
    const asked = calls.filter((call) => call.path.endsWith('/previews')).at(-1);
    expect(asked?.body).toEqual({
      columns: [
        { position: 0, field: 'name' },
        { position: 1, field: 'vin' },
        { position: 2, field: null },
      ],
    });

    await view.get('[data-testid="activate"]').trigger('click');
    await flushPromises();
    const saved = calls.find((call) => call.method === 'PUT');
    expect(saved?.body).toMatchObject({ state: 'active' });
    expect(saved?.headers.get('x-csrf-token')).toBe(DIRECTOR.csrf);
  });

  it('offers no saving to those who may only look', async () => {
    fakeApi(answer);
    const { view } = await open(LayoutPage, '/layouts/3', {
      me: { ...DIRECTOR, permissions: ['intake.read'] },
    });
    await flushPromises();
    expect(view.find('[data-testid="activate"]').exists()).toBe(false);
  });
});
