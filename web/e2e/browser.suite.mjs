// The console in a real browser: three people sign in and do what they come for.
import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { openWindow } from './browser.mjs';
import { PASSWORD } from './house.mjs';

const WAIT_MS = 20_000;

/** Who signs in, and what only his first screen shows. */
const PEOPLE = [
  { username: 'director', first: '门店一览' },
  { username: 'manager.a', first: '最近 30 天新客户' },
  { username: 'dataadmin', first: '延迟的数据接入' },
];

/** The console asks who is signed in before anybody is; the browser itself writes that answer down as an error. */
const NOBODY_YET = /status of 401 \(Unauthorized\) \S+\/api\/me$/;

const heading = (page, name, level) => page.getByRole('heading', { name, level }).first();
const cell = (page) => page.getByRole('table').last().getByRole('row').first();

/** A customer of several records whom the search finds by name; the same one in every run. */
async function customer(client) {
  const list = '/api/persons?kind=person&sort=person_no&order=asc&page=1&size=200';
  for (const row of (await client.get(list)).rows) {
    if (row.record_count < 3 || !/^[一-鿿]{2,4}$/.test(row.name ?? '')) continue;
    const { hits } = await client.get(`/api/search?q=${encodeURIComponent(row.name)}&limit=10`);
    if (hits.some((hit) => hit.no === row.person_no)) return row;
  }
  throw new Error('nobody in the list is found by name');
}

/** Signs in, and lands on the own first screen without opening any menu. */
async function signIn(page, url, { username, first }, name) {
  await page.goto(`${url}/login`);
  await page.getByPlaceholder('用户名').fill(username);
  await page.getByPlaceholder('密码').fill(PASSWORD);
  await page.getByRole('button', { name: '登录' }).click();
  await heading(page, new RegExp(`好，${name}`), 1).waitFor();
  await heading(page, new RegExp(first), 3).waitFor();
  assert.equal(new URL(page.url()).pathname, '/');
  for (const other of PEOPLE.filter((one) => one.first !== first)) {
    assert.equal(await heading(page, new RegExp(other.first), 3).count(), 0, other.first);
  }
}

/** Types the name letter by letter: candidates come before it is whole. */
async function search(page, person) {
  await page.getByRole('button', { name: '搜索客户' }).click();
  const field = page.getByPlaceholder(/姓名 \/ 拼音首字母/);
  const options = page.getByRole('option');
  await field.pressSequentially(person.name.slice(0, 1));
  await options.first().waitFor();
  await field.pressSequentially(person.name.slice(1), { delay: 40 });
  await options.filter({ hasText: person.person_no }).click();
  await page.waitForURL(`**/persons/${person.person_no}`);
}

/** Golden fields with where they come from, verdicts and the years of dealings. */
async function customerPage(page, seen) {
  await heading(page, seen.name, 1).waitFor();
  await heading(page, '基本信息', 3).waitFor();
  for (const field of seen.fields)
    await page.getByRole('term').filter({ hasText: field.zh }).first().waitFor();
  await heading(page, '各范围有效性', 3).waitFor();
  await heading(page, '往来时间线', 3).waitFor();
  const events = page.getByRole('listitem').filter({ has: page.getByRole('time') });
  await events.first().waitFor();
}

async function explanation(page, joins) {
  await page.getByRole('link', { name: '为什么是同一个客户' }).click();
  await heading(page, '为什么是同一个客户', 1).waitFor();
  await heading(page, /第 1 步/, 3).waitFor();
  await page.getByRole('columnheader', { name: '左侧记录' }).waitFor();
  assert.ok(joins > 0);
  await heading(page, '为什么没有和这些记录合并', 3).waitFor();
}

/** Opens a list from the menu; its first row opens on click. */
async function openList(page, menu) {
  await page.getByRole('navigation').getByRole('link', { name: menu, exact: true }).click();
  await heading(page, menu, 1).waitFor();
  await cell(page).waitFor();
}

async function dataPages(page, shot) {
  await openList(page, '导入批次');
  await shot('batches');
  await cell(page).click();
  await page.waitForURL(/\/batches\/\d+$/);
  await heading(page, /\.(csv|xlsx?)/, 1).waitFor();
  await shot('batch');
  await openList(page, '字段映射');
  await shot('layouts');
  await cell(page).click();
  await page.waitForURL(/\/layouts\/\d+$/);
  await page.getByText('左侧是文件的列').first().waitFor();
  await shot('mapping');
  await openList(page, '隔离数据');
  await shot('quarantine');
  await cell(page).click();
  await page.getByRole('dialog').getByText('原值').first().waitFor();
  await shot('repair');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
}

/** The whole frame speaks English at once, and Chinese again: the choice is kept for the user. */
async function switchLanguage(page, shot) {
  await page.getByRole('button', { name: 'English' }).click();
  try {
    await heading(page, 'Quarantine', 1).waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Import batches', exact: true }).click();
    await heading(page, 'Import batches', 1).waitFor();
    await cell(page).waitFor();
    await shot('english');
  } finally {
    await page.getByRole('button', { name: '中文' }).click();
  }
  await heading(page, '导入批次', 1).waitFor();
}

export function browserSuite(story) {
  describe('three people', () => {
    let shots = '';
    before(async () => {
      shots = await mkdtemp(path.join(tmpdir(), 'forecourt-e2e-shots-'));
      console.log(`  # screenshots in ${shots}`);
    });
    for (const who of PEOPLE) {
      test(`${who.username} finds a customer and sees how he came to be`, async () => {
        const client = await story.as(who.username);
        // The masked user types a name he was told; everybody else one of his own list.
        const person = await customer(client.me.masked ? await story.as('director') : client);
        const seen = await client.get(`/api/persons/${person.person_no}`);
        const { joins } = await client.get(`/api/persons/${person.person_no}/explanation`);
        const { page, errors, close } = await openWindow();
        page.setDefaultTimeout(WAIT_MS);
        const shot = (name) => page.screenshot({ path: path.join(shots, `${who.username}-${name}.png`) });
        try {
          await signIn(page, story.house.url, who, client.me.name);
          assert.deepEqual(
            errors.splice(0).filter((error) => !NOBODY_YET.test(error)),
            [],
            'console errors while signing in',
          );
          await shot('first');
          await search(page, person);
          await customerPage(page, seen);
          await shot('customer');
          await explanation(page, joins.length);
          await shot('explanation');
          await dataPages(page, shot);
          await switchLanguage(page, shot);
          assert.deepEqual(errors, [], 'console errors');
        } catch (error) {
          await shot('failed');
          console.log(`  # at ${page.url()}; console errors: ${errors.join('\n') || 'none'}`);
          throw error;
        } finally {
          await close();
        }
      });
    }
  });
}
