/** The figures of a tile: its queries asked for a period, joined on a column, with what follows from them. */
import type { Query, Table, Tile, TileQuery, Value } from '../api/types';
import { type Period, spanOf } from './period';

/** A query of a tile as the server takes it: the period stands in its condition. */
export function askedFor(query: TileQuery, period: Period, today: string): Query {
  const { period: day, window, ...body } = query;
  if (!day) return body;
  const { from, to } = spanOf(period, window, today);
  const within = `${day} >= "${from}" and ${day} < "${to}"`;
  return { ...body, where: body.where ? `${bracket(body.where)} and ${within}` : within };
}
/** Conditions of an `or` need brackets before another `and`. */
const bracket = (where: string) => (/\bor\b/i.test(where.replace(/"(?:[^"]|"")*"/g, '')) ? `(${where})` : where);

export type Figure = { key: string; name: Value; values: { [column: string]: number | null } };

const keyOf = (value: Value): string =>
  value && typeof value === 'object' && !Array.isArray(value) ? String(value.id) : String(value ?? '');

/** All rows of all queries on one column, with attainment, gap and growth; an absent divisor gives none. */
export function join(tile: Tile, tables: { [name: string]: Table | undefined }): Figure[] {
  const found = new Map<string, Figure>();
  for (const [query, table] of Object.entries(tables)) {
    if (!table) continue;
    const at = tile.by ? table.columns.findIndex(({ name }) => name === tile.by) : -1;
    for (const row of table.rows) {
      const name = at < 0 ? null : row[at];
      const key = keyOf(name);
      const figure = found.get(key) ?? { key, name, values: {} };
      if (!figure.name) figure.name = name;
      // The query of the year before measures the same under its own name.
      for (const [i, column] of table.columns.entries())
        if (i !== at) figure.values[query === 'before' ? 'before' : column.name] ??= numeric(row[i]);
      found.set(key, figure);
    }
  }
  const main = tile.show?.find((column) => column !== tile.by) ?? 'sales';
  return [...found.values()].map((figure) => ({
    ...figure,
    values: { ...figure.values, ...derived(figure.values, figure.values[main]) },
  }));
}

const numeric = (value: Value): number | null =>
  value === null || value === undefined || value === '' || Number.isNaN(Number(value)) ? null : Number(value);

function derived({ sales, target, before }: Figure['values'], main: number | null | undefined) {
  return {
    attainment: target ? (sales ?? 0) / target : null,
    gap: target === null || target === undefined ? null : (sales ?? 0) - target,
    growth: before ? (main ?? 0) / before - 1 : null,
  };
}

/** In the order of the tile, or of the first figure; those without one last. */
export function ordered(tile: Tile, figures: Figure[]): Figure[] {
  const sort = tile.sort;
  if (!sort) return figures;
  const down = sort.startsWith('-') ? -1 : 1;
  const name = sort.replace(/^-/, '');
  const value = ({ values }: Figure) => values[name];
  return figures.toSorted((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === y) return 0;
    if (x === null || x === undefined) return 1;
    if (y === null || y === undefined) return -1;
    return (x - y) * down;
  });
}
