/** A civil day, the same in every time zone. Typed in many ways: 2026-01-31, 2026年1月31日, 20260131, 1/31, +7. */
import { lazy, Suspense } from 'react';
import type { Value } from '../api/types';
import { today } from '../i18n/format';
import { asText, option, TextBox } from './common';
import { dateOperators, textLiteral } from './operators';
import type { FieldType, InputProps } from './types';

// The calendar is large; pages without a date never load it.
const DateBox = lazy(() => import('./DateBox'));

const two = (n: number) => String(n).padStart(2, '0');
const valid = (year: number, month: number, day: number) => {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
    : undefined;
};

/** The day that a text means, undefined for none; `now` is the day that years left out and +7 count from. */
export function readDay(text: string, now = today()): string | undefined {
  const clean = text.trim();
  const away = /^([+-]\d{1,4})$/.exec(clean);
  if (away) return new Date(Date.parse(now) + Number(away[1]) * 86_400_000).toISOString().slice(0, 10);
  const full =
    /^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$/.exec(clean) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(clean);
  if (full) return valid(Number(full[1]), Number(full[2]), Number(full[3]));
  const short = /^(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$/.exec(clean);
  if (short) return valid(Number(now.slice(0, 4)), Number(short[1]), Number(short[2]));
  return undefined;
}

export const isDay = (value: Value): value is string => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value);

function Input(props: InputProps) {
  return (
    <Suspense fallback={<TextBox {...props} readOnly />}>
      <DateBox {...props} />
    </Suspense>
  );
}

export const date: FieldType = {
  width: 108,
  text: asText,
  parse: (text) => (text.trim() ? readDay(text) : null),
  wrong: (value) => (value && !isDay(value) ? 'problem.date' : undefined),
  Input,
  operators: dateOperators,
  literal: textLiteral,
  options: [option.from, option.to],
};
