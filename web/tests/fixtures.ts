/** A module in which every field type occurs once, and a catalog around it. */
import type { Field, Module } from '../src/api/types';
import { fieldTypes } from '../src/fields';
import type { Catalog } from '../src/modules/queries';

const special: { [type: string]: Partial<Field> } = {
  choice: {
    options: [
      { code: 'open', labels: { en: 'Open', 'zh-CN': '谈判' } },
      { code: 'won', labels: { en: 'Won', 'zh-CN': '赢单' } },
    ],
  },
  choices: {
    options: [
      { code: 'a', labels: { en: 'A', 'zh-CN': '甲' } },
      { code: 'b', labels: { en: 'B', 'zh-CN': '乙' } },
    ],
  },
  relation: { module: 'partner' },
  relations: { module: 'partner' },
  lines: { module: 'line', via: 'deal' },
  formula: { formula: 'a + b', result: 'money' },
  lookup: { path: 'relation_field.name', result: 'text' },
  rollup: { formula: 'SUM(lines_field.amount)', result: 'money' },
};
export const fields: Field[] = (Object.keys(fieldTypes) as Array<keyof typeof fieldTypes>).map((type) => ({
  name: `${type}_field`,
  type,
  labels: { en: type, 'zh-CN': `字段${type}` },
  ...special[type],
}));
export const deal: Module = { name: 'deal', title: 'text_field', labels: { en: 'Deal', 'zh-CN': '商机' }, fields };
export const partner: Module = {
  name: 'partner',
  title: 'name',
  labels: { en: 'Partner', 'zh-CN': '伙伴' },
  fields: [
    { name: 'name', type: 'text', labels: { en: 'Name', 'zh-CN': '名称' }, required: true },
    { name: 'tier', type: 'choice', labels: { en: 'Tier', 'zh-CN': '等级' }, options: [{ code: 'gold' }] },
    { name: '区域', type: 'relation', module: 'partner', labels: { en: 'Region', 'zh-CN': '区域' } },
  ],
};
export const line: Module = {
  name: 'line',
  line: true,
  title: 'item',
  fields: [
    { name: 'deal', type: 'relation', module: 'deal', required: true },
    { name: 'item', type: 'text', required: true },
    { name: 'quantity', type: 'decimal', required: true, default: '1' },
    { name: 'amount', type: 'money', default: '=quantity * 10' },
    { name: 'total', type: 'formula', formula: 'amount', result: 'money' },
  ],
};
export const modules = [deal, partner, line];
export const catalog: Catalog = { version: 1, modules, byName: new Map(modules.map((one) => [one.name, one])) };
