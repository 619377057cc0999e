import { beforeAll, describe, expect, test } from 'vitest';
import type { Module, Tile } from '../api/types';
import { setLanguage } from '../i18n';
import { placeOf } from './drill';
import { periodOf, spanOf, step } from './period';
import { askedFor, join, ordered } from './tile';

beforeAll(() => setLanguage('zh-CN'));
const today = '2026-11-23';

describe('periods', () => {
  test.each([
    ['month', '2026-11-01', '2026-12-01', '2026年11月'],
    ['quarter', '2026-10-01', '2027-01-01', '2026 年第 4 季度'],
    ['year', '2026-01-01', '2027-01-01', '2026'],
    ['r12', '2025-12-01', '2026-12-01', '2025年12月 – 2026年11月'],
  ] as const)('%s', (kind, from, to, label) =>
    expect(periodOf(kind, today, today)).toMatchObject({ from, to, label, current: true }),
  );

  test('how much of it has passed', () => {
    expect(periodOf('month', today, today).elapsed).toBeCloseTo(23 / 30);
    expect(periodOf('month', '2026-10-05', today).elapsed).toBe(1);
    expect(periodOf('month', '2026-12-05', today).elapsed).toBe(0);
  });
  test('a fiscal year from April', () => {
    expect(periodOf('year', '2026-02-10', today, 4)).toMatchObject({ from: '2025-04-01', to: '2026-04-01' });
    expect(periodOf('quarter', '2026-05-10', today, 4)).toMatchObject({ from: '2026-04-01', to: '2026-07-01' });
  });
  test('steps', () => {
    const quarter = periodOf('quarter', today, today);
    expect(periodOf('quarter', step(quarter, -1), today).from).toBe('2026-07-01');
    expect(periodOf('quarter', step(quarter, 1), today).from).toBe('2027-01-01');
  });
  test('the year before ends on the same day', () => {
    expect(spanOf(periodOf('year', today, today), 'year_before', today)).toEqual({
      from: '2025-01-01',
      to: '2025-11-24',
    });
    expect(spanOf(periodOf('year', '2025-05-05', today), 'year_before', today)).toEqual({
      from: '2024-01-01',
      to: '2025-01-01',
    });
    expect(spanOf(periodOf('month', '2024-02-10', '2024-02-28'), 'year_before', '2024-02-28').to).toBe('2023-02-28');
  });
  test('a trend shows twelve months at least', () =>
    expect(spanOf(periodOf('month', today, today), 'trend', today)).toEqual({ from: '2025-12-01', to: '2026-12-01' }));
});

test('the period becomes a condition, and the keys of the page are not sent', () => {
  const period = periodOf('month', today, today);
  expect(askedFor({ from: 'order', where: 'a = 1 or b = 2', period: 'day', window: 'period' }, period, today)).toEqual({
    from: 'order',
    where: '(a = 1 or b = 2) and day >= "2026-11-01" and day < "2026-12-01"',
  });
  expect(askedFor({ from: 'order', where: 'a = "this or that"', period: 'day' }, period, today).where).toMatch(/^a = /);
  expect(askedFor({ from: 'order' }, period, today)).toEqual({ from: 'order' });
});

const tile: Tile = { name: 't', type: 'attainment', queries: {}, by: 'region', show: ['region', 'sales'], sort: 'gap' };
const region = (id: number, title: string) => ({ id, title });
test('queries are joined on both sides, with what follows from them', () => {
  const column = (name: string) => [
    { name: 'region', type: 'relation' },
    { name, type: 'money' },
  ];
  const figures = join(tile, {
    sales: {
      columns: column('sales'),
      rows: [
        [region(1, '华东'), '50'],
        [region(2, '华南'), '120'],
      ],
    },
    target: {
      columns: column('target'),
      rows: [
        [region(1, '华东'), '100'],
        [region(2, '华南'), '100'],
        [region(3, '华北'), '80'],
      ],
    },
    before: { columns: column('sales'), rows: [[region(1, '华东'), '40']] },
  });
  const byName = Object.fromEntries(
    ordered(tile, figures).map(({ name, values }) => [(name as { title: string }).title, values]),
  );
  expect(Object.keys(byName)).toEqual(['华北', '华东', '华南']);
  expect(byName.华东).toMatchObject({ sales: 50, target: 100, before: 40, attainment: 0.5, gap: -50, growth: 0.25 });
  expect(byName.华北).toMatchObject({ attainment: 0, gap: -80, growth: null });
});

test('a figure leads to its records, those of lines to their parents', () => {
  const order: Module = {
    name: 'order',
    fields: [{ name: 'lines', type: 'lines', module: 'order_line', via: 'order' }],
  };
  const line: Module = { name: 'order_line', line: true, fields: [] };
  const catalog = { version: 1, modules: [order, line], byName: new Map([order, line].map((one) => [one.name, one])) };
  const query = {
    from: 'order_line',
    where: 'order.status <> "order.x" and order.order_date >= "2026-01-01"',
    group: { partner: 'order.partner' },
  };
  expect(placeOf(catalog, query, 'partner', { id: 42, title: 'P' })).toEqual({
    module: 'order',
    where: 'status <> "order.x" and order_date >= "2026-01-01" and partner = 42',
  });
  expect(placeOf(catalog, { ...query, where: 'amount > 1' }, 'partner', null)).toEqual({
    module: 'order_line',
    where: 'amount > 1 and ISBLANK(order.partner)',
  });
});
