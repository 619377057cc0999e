/** The period that a dashboard looks at, as days: its bounds, how much of it has passed, the same one a year before. */
import { t } from '../i18n';
import { month as monthText } from '../i18n/format';

export type Kind = 'month' | 'quarter' | 'year' | 'r12';
export const KINDS: Kind[] = ['month', 'quarter', 'year', 'r12'];
/** `from` inclusive, `to` exclusive. */
export type Span = { from: string; to: string };
export type Period = Span & { kind: Kind; label: string; elapsed: number; current: boolean; at: string };

const two = (n: number) => String(n).padStart(2, '0');
/** The first day of the month `months` after that of a day. */
export function monthStart(day: string, months = 0): string {
  const [year = 0, month = 1] = day.split('-').map(Number);
  const count = year * 12 + month - 1 + months;
  return `${Math.floor(count / 12)}-${two((((count % 12) + 12) % 12) + 1)}-01`;
}
export const addDays = (day: string, days: number) =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
const days = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000;

const MONTHS: { [kind in Kind]: number } = { month: 1, quarter: 3, year: 12, r12: 12 };

/** The period of a kind that a day lies in; fiscal years begin with another month than January. */
export function periodOf(kind: Kind, at: string, today: string, fiscalStart = 1): Period {
  const month = Number(at.slice(5, 7));
  const since = (month - fiscalStart + 12) % 12;
  const back = { month: 0, quarter: since % 3, year: since, r12: 11 }[kind];
  const from = monthStart(at, -back);
  const to = monthStart(from, MONTHS[kind]);
  const passed = Math.min(Math.max(days(from, addDays(today, 1)), 0), days(from, to));
  return {
    kind,
    from,
    to,
    at,
    elapsed: passed / days(from, to),
    current: from <= today && today < to,
    label: label(kind, from, to, fiscalStart),
  };
}

function label(kind: Kind, from: string, to: string, fiscalStart: number): string {
  const last = monthStart(to, -1);
  if (kind === 'month') return monthText(from.slice(0, 7));
  if (kind === 'r12' || fiscalStart !== 1) return `${monthText(from.slice(0, 7))} – ${monthText(last.slice(0, 7))}`;
  const year = from.slice(0, 4);
  if (kind === 'year') return year;
  return t('dashboard.quarterOf', { q: String((Number(from.slice(5, 7)) + 2) / 3), year });
}

/** The period before or after. */
export const step = (period: Period, direction: 1 | -1) => monthStart(period.at, direction * MONTHS[period.kind]);

/** What queries of a tile look at. A year before ends on the same day as today does, or comparing would be unfair. */
export function spanOf(period: Period, window: string | undefined, today: string): Span {
  if (window === 'trend') return { from: monthStart(period.to, -Math.max(12, MONTHS[period.kind])), to: period.to };
  if (window !== 'year_before') return period;
  const end = period.current ? addDays(today, 1) : period.to;
  return { from: yearBefore(period.from), to: yearBefore(end) };
}
function yearBefore(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year - 1, month, 0)).getUTCDate();
  return `${year - 1}-${two(month)}-${two(Math.min(date, last))}`;
}
