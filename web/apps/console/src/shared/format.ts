/** Shown where there is nothing to show: never a zero, never an infinity. */
export const NOTHING = '–';

const HOUSE_ZONE = 'Asia/Shanghai';

export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : value.toLocaleString('en-US');
}

/** Percentages carry one decimal on every report (domain convention). */
export function formatPercent(rate: number | null | undefined): string {
  return rate === null || rate === undefined || !Number.isFinite(rate)
    ? NOTHING
    : `${(rate * 100).toFixed(1)}%`;
}

export function formatScore(score: number | null | undefined): string {
  return score === null || score === undefined ? NOTHING : score.toFixed(1);
}

/** Integer fen as yuan with thousands separators. */
export function formatMoney(fen: number | null | undefined): string {
  if (fen === null || fen === undefined) return NOTHING;
  const yuan = (fen / 100).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return `¥${yuan}`;
}

export function formatDate(day: string | null | undefined): string {
  return day ? day.slice(0, 10) : NOTHING;
}

/** Days as labels of an axis: the year matters as soon as there is more than one. */
export function axisDays(days: string[]): string[] {
  const years = new Set(days.map((day) => day.slice(0, 4)));
  return days.map((day) => (years.size > 1 ? day.slice(0, 7) : day.slice(5)));
}

const moment = new Intl.DateTimeFormat('sv-SE', {
  timeZone: HOUSE_ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
});

/** A moment on the house's clock, to the minute. */
export function formatTime(time: string | null | undefined): string {
  if (!time) return NOTHING;
  const parsed = new Date(time);
  return Number.isNaN(parsed.getTime()) ? NOTHING : moment.format(parsed);
}

export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NOTHING;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return NOTHING;
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** Change against a base as a rate; null when the base is nothing, so that it shows as a dash. */
export function changeRate(value: number | null, base: number | null): number | null {
  return value === null || base === null || base === 0 ? null : (value - base) / base;
}

export function formatChange(rate: number | null): string {
  if (rate === null) return NOTHING;
  return `${rate > 0 ? '+' : ''}${(rate * 100).toFixed(1)}%`;
}
