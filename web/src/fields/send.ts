/** Values on their way to the server: a relation as its id; and when two values are the same to it. */
import type { Value } from '../api/types';
import { refId } from './operators';

/** A line's place in the page, for React; it never leaves the page. */
export const LINE_KEY = '~key';

export const isNone = (value: Value) =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** A relation goes out as its id, wherever it stands; undefined as nothing. */
export function outgoing(value: Value): Value {
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(outgoing);
  if (!value || typeof value !== 'object' || isText(value)) return value;
  const id = refId(value);
  if (id !== undefined && Object.keys(value).every((name) => name === 'id' || name === 'title')) return id;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => one !== undefined && name !== LINE_KEY)
      .map(([name, one]) => [name, outgoing(one)]),
  );
}
/** An object that stands for a text, such as JSON that cannot be read yet. */
const isText = (value: object) => typeof (value as { toJSON?: unknown }).toJSON === 'function';

export function same(a: Value, b: Value): boolean {
  return JSON.stringify(plain(outgoing(a))) === JSON.stringify(plain(outgoing(b)));
}
const STAMPS = ['version', 'created_at', 'created_by', 'updated_at', 'updated_by', 'deleted_at'];
function plain(value: Value): Value {
  if (isNone(value)) return null;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => !isNone(one) && !STAMPS.includes(name))
      .sort(([x], [y]) => (x < y ? -1 : 1))
      .map(([name, one]) => [name, plain(one)]),
  );
}
