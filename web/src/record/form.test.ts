import { beforeAll, expect, test, vi } from 'vitest';
import { catalog } from '../../tests/fixtures';
import type { Module, Row } from '../api/types';
import { setLanguage } from '../i18n';
import { type Evaluate, FormState } from './form';

beforeAll(() => setLanguage('en'));
const module: Module = {
  name: 'deal',
  title: 'name',
  fields: [
    { name: 'name', type: 'text', required: true, max_length: 5 },
    { name: 'amount', type: 'money' },
    { name: 'partner', type: 'relation', module: 'partner' },
    { name: 'reason', type: 'text', visible_when: 'amount > 10', required_when: 'amount > 20' },
    { name: 'lines', type: 'lines', module: 'line', via: 'deal' },
    { name: 'term', type: 'text' },
    { name: 'status', type: 'choice', default: 'new', options: [{ code: 'new' }, { code: 'won' }] },
    { name: 'opened', type: 'date', required: true, default: '=TODAY()' },
  ],
};
const row: Row = {
  id: 1,
  version: 3,
  name: 'a',
  amount: '5.00',
  partner: { id: 7, title: 'P' },
  lines: [{ id: 11, version: 1, item: 'x', quantity: '1.00', amount: '10.00', total: '10.00' }],
};
const none: Evaluate = async (_, formulas) => formulas.map(({ fallback }) => fallback);
const form = (base: Row | null = row, initial = {}, evaluate = none, of = module) =>
  new FormState(of, catalog.byName, base ?? undefined, initial, evaluate);

test('sends only what was changed', () => {
  const one = form();
  one.set('amount', '6');
  one.set('name', 'b');
  one.set('name', 'a');
  expect(one.dirty).toBe(true);
  expect(one.body()).toEqual({ amount: '6' });
});

test('the same value written otherwise is no change', () => {
  const one = form();
  one.set('partner', { id: 7, title: 'renamed' });
  one.set('name', 'a');
  expect(one.dirty).toBe(true === Object.keys(one.body()).length > 0);
  one.set('partner', { id: 8, title: 'Q' });
  expect(one.body()).toEqual({ partner: 8 });
});

test('lines go out with what changed in them; amounts that follow are left to the server', () => {
  const one = form();
  const [line] = row.lines as Array<{ [name: string]: string }>;
  one.set('lines', [
    { ...line, quantity: '2' },
    { item: 'new', quantity: '3', '~key': 9 },
  ]);
  expect(one.body()).toEqual({
    lines: [
      { id: 11, quantity: '2' },
      { item: 'new', quantity: '3' },
    ],
  });
});

test('what others changed meanwhile slides underneath', () => {
  const one = form();
  one.set('amount', '6');
  one.rebase({ ...row, version: 4, name: 'theirs' });
  expect(one.get('name')).toBe('theirs');
  expect(one.conflicts).toEqual({});
  expect(one.body()).toEqual({ amount: '6' });
});

test('only a field that both changed is a conflict, and each is decided alone', () => {
  const one = form();
  one.set('amount', '6');
  one.set('name', 'mine');
  one.rebase({ ...row, version: 4, amount: '9.00', name: 'other' });
  expect(one.conflicts).toEqual({ amount: '9.00', name: 'other' });
  one.resolve('amount', 'theirs');
  one.resolve('name', 'mine');
  expect(one.conflicts).toEqual({});
  expect(one.get('amount')).toBe('9.00');
  expect(one.body()).toEqual({ name: 'mine' });
});

test('both changed it to the same: nothing to decide', () => {
  const one = form();
  one.set('amount', '6');
  one.rebase({ ...row, version: 4, amount: '6' });
  expect([one.conflicts, one.dirty]).toEqual([{}, false]);
});

test('a new record begins with constants, and asks for what is needed', () => {
  const one = form(null, { partner: { id: 7 } });
  expect(one.body()).toEqual({ status: 'new', partner: 7 });
  expect(one.dirty).toBe(false);
  expect(one.check()).toBe(false);
  // opened is needed too, but the server fills it in
  expect(Object.keys(one.problems)).toEqual(['name']);
  one.set('name', 'too long');
  one.check();
  expect(one.problems.name).toBe('At most 5 characters');
});

test("the server's problems stand at their fields, also inside of lines", () => {
  const one = form();
  const rest = one.refuse([
    { field: 'amount', message: 'no' },
    { field: 'lines[0].quantity', message: 'too few' },
    { field: 'whole', message: 'elsewhere' },
  ]);
  expect(one.problems).toEqual({ amount: 'no', 'lines.0.quantity': 'too few' });
  expect(rest).toEqual([{ field: 'whole', message: 'elsewhere' }]);
  one.set('lines', []);
  expect(one.problems).toEqual({ amount: 'no' });
});

test('conditions are asked together and only the last answer counts', async () => {
  vi.useFakeTimers();
  const asked: string[] = [];
  const evaluate: Evaluate = async (_, formulas, record) => {
    asked.push(String(record.amount));
    const amount = Number(record.amount);
    return formulas.map(({ formula }) => amount > Number(formula.split('> ')[1]));
  };
  const one = form(row, {}, evaluate);
  one.open();
  await vi.advanceTimersByTimeAsync(10);
  expect(one.hidden).toEqual(new Set(['reason']));
  one.set('amount', '2');
  one.set('amount', '21');
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toEqual(['5.00', '21']);
  expect(one.hidden).toEqual(new Set());
  expect(one.demanded).toEqual(new Set(['reason']));
  expect(one.check()).toBe(false);
  vi.useRealTimers();
});

test('when conditions cannot be asked nothing is hidden', async () => {
  const one = form(row, {}, async () => {
    throw new Error('offline');
  });
  one.open();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(one.fields.map(({ name }) => name)).toContain('reason');
});

test('record types have their own fields, needs and choices', () => {
  const typed: Module = {
    ...module,
    record_types: [
      { code: 'short', fields: [], options: { status: ['new'] } },
      { code: 'long', fields: ['term'], required: ['term'] },
    ],
  };
  const one = form(null, { name: 'a' }, none, typed);
  const status = typed.fields.find(({ name }) => name === 'status');
  expect(one.fields.map(({ name }) => name)).not.toContain('term');
  expect(status && one.allowed(status)).toEqual(['new']);
  one.set('record_type', 'long');
  expect(one.fields.map(({ name }) => name)).toContain('term');
  one.check();
  expect(one.problems).toHaveProperty('term');
});
