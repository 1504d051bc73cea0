// Story 1: twenty years of data become one trustworthy base. One house, asked through HTTP and looked at in a browser.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browserSuite } from './browser.suite.mjs';
import { scopeSuite, undoSuite } from './hands.suite.mjs';
import { openHouse } from './house.mjs';
import { matchingSuite, validitySuite } from './people.suite.mjs';
import { againSuite, rowsSuite } from './rows.suite.mjs';
import { Story } from './story.mjs';

describe('Story 1', () => {
  const story = new Story();

  before(async () => {
    story.house = await openHouse();
  });
  after(async () => {
    await story.house?.close();
  });

  test('the house is open', async () => {
    assert.equal((await fetch(`${story.house.url}/api/openapi.json`)).status, 200);
  });
  describe('through HTTP', () => {
    rowsSuite(story);
    matchingSuite(story);
    validitySuite(story);
    undoSuite(story);
    againSuite(story);
    scopeSuite(story);
  });
  describe('in the browser', () => browserSuite(story));
});
