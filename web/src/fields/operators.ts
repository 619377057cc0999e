/** The ways to filter that several types share, and how their values are written in formulas. */
import type { Value } from '../api/types';
import { t } from '../i18n';
import { readDecimal } from '../i18n/decimal';
import type { Literal, Operator } from './types';

const operator = (
  name: string,
  label: Operator['label'],
  template: string,
  takes: Operator['takes'] = 'one',
): Operator => ({ name, label, takes, template });

export const is = operator('is', 'operator.is', '$f = $v');
export const isNot = operator('isNot', 'operator.isNot', '$f <> $v');
export const anyOf = operator('anyOf', 'operator.anyOf', '$f in ($*)', 'many');
export const noneOf = operator('noneOf', 'operator.noneOf', 'not ($f in ($*))', 'many');
export const isEmpty = operator('isEmpty', 'operator.isEmpty', 'ISBLANK($f)', 'none');
export const isFilled = operator('isFilled', 'operator.isFilled', 'not ISBLANK($f)', 'none');
export const emptiness = [isEmpty, isFilled];

export const textOperators: Operator[] = [
  operator('contains', 'operator.contains', 'ISNUMBER(SEARCH($v, $f))'),
  operator('lacks', 'operator.lacks', 'not ISNUMBER(SEARCH($v, $f))'),
  is,
  isNot,
  operator('starts', 'operator.starts', 'LEFT($f, LEN($v)) = $v'),
  ...emptiness,
];
export const numberOperators: Operator[] = [
  operator('more', 'operator.more', '$f > $v'),
  operator('atLeast', 'operator.atLeast', '$f >= $v'),
  operator('less', 'operator.less', '$f < $v'),
  operator('atMost', 'operator.atMost', '$f <= $v'),
  operator('equals', 'operator.equals', '$f = $v'),
  operator('between', 'operator.between', 'AND($f >= $v, $f <= $w)', 'two'),
  ...emptiness,
];
export const dateOperators: Operator[] = [
  operator('on', 'operator.on', '$f = $v'),
  operator('from', 'operator.from', '$f >= $v'),
  operator('until', 'operator.until', '$f <= $v'),
  operator('before', 'operator.before', '$f < $v'),
  operator('after', 'operator.after', '$f > $v'),
  operator('between', 'operator.between', 'AND($f >= $v, $f <= $w)', 'two'),
  operator('today', 'operator.today', '$f = TODAY()', 'none'),
  operator('thisWeek', 'operator.thisWeek', 'AND($f >= WEEKSTART(TODAY()), $f < WEEKSTART(TODAY()) + 7)', 'none'),
  operator(
    'thisMonth',
    'operator.thisMonth',
    'AND($f >= MONTHSTART(TODAY()), $f < EDATE(MONTHSTART(TODAY()), 1))',
    'none',
  ),
  operator(
    'lastMonth',
    'operator.lastMonth',
    'AND($f >= EDATE(MONTHSTART(TODAY()), -1), $f < MONTHSTART(TODAY()))',
    'none',
  ),
  operator(
    'thisQuarter',
    'operator.thisQuarter',
    'AND($f >= QUARTERSTART(TODAY()), $f < EDATE(QUARTERSTART(TODAY()), 3))',
    'none',
  ),
  operator(
    'thisYear',
    'operator.thisYear',
    'AND($f >= YEARSTART(TODAY()), $f < EDATE(YEARSTART(TODAY()), 12))',
    'none',
  ),
  operator('lastDays', 'operator.lastDays', 'AND($f > TODAY() - $v, $f <= TODAY())', 'days'),
  operator('nextDays', 'operator.nextDays', 'AND($f >= TODAY(), $f < TODAY() + $v)', 'days'),
  ...emptiness,
];
/** An instant is on a day when it falls between two midnights. */
export const instantOperators: Operator[] = [
  operator('from', 'operator.from', '$f >= $v'),
  operator('until', 'operator.until', '$f <= $v'),
  operator('before', 'operator.before', '$f < $v'),
  operator('after', 'operator.after', '$f > $v'),
  operator('today', 'operator.today', 'AND($f >= TODAY(), $f < TODAY() + 1)', 'none'),
  ...dateOperators.filter(({ name }) => /^(this|last)(Week|Month|Quarter|Year)$/.test(name)),
  operator('lastDays', 'operator.lastDays', 'AND($f > TODAY() - $v, $f < TODAY() + 1)', 'days'),
  ...emptiness,
];
export const choiceOperators: Operator[] = [is, isNot, anyOf, noneOf, ...emptiness];
export const relationOperators: Operator[] = [is, isNot, anyOf, noneOf, ...emptiness];
export const personOperators: Operator[] = [operator('me', 'operator.me', '$f = ME()', 'none'), ...relationOperators];
export const listOperators: Operator[] = [
  operator('has', 'operator.has', '$v in $f'),
  operator('hasNot', 'operator.hasNot', 'not ($v in $f)'),
];
export const booleanOperators: Operator[] = [
  operator('yes', 'operator.yes', '$f = true', 'none'),
  operator('no', 'operator.no', '$f = false', 'none'),
];

export const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
export const textLiteral: Literal = {
  write: (value) => quote(String(value ?? '')),
  read: (text, kind) => (kind === 'text' ? text : undefined),
};
export const numberLiteral: Literal = {
  write: (value) => readDecimal(String(value ?? '')) || '0',
  read: (text, kind) => (kind === 'number' ? text : undefined),
};
export const refLiteral: Literal = {
  write: (value) => String(refId(value) ?? 0),
  read: (text, kind) => (kind === 'number' ? { id: Number(text) } : undefined),
};

/** The id in a relation's value: {"id":42,"title":"…"} or 42. */
export function refId(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (value && typeof value === 'object' && !Array.isArray(value) && typeof value.id === 'number') return value.id;
  return undefined;
}
/** A record that the person may not see comes as its id alone. */
export const isHidden = (value: Value): boolean =>
  Boolean(value && typeof value === 'object' && !Array.isArray(value) && value.id && value.title === undefined);
export function refTitle(value: Value): string {
  if (isHidden(value)) return t('field.hidden');
  if (value && typeof value === 'object' && !Array.isArray(value)) {
    if (typeof value.title === 'string' && value.title) return value.title;
    return value.id === undefined || value.id === null ? '' : `#${value.id}`;
  }
  return value === null || value === undefined ? '' : `#${value}`;
}
