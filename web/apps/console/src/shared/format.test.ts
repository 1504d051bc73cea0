import { describe, expect, it } from 'vitest';
import {
  changeRate,
  formatChange,
  formatCount,
  formatMoney,
  formatPercent,
  formatTime,
} from '@/shared/format';

describe('figures', () => {
  it('show percentages to one decimal and a dash for nothing', () => {
    expect(formatPercent(0.27374)).toBe('27.4%');
    expect(formatPercent(null)).toBe('–');
    expect(formatPercent(1 / 0)).toBe('–');
    expect(formatCount(null)).toBe('–');
    expect(formatCount(186432)).toBe('186,432');
  });

  it('compare with nothing as a dash, never as infinity', () => {
    expect(formatChange(changeRate(12, 0))).toBe('–');
    expect(formatChange(changeRate(12, null))).toBe('–');
    expect(formatChange(changeRate(112, 100))).toBe('+12.0%');
    expect(formatChange(changeRate(88, 100))).toBe('-12.0%');
  });

  it('show fen as yuan', () => {
    expect(formatMoney(123450)).toBe('¥1,234.50');
    expect(formatMoney(-5)).toBe('¥-0.05');
  });

  it('show moments on the clock of the house', () => {
    expect(formatTime('2026-11-21T16:30:00Z')).toBe('2026-11-22 00:30');
    expect(formatTime('nonsense')).toBe('–');
  });
});
