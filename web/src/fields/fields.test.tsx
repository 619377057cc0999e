import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { fireEvent, render, screen } from '@testing-library/react';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { catalog, fields } from '../../tests/fixtures';
import type { Field, TypeName, Value } from '../api/types';
import { setLanguage } from '../i18n';
import { setWorkspace } from '../i18n/format';
import { readDay } from './date';
import { fromWall, toWall } from './datetime';
import { fieldTypes, typeOf } from './index';
import type { InputProps } from './types';

beforeAll(async () => {
  setWorkspace({ zone: 'Asia/Shanghai', currency: 'CNY' });
  await setLanguage('zh-CN');
});
const field = (type: TypeName, more: Partial<Field> = {}): Field => ({
  name: 'f',
  type,
  ...fields.find((one) => one.type === type),
  ...more,
});

async function show(node: React.ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(['catalog'], catalog);
  const router = createRouter({
    routeTree: createRootRoute({ component: () => node }),
    history: createMemoryHistory(),
  });
  const shown = render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  await screen.findByTestId('input');
  return shown;
}
const input = (type: TypeName, props: Partial<InputProps> = {}) => {
  const { Input } = fieldTypes[type];
  return (
    <div data-testid="input">
      <Input field={field(type)} value={null} name="字段" onChange={() => {}} {...props} />
    </div>
  );
};

describe('every type', () => {
  for (const one of fields) {
    test(`${one.type}: empty is no text, and its input can be named`, async () => {
      expect(typeOf(one).text(null, one)).toBe('');
      expect(typeOf(one).text(undefined, one)).toBe('');
      const { container } = await show(input(one.type));
      expect(container.querySelector('input, textarea, button, table')).not.toBeNull();
      for (const box of container.querySelectorAll('input:not([type=hidden]):not([type=file]), textarea'))
        expect(
          box.getAttribute('aria-label') ?? box.closest('label, fieldset, .mantine-InputWrapper-root')?.textContent,
        ).toBeTruthy();
    });
    test(`${one.type}: settings have labels in both languages`, () => {
      for (const option of typeOf(one).options)
        expect([option.labels.en, option.labels['zh-CN']].every(Boolean)).toBe(true);
    });
  }
});

test.each<[TypeName, Value, string]>([
  ['money', '1234567.5', '¥1,234,567.50'],
  ['percent', '0.1234', '12.34%'],
  ['integer', 1200, '1,200'],
  ['boolean', true, '是'],
  ['date', '2026-01-31', '2026-01-31'],
  ['datetime', '2026-01-31T16:30:00Z', '2026-02-01 00:30'],
  ['choice', 'open', '谈判'],
  ['choice', 'gone', 'gone'],
  ['choices', ['a', 'b'], '甲和乙'],
  ['relation', { id: 7, title: '恒通' }, '恒通'],
  ['relation', { id: 7 }, '（无权查看）'],
  [
    'address',
    { region: { id: 1, title: '杭州' }, detail: '文三路 1 号', postcode: '310000' },
    '杭州 文三路 1 号 310000',
  ],
  ['json', { a: [1] }, '{"a":[1]}'],
  ['formula', '12', '¥12.00'],
])('%s shows %j as %s', (type, value, text) => expect(fieldTypes[type].text(value, field(type))).toBe(text));

test.each<[TypeName, string, Value | undefined]>([
  ['money', '50万', '500000'],
  ['percent', '12.5', '0.125'],
  ['percent', '12.5%', '0.125'],
  ['integer', '3.5', undefined],
  ['boolean', '否', false],
  ['choice', '赢单', 'won'],
  ['choice', 'nope', undefined],
  ['choices', '甲、乙', ['a', 'b']],
  ['date', '2026年2月3日', '2026-02-03'],
  ['date', '2026-02-30', undefined],
  ['datetime', '2026-02-01 00:30', '2026-01-31T16:30:00Z'],
  ['relation', '#42', { id: 42 }],
  ['text', '  ', null],
])('%s reads %s as %j', (type, text, value) => expect(fieldTypes[type].parse(text, field(type))).toEqual(value));

test('days are typed as people do', () => {
  expect(readDay('20260131', '2026-05-05')).toBe('2026-01-31');
  expect(readDay('3/7', '2026-05-05')).toBe('2026-03-07');
  expect(readDay('+7', '2026-12-28')).toBe('2027-01-04');
  expect(readDay('yesterday', '2026-05-05')).toBeUndefined();
});

test('the clock on the wall goes there and back', () => {
  expect(toWall('2026-01-31T16:30:00Z')).toBe('2026-02-01 00:30:00');
  expect(fromWall('2026-02-01 00:30:00')).toBe('2026-01-31T16:30:00Z');
});

test('a number stays exact while it is typed, and says nothing is lost when it is no number', async () => {
  const onChange = vi.fn();
  await show(input('money', { onChange, value: '0.1' }));
  const box = screen.getByRole('textbox');
  fireEvent.focus(box);
  expect(box).toHaveProperty('value', '0.1');
  fireEvent.change(box, { target: { value: '90071992547409.93' } });
  expect(onChange).toHaveBeenLastCalledWith('90071992547409.93');
  fireEvent.change(box, { target: { value: '12x' } });
  expect(onChange).toHaveBeenLastCalledWith('12x');
  expect(fieldTypes.money.wrong?.('12x', field('money'))).toBe('problem.number');
  fireEvent.change(box, { target: { value: '' } });
  expect(onChange).toHaveBeenLastCalledWith(null);
});

test('limits of numbers are kept exactly', () => {
  const limited = field('decimal', { scale: 2, min: '0', max: '10' });
  const wrong = (value: Value) => fieldTypes.decimal.wrong?.(value, limited);
  expect([wrong('10.01'), wrong('-0.01'), wrong('1.234'), wrong('10'), wrong(null)]).toEqual([
    'problem.large',
    'problem.small',
    'problem.decimals',
    undefined,
    undefined,
  ]);
});
