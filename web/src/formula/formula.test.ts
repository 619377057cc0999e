import { afterEach, expect, test, vi } from 'vitest';
import { conditions, indexOfByte } from './index';
import { tokens } from './tokens';

afterEach(() => vi.unstubAllGlobals());
test('all conditions travel as one formula', async () => {
  const calls = vi.fn(
    async (_: string, __: RequestInit) =>
      new Response('{"value":"10","type":"text"}', { headers: { 'content-type': 'application/json' } }),
  );
  vi.stubGlobal('fetch', calls);
  expect(
    await conditions(
      'deal',
      [
        { formula: '=a > 1', fallback: true },
        { formula: 'b', fallback: false },
      ],
      { a: 2 },
    ),
  ).toEqual([true, false]);
  expect(JSON.parse(String(calls.mock.calls[0]?.[1].body))).toEqual({
    formula: 'IFERROR(IF(a > 1, "1", "0"), "1") & IFERROR(IF(b, "1", "0"), "0")',
    module: 'deal',
    record: { a: 2 },
  });
});
test('no conditions, no call', async () => expect(await conditions('deal', [], {})).toEqual([]));

test('byte offsets of the server are places in the text', () => {
  expect(indexOfByte('金额 > x', 9)).toBe(5);
  expect(indexOfByte('a😀b', 5)).toBe(3);
  expect(indexOfByte('ab', 9)).toBe(2);
});

test('words of a formula', () => {
  expect(tokens('单价.x >= -1.5 and f("a""b")')?.map(({ text }) => text)).toEqual([
    '单价.x',
    '>=',
    '-',
    '1.5',
    'and',
    'f',
    '(',
    'a"b',
    ')',
  ]);
  expect(tokens('a ; b')).toBeUndefined();
});
