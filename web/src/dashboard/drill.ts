/** From a figure to the records behind it: the list with the filter that the figure was counted by. */
import type { Query, Value } from '../api/types';
import { tokens } from '../formula/tokens';
import type { Catalog } from '../modules/queries';

export type Place = { module: string; where: string };

const id = (value: Value) =>
  value && typeof value === 'object' && !Array.isArray(value) && typeof value.id === 'number' ? value.id : undefined;

/** Undefined where no filter can say it. */
export function placeOf(catalog: Catalog, query: Query, by: string | undefined, name: Value): Place | undefined {
  const group = by && query.group?.[by];
  const own = group ? sameAs(group, name) : undefined;
  if (group && !own) return undefined;
  const where = [query.where, own].filter(Boolean).join(' and ');
  const module = catalog.byName.get(query.from);
  if (!module) return undefined;
  return lifted(catalog, query.from, where) ?? { module: query.from, where };
}

function sameAs(group: string, name: Value): string | undefined {
  if (name === null || name === undefined) return `ISBLANK(${group})`;
  const reference = id(name);
  if (reference !== undefined) return `${group} = ${reference}`;
  if (typeof name === 'number') return `${group} = ${name}`;
  return typeof name === 'string' ? `${group} = "${name.replaceAll('"', '""')}"` : undefined;
}

/** Line items have no list that people know; when the filter only speaks of their parent, its list is shown. */
function lifted(catalog: Catalog, from: string, where: string): Place | undefined {
  const line = catalog.byName.get(from);
  if (!line?.line) return undefined;
  for (const parent of catalog.modules) {
    const lines = parent.fields.find((field) => field.module === from && field.via);
    const words = lines && tokens(where);
    if (!lines?.via || !words) continue;
    const prefix = `${lines.via}.`;
    const names = words.filter(
      ({ kind, text }, i) => kind === 'name' && words[i + 1]?.text !== '(' && !WORDS.has(text.toLowerCase()),
    );
    if (names.every(({ text }) => text.startsWith(prefix)))
      return { module: parent.name, where: replaceNames(where, prefix) };
  }
  return undefined;
}
const WORDS = new Set(['and', 'or', 'not', 'in', 'true', 'false', 'null']);
/** Outside of quoted text only. */
const replaceNames = (where: string, prefix: string) =>
  where
    .split(/("(?:[^"]|"")*")/)
    .map((part) =>
      part.startsWith('"')
        ? part
        : part.replaceAll(new RegExp(`(?<![\\p{L}\\p{N}_.])${prefix.replace('.', '\\.')}`, 'gu'), ''),
    )
    .join('');
