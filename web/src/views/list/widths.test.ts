import { expect, test } from 'vitest';
import type { Field, Module } from '../../api/types';
import { naturalWidth } from './widths';

const column = (field: Partial<Field>, label = '伙伴') => ({
  path: field.name ?? '',
  label,
  field: { type: 'text', ...field } as Field,
});
const module = { name: 'order', title: 'name', fields: [] } as unknown as Module;
const rows = (title: string) => [{ id: 1, version: 1, partner: { id: 7, title } }];
const partner = column({ name: 'partner', type: 'relation', module: 'partner' });

test('a column of names is as wide as its names, within reason', () => {
  const short = naturalWidth(partner, module, rows('华东大区'));
  const long = naturalWidth(partner, module, rows('徐州华源环保科技有限公司'));
  expect(short).toBe(96);
  expect(long).toBeGreaterThanOrEqual(12 * 13 + 20);
  expect(naturalWidth(partner, module, rows('长'.repeat(80)))).toBe(230);
});
test('a head is read in full', () => {
  const narrow = naturalWidth(column({ name: 'n', type: 'integer' }, 'Lines'), module, []);
  expect(naturalWidth(column({ name: 'n', type: 'integer' }, 'Number of order lines'), module, [])).toBeGreaterThan(
    narrow + 40,
  );
});
test('the title has room before there is any row', () => {
  expect(naturalWidth(column({ name: 'name' }), module, [])).toBe(240);
});
