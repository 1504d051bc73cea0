import type { Join, RecordCard } from '@/features/identity/types';

export const CARD = { width: 218, height: 132, gapX: 152, gapY: 22 };

export interface PlacedRecord {
  record: RecordCard;
  x: number;
  y: number;
}

export interface PlacedJoin {
  join: Join;
  path: string;
  /** Middle of the link, where its label sits. */
  x: number;
  y: number;
}

export interface MergePicture {
  records: PlacedRecord[];
  joins: PlacedJoin[];
  width: number;
  height: number;
}

/**
 * Places the records of a customer as a tree that grows from left to right: the record of the first
 * join is the root, every other record stands one column right of the record it was joined to.
 * Records that no join names (there should be none) start trees of their own below.
 */
export function drawMerge(records: RecordCard[], joins: Join[]): MergePicture {
  const byKey = new Map(records.map((record) => [record.record_key, record]));
  const links = new Map<string, { to: string; join: Join }[]>();
  const ordered = [...joins].sort((a, b) => a.step - b.step);
  for (const join of ordered) {
    if (!byKey.has(join.left_record) || !byKey.has(join.right_record)) continue;
    links.set(join.left_record, [...(links.get(join.left_record) ?? []), { to: join.right_record, join }]);
    links.set(join.right_record, [...(links.get(join.right_record) ?? []), { to: join.left_record, join }]);
  }

  const placed = new Map<string, PlacedRecord>();
  const drawn: { from: string; to: string; join: Join }[] = [];
  let row = 0;

  function place(key: string, depth: number): void {
    const record = byKey.get(key);
    if (!record || placed.has(key)) return;
    const spot = { record, x: depth * (CARD.width + CARD.gapX), y: row * (CARD.height + CARD.gapY) };
    placed.set(key, spot);
    let grown = 0;
    for (const { to, join } of links.get(key) ?? []) {
      if (placed.has(to)) continue;
      if (grown > 0) row += 1;
      drawn.push({ from: key, to, join });
      place(to, depth + 1);
      grown += 1;
    }
  }

  const first = ordered[0]?.left_record;
  for (const key of [...(first ? [first] : []), ...records.map((record) => record.record_key)]) {
    if (placed.has(key)) continue;
    if (placed.size > 0) row += 1;
    place(key, 0);
  }

  const spots = [...placed.values()];
  return {
    records: spots,
    joins: drawn.flatMap(({ from, to, join }) => {
      const a = placed.get(from);
      const b = placed.get(to);
      return a && b ? [linkBetween(a, b, join)] : [];
    }),
    width: Math.max(0, ...spots.map((spot) => spot.x)) + CARD.width,
    height: Math.max(0, ...spots.map((spot) => spot.y)) + CARD.height,
  };
}

function linkBetween(a: PlacedRecord, b: PlacedRecord, join: Join): PlacedJoin {
  const [x1, y1] = [a.x + CARD.width, a.y + CARD.height / 2];
  const [x2, y2] = [b.x, b.y + CARD.height / 2];
  const bend = x1 + 26;
  const path =
    y1 === y2 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1}C${bend} ${y1} ${x1} ${y2} ${bend + 12} ${y2}H${x2}`;
  return { join, path, x: (bend + 12 + x2) / 2, y: y2 };
}
