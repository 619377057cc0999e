/** Which tiles a person may ask for: the catalog shows the fields that are theirs to read, and no others. */
import type { Module, TileQuery } from '../api/types';
import { tokens } from '../formula/tokens';
import { type Catalog, fieldOf, targetOf } from '../modules/queries';

const WORDS = new Set(['and', 'or', 'not', 'in', 'true', 'false']);

export function mayAsk(catalog: Catalog, query: TileQuery): boolean {
  const module = catalog.byName.get(query.from);
  if (!module) return false;
  const formulas = [
    query.where,
    query.period,
    ...Object.values(query.group ?? {}),
    ...Object.values(query.select ?? {}),
  ];
  return formulas.every((formula) => names(formula ?? '').every((path) => readable(catalog, module, path)));
}

function names(formula: string): string[] {
  const words = tokens(formula) ?? [];
  return words.flatMap(({ kind, text }, at) =>
    kind === 'name' && words[at + 1]?.text !== '(' && !WORDS.has(text.toLowerCase()) ? [text] : [],
  );
}

function readable(catalog: Catalog, module: Module, path: string): boolean {
  let here: Module | undefined = module;
  for (const step of path.split('.')) {
    if (!here) return false;
    const field = fieldOf(here, step);
    // Lists seen from the other side are the server's to judge.
    if (!field) return here.related?.some(({ name }) => name === step) ?? false;
    here = catalog.byName.get(targetOf(field) ?? '');
  }
  return true;
}
