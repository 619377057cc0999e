/** How the columns of tiles are named and written. */
import type { Field, Tile, TypeName, Value } from '../api/types';
import { fieldTypes, refTitle } from '../fields';
import { type Key, local, t } from '../i18n';
import { month, number, percent, shortMoney, shortNumber } from '../i18n/format';

const NAMES: { [column: string]: Key } = {
  attainment: 'measure.attainment',
  gap: 'measure.gap',
  growth: 'measure.growth',
  before: 'measure.before',
  sales: 'measure.sales',
  target: 'measure.target',
};
export function columnName(tile: Tile, column: string): string {
  const own = tile.names?.[column];
  if (own) return local(own, column);
  const key = NAMES[column];
  return key ? t(key) : column;
}

const RATIOS = new Set(['attainment', 'growth']);
const isRatio = (column: string, type: string | undefined) => RATIOS.has(column) || type === 'percent';
/** Sums of money come as money; their gap is money as well. */
const isMoney = (column: string, types: { [column: string]: string }) =>
  types[column] === 'money' ||
  (column === 'gap' && types.sales !== 'integer') ||
  (types[column] === 'decimal' && (column === 'sales' || column === 'target' || column === 'before'));

/** Short for tiles and axes: ¥1,234.5万. */
export function shortFigure(
  column: string,
  value: number | null | undefined,
  types: { [column: string]: string },
): string {
  if (value === null || value === undefined) return '–';
  if (isRatio(column, types[column])) return percent(value, 1);
  return isMoney(column, types) ? shortMoney(value) : value >= 100_000 ? shortNumber(value) : number(value);
}
/** In full, for tables. */
export function fullFigure(
  column: string,
  value: number | null | undefined,
  types: { [column: string]: string },
): string {
  if (value === null || value === undefined) return '–';
  if (isRatio(column, types[column])) return percent(value, 1, 1);
  const type: TypeName = isMoney(column, types) ? 'money' : Number.isInteger(value) ? 'integer' : 'decimal';
  return fieldTypes[type].text(String(Math.round(value * 100) / 100), { name: column, type } as Field);
}

/** The name of a group: a record's title, a month in words, a text. */
export function groupName(value: Value): string {
  if (value === null || value === undefined || value === '') return t('empty');
  if (typeof value === 'object') return refTitle(value) || t('empty');
  const text = String(value);
  return /^\d{4}-\d{2}(-01)?$/.test(text) ? month(text.slice(0, 7)) : text;
}
