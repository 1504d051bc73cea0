// Precision and recall of a clustering against the truth, over pairs of records.

/** Rows of a CSV text as objects; quoted cells as RFC 4180 says. */
export function parseCsv(text) {
  const rows = [];
  let row = [''];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const symbol = text[at];
    if (quoted) {
      if (symbol !== '"') row[row.length - 1] += symbol;
      else if (text[at + 1] === '"') row[row.length - 1] += text[(at += 1)];
      else quoted = false;
    } else if (symbol === '"') quoted = true;
    else if (symbol === ',') row.push('');
    else if (symbol === '\n') {
      rows.push(row);
      row = [''];
    } else if (symbol !== '\r') row[row.length - 1] += symbol;
  }
  if (row.length > 1 || row[0] !== '') rows.push(row);
  const [header, ...body] = rows;
  return body.map((cells) => Object.fromEntries(header.map((name, at) => [name, cells[at] ?? ''])));
}

const pairs = (count) => (count * (count - 1)) / 2;

function count(groups, key) {
  groups.set(key, (groups.get(key) ?? 0) + 1);
}

/** `records`: [{found, truth}]; returns precision, recall and F1 over pairs. */
export function pairwise(records) {
  const [found, truth, both] = [new Map(), new Map(), new Map()];
  for (const record of records) {
    count(found, record.found);
    count(truth, record.truth);
    count(both, `${record.found}|${record.truth}`);
  }
  const sum = (groups) => [...groups.values()].reduce((all, size) => all + pairs(size), 0);
  const hits = sum(both);
  const precision = hits / sum(found);
  const recall = hits / sum(truth);
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) };
}
