import { expect, test } from 'vitest';
import { add, compare, readDecimal, shift } from './decimal';

test.each([
  ['1,234.50', '1234.5'],
  ['¥ 1.2万', '12000'],
  ['３．５亿', '350000000'],
  ['12.34%', '0.1234'],
  ['(500)', '-500'],
  ['-0', '0'],
  ['.5', '0.5'],
  ['12345678901234567890.123456789', '12345678901234567890.123456789'],
  ['0.1', '0.1'],
  ['', ''],
])('reads %s as %s', (typed, expected) => expect(readDecimal(typed)).toBe(expected));

test.each(['12a', '1.2.3', '--1', '1e5', '十', '1 2 3x'])('does not read %s', (typed) =>
  expect(readDecimal(typed)).toBeUndefined(),
);

test('moves the point without loss', () => {
  expect(shift('0.07', 2)).toBe('7');
  expect(shift('1', -4)).toBe('0.0001');
  expect(shift('-12.5', 1)).toBe('-125');
  expect(shift(shift('0.1234', 2), -2)).toBe('0.1234');
});

test('adds and compares what doubles cannot', () => {
  expect(add(['0.1', '0.2'])).toBe('0.3');
  expect(add(['9007199254740993', '0.01'])).toBe('9007199254740993.01');
  expect(compare('10', '9.99')).toBeGreaterThan(0);
  expect(compare('-1', '-1.0')).toBe(0);
});
