import { beforeAll, describe, expect, test } from 'vitest';
import { catalog, deal, fields } from '../../../tests/fixtures';
import type { Value } from '../../api/types';
import { fieldTypes, shownType } from '../../fields';
import { setLanguage } from '../../i18n';
import { resolvePath } from '../../modules/queries';
import { type Condition, operatorsOf, readFilter, writeFilter } from './filter';

beforeAll(() => setLanguage('en'));
const samples: { [type: string]: Value[] } = {
  integer: ['5', '-7'],
  decimal: ['5.25', '9'],
  money: ['500000', '0.01'],
  percent: ['0.12', '0.5'],
  date: ['2026-01-31', '2026-02-28'],
  datetime: ['2026-01-31', '2026-02-01'],
  choice: ['open', 'won'],
  choices: ['a', 'b'],
  relation: [{ id: 42 }, { id: 43 }],
  relations: [{ id: 42 }, { id: 43 }],
  person: [{ id: 1 }, { id: 2 }],
  department: [{ id: 1 }, { id: 2 }],
};

describe('every operator of every type is written as a formula and read back', () => {
  for (const field of fields)
    for (const operator of shownType(field).operators)
      test(`${field.type} ${operator.name}`, () => {
        const type = Object.entries(fieldTypes).find(([, one]) => one === shownType(field))?.[0] ?? 'text';
        const all = operator.takes === 'days' ? ['30'] : (samples[type] ?? ['恒通 "a" and b', 'x']);
        const count = { none: 0, one: 1, days: 1, two: 2, many: 2 }[operator.takes];
        const condition: Condition = { path: field.name, operator: operator.name, values: all.slice(0, count) };
        const other: Condition = { path: 'text_field', operator: 'isFilled', values: [] };
        const formula = writeFilter(catalog, deal, [condition, other]);
        expect(readFilter(catalog, deal, formula)).toEqual([condition, other]);
      });
});

test('a sentence becomes a formula', () => {
  const conditions: Condition[] = [
    { path: 'money_field', operator: 'more', values: ['500000'] },
    { path: 'choice_field', operator: 'is', values: ['open'] },
    { path: 'relation_field.区域', operator: 'anyOf', values: [{ id: 3 }, { id: 4, title: '华东' }] },
  ];
  expect(writeFilter(catalog, deal, conditions)).toBe(
    'money_field > 500000 and choice_field = "open" and relation_field.区域 in (3, 4)',
  );
});

test('a condition without its value is left out', () => {
  expect(writeFilter(catalog, deal, [{ path: 'money_field', operator: 'more', values: [null] }])).toBe('');
});

test.each([
  'money_field > 1 or money_field < 0',
  'unknown = 1',
  'money_field > date_field',
  'SUM(lines_field.amount) > 3',
  'text_field = "open',
  'choice_field = "open" and (money_field > 1 or money_field < 0)',
])('what is no list of conditions stays a formula: %s', (formula) =>
  expect(readFilter(catalog, deal, formula)).toBeUndefined(),
);

test('reads other spellings of the same', () => {
  expect(readFilter(catalog, deal, '= money_field>1 AND choice_field=="open"')).toEqual([
    { path: 'money_field', operator: 'more', values: ['1'] },
    { path: 'choice_field', operator: 'is', values: ['open'] },
  ]);
  expect(readFilter(catalog, deal, '')).toEqual([]);
});

test('paths through relations carry the way in their label', () => {
  expect(resolvePath(catalog, deal, 'relation_field.name')?.label).toBe('relation › Name');
  expect(resolvePath(catalog, deal, 'money_field.name')).toBeUndefined();
  const found = resolvePath(catalog, deal, 'relation_field.tier');
  expect(found && operatorsOf(found).map(({ name }) => name)).toContain('anyOf');
});
