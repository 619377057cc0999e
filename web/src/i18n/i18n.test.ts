import { beforeEach, describe, expect, test } from 'vitest';
import en from './en';
import { ago, dateTime, money, month, number, percent, setWorkspace, shortMoney, today, zoneOffset } from './format';
import { type Key, local, setLanguage, t } from './index';
import zh from './zh';

const places = (message: unknown) =>
  [...JSON.stringify(message).matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

test('both languages have the same keys, and the same places for values', () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  for (const key of Object.keys(en) as Key[])
    expect([key, ...new Set(places(zh[key]))]).toEqual([key, ...new Set(places(en[key]))]);
});

describe('in Chinese', () => {
  beforeEach(async () => {
    setWorkspace({ zone: 'Asia/Shanghai', currency: 'CNY' });
    await setLanguage('zh-CN');
  });
  test('money counts in 万 and 亿', () => {
    expect(shortMoney('12345678.9')).toBe('¥1,234.6万');
    expect(shortMoney(120_000_000)).toBe('¥1.2亿');
    expect(shortMoney(108_100_000)).toBe('¥1.08亿');
    expect(money('1234567890123456.78')).toBe('¥1,234,567,890,123,456.78');
    expect(money('0.1234', 'CNY', 4)).toBe('¥0.1234');
    expect(money('5', 'no currency')).toBe('5.00');
  });
  test('instants are those of the workspace', () => {
    expect(dateTime('2026-01-31T16:30:00Z')).toBe('2026-02-01 00:30');
    expect(today(Date.parse('2026-01-31T16:30:00Z'))).toBe('2026-02-01');
    expect(zoneOffset(Date.parse('2026-01-31T16:30:00Z'))).toBe(480);
    expect(month('2026-01')).toBe('2026年1月');
    expect(ago('2026-01-31T16:27:00Z', Date.parse('2026-01-31T16:30:00Z'))).toBe('3分钟前');
    expect(ago('2026-01-31T16:29:30Z', Date.parse('2026-01-31T16:30:00Z'))).toBe('刚刚');
  });
  test('texts of modules fall back to the other language', () => {
    expect(local({ en: 'Deals', 'zh-CN': '商机' })).toBe('商机');
    expect(local({ en: 'Deals' })).toBe('Deals');
    expect(local(undefined, 'deals')).toBe('deals');
  });
});

test('English counts one and many', async () => {
  await setLanguage('en');
  expect(t('list.count', { n: 1 })).toBe('1 record');
  expect(t('list.count', { n: 1200 })).toBe('1,200 records');
  expect(shortMoney('12345678.9')).toBe('¥12.3M');
  expect(number('0.1')).toBe('0.1');
  expect(percent('0.1234')).toBe('12.34%');
});
