/** An instant: stored in UTC, shown and typed in the workspace's time zone. */
import { lazy, Suspense } from 'react';
import type { Value } from '../api/types';
import { dateTime, today, zoneOffset } from '../i18n/format';
import { asText, option, TextBox } from './common';
import { date, readDay } from './date';
import { instantOperators, quote } from './operators';
import type { FieldType, InputProps } from './types';

const DateTimeBox = lazy(() => import('./DateTimeBox'));

/** "2026-01-31T08:00:00Z" as the clock on the wall shows it: "2026-01-31 16:00:00". */
export function toWall(instant: Value): string | null {
  const time = typeof instant === 'string' ? Date.parse(instant) : Number.NaN;
  if (Number.isNaN(time)) return null;
  return new Date(time + zoneOffset(time) * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}
export function fromWall(wall: string): string | null {
  const asUtc = Date.parse(`${wall.replace(' ', 'T')}Z`);
  if (Number.isNaN(asUtc)) return null;
  // The offset near the instant itself, so that a change of summer time is met right.
  const near = asUtc - zoneOffset(asUtc) * 60_000;
  return new Date(asUtc - zoneOffset(near) * 60_000).toISOString().replace('.000Z', 'Z');
}

function read(text: string): Value | undefined {
  const clean = text.trim();
  if (!clean) return null;
  if (/^\d{4}-\d{2}-\d{2}T.*Z$/.test(clean)) return Number.isNaN(Date.parse(clean)) ? undefined : clean;
  const parts = /^(.*?)[\sT]+(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(clean);
  const day = readDay(parts?.[1] ?? clean, today());
  if (!day) return undefined;
  const time = parts ? `${parts[2]?.padStart(2, '0')}:${parts[3]}:${parts[4] ?? '00'}` : '00:00:00';
  return fromWall(`${day} ${time}`) ?? undefined;
}

function Input(props: InputProps) {
  return (
    <Suspense fallback={<TextBox {...props} value={toWall(props.value)} readOnly />}>
      <DateTimeBox {...props} />
    </Suspense>
  );
}

export const datetime: FieldType = {
  width: 150,
  text: (value) => (typeof value === 'string' ? dateTime(value) : asText(value)),
  // Filters hold days.
  short: (value, field) => date.text(value, field),
  parse: read,
  Input,
  FilterInput: (props) => date.Input(props),
  operators: instantOperators,
  // Filters are by day; the server reads the day as its first instant in the workspace's zone.
  literal: { write: (value) => quote(asText(value)), read: (text, kind) => (kind === 'text' ? text : undefined) },
  options: [option.from, option.to],
};
