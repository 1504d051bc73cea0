/** Colours of charts, in the order they are given out: the theme's, then neighbours told apart in print too. */
export const PALETTE = ['#0b6b66', '#d98a35', '#5b7fa6', '#a4574d', '#7f9c58', '#8a6fa3'];

export const DEFECT_COLOURS = {
  duplicate: '#5b7fa6',
  error: '#b8372f',
  incomplete: '#d98a35',
  inconsistent: '#8a6fa3',
} as const;

const LINE = '#e2e8e6';
const INK = '#51615f';

/** Axes and grid shared by the line and bar charts. */
export const axes = {
  color: PALETTE,
  grid: { left: 8, right: 16, top: 36, bottom: 4, containLabel: true },
  tooltip: { trigger: 'axis' as const },
  legend: { top: 0, left: 0, icon: 'roundRect', itemWidth: 12, itemHeight: 8, textStyle: { color: INK } },
};
export const categoryAxis = {
  type: 'category' as const,
  axisLine: { lineStyle: { color: LINE } },
  axisTick: { show: false },
  axisLabel: { color: INK },
};
export const valueAxis = {
  type: 'value' as const,
  splitLine: { lineStyle: { color: LINE } },
  axisLabel: { color: INK },
};
