/** Numbers, money, percentages, days and instants in the words of the language and the workspace's time zone. */
import { t } from './index';
import { currentLanguage } from './language';

/** A number, or decimal text, which is shown exactly. */
export type Numeric = number | string;

let zone: string | undefined;
let currency = 'CNY';
/** Called once /me is known: every instant is shown in the workspace's zone, whichever the computer's is. */
export function setWorkspace(next: { zone?: string | null; currency?: string | null }) {
  zone = next.zone || undefined;
  currency = next.currency || 'CNY';
}
export const workspaceZone = () => zone;
export const workspaceCurrency = () => currency;

const numberFormats = new Map<string, Intl.NumberFormat>();
function numberFormat(options: Intl.NumberFormatOptions) {
  const key = currentLanguage() + JSON.stringify(options);
  let found = numberFormats.get(key);
  if (!found) {
    try {
      found = new Intl.NumberFormat(currentLanguage(), options);
    } catch {
      // An unknown currency code (a record may hold any text) is shown as a plain number.
      const { style, currency: _, currencyDisplay, ...plain } = options;
      found = new Intl.NumberFormat(currentLanguage(), plain);
    }
    numberFormats.set(key, found);
  }
  return found;
}
const dateFormats = new Map<string, Intl.DateTimeFormat>();
function dateFormat(options: Intl.DateTimeFormatOptions) {
  const key = currentLanguage() + zone + JSON.stringify(options);
  let found = dateFormats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(currentLanguage(), options);
    dateFormats.set(key, found);
  }
  return found;
}
// Intl takes decimal text exactly; its type knows literal texts only.
const exact = (value: Numeric) => value as number;

export const number = (value: Numeric, digits?: number, least = digits) =>
  numberFormat(
    digits === undefined
      ? { maximumFractionDigits: 9 }
      : { minimumFractionDigits: Math.min(least ?? digits, digits), maximumFractionDigits: digits },
  ).format(exact(value));

/** Two decimals, more where the amount has them and the field keeps them. */
export const money = (value: Numeric, code = currency, digits = 2) =>
  numberFormat({
    style: 'currency',
    currency: code,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: Math.min(digits, 2),
    maximumFractionDigits: digits,
  }).format(exact(value));

/** 1.08亿 and 1.12亿 are a target and a miss: large numbers keep a second decimal. */
const shortDigits = (value: Numeric) => {
  const size = Math.abs(Number(value));
  return size >= (currentLanguage() === 'en' ? 1e9 : 1e8) ? 2 : size >= 1000 ? 1 : 0;
};
/** Short money for tiles and axes: ¥1.2万 in Chinese, ¥12K in English. */
export const shortMoney = (value: Numeric, code = currency) =>
  numberFormat({
    style: 'currency',
    currency: code,
    currencyDisplay: 'narrowSymbol',
    notation: 'compact',
    useGrouping: 'always' as never,
    minimumFractionDigits: 0,
    maximumFractionDigits: shortDigits(value),
  }).format(exact(value));
export const shortNumber = (value: Numeric) =>
  numberFormat({
    notation: 'compact',
    useGrouping: 'always' as never,
    maximumFractionDigits: Math.max(1, shortDigits(value)),
  }).format(exact(value));

/** A ratio as a percentage: percent("0.1234") is 12.34%. */
export const percent = (value: Numeric, digits = 2, least = 0) =>
  numberFormat({ style: 'percent', minimumFractionDigits: least, maximumFractionDigits: digits }).format(exact(value));

/** An instant "2026-01-31T08:00:00Z" in the workspace's zone, to the minute: 2026-01-31 16:00, as days are written. */
export function dateTime(instant: string): string {
  const time = Date.parse(instant);
  return Number.isNaN(time) ? instant : `${today(time)} ${clock(time)}`;
}
const clock = (time: number) =>
  dateFormat({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone }).format(time);
const steps: Array<[Intl.RelativeTimeFormatUnit, number]> = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
/** “3 minutes ago”; beyond a week the instant itself. */
export function ago(instant: string, now = Date.now()): string {
  const seconds = (Date.parse(instant) - now) / 1000;
  if (Number.isNaN(seconds) || Math.abs(seconds) > 7 * 86_400) return dateTime(instant);
  const format = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: 'auto' });
  for (const [unit, size] of steps)
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  return t('ago.now');
}
export const month = (label: string) => {
  const [year, number] = label.split('-').map(Number);
  return year && number
    ? dateFormat({ year: 'numeric', month: 'short', timeZone: 'UTC' }).format(Date.UTC(year, number - 1, 1))
    : label;
};
/** The civil day that it is now in the workspace's zone, as "2026-01-31". */
export const today = (now = Date.now()): string =>
  new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', timeZone: zone }).format(now);
/** Offset of the workspace's zone from UTC at an instant, in minutes. */
export function zoneOffset(time: number): number {
  if (!zone) return -new Date(time).getTimezoneOffset();
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(time);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const asUtc = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return Math.round((asUtc - time) / 60_000);
}
export const list = (items: string[]) => new Intl.ListFormat(currentLanguage(), { type: 'conjunction' }).format(items);
