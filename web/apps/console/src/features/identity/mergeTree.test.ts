import { describe, expect, it } from 'vitest';
import { CARD, drawMerge } from '@/features/identity/mergeTree';
import type { Join, RecordCard } from '@/features/identity/types';

const record = (record_key: string) => ({ record_key }) as RecordCard;
const join = (step: number, left_record: string, right_record: string) =>
  ({ step, left_record, right_record }) as Join;

describe('the picture of a merge', () => {
  it('starts with the record of the first join and puts each later record right of its partner', () => {
    const picture = drawMerge(
      [record('c'), record('b'), record('a')],
      [join(2, 'b', 'c'), join(1, 'a', 'b')],
    );
    const column = Object.fromEntries(
      picture.records.map(({ record: { record_key }, x }) => [record_key, x / (CARD.width + CARD.gapX)]),
    );
    expect(column).toEqual({ a: 0, b: 1, c: 2 });
    expect(picture.joins.map(({ join: { step } }) => step)).toEqual([1, 2]);
  });

  it('gives every record a place of its own', () => {
    const picture = drawMerge(['a', 'b', 'c', 'd', 'e'].map(record), [
      join(1, 'a', 'b'),
      join(2, 'a', 'c'),
      join(3, 'b', 'd'),
      join(4, 'b', 'e'),
    ]);
    const places = new Set(picture.records.map(({ x, y }) => `${x},${y}`));
    expect(places.size).toBe(5);
    expect(picture.joins).toHaveLength(4);
  });

  it('shows a record that nothing joined, and ignores joins of records that are not there', () => {
    const picture = drawMerge([record('a'), record('b')], [join(1, 'a', 'x')]);
    expect(picture.records).toHaveLength(2);
    expect(picture.joins).toHaveLength(0);
  });
});
