/** What a list shows, held by the address: view, filter, search, sort, columns and whether it is the recycle bin. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import type { Field, Module, View } from '../../api/types';
import { typeOf } from '../../fields';
import { useLanguage } from '../../i18n';
import { type Catalog, fieldAccess, type PathField, resolvePath } from '../../modules/queries';

export type ListAddress = {
  view?: string;
  where?: string;
  q?: string;
  sort?: string;
  columns?: string;
  deleted?: string;
};
const NAMES = ['view', 'where', 'q', 'sort', 'columns', 'deleted'] as const;

export function readAddress(search: Record<string, unknown>): ListAddress {
  const found: ListAddress = {};
  for (const name of NAMES) if (typeof search[name] === 'string') found[name] = search[name];
  return found;
}

export function useAddress() {
  const address = readAddress(useSearch({ strict: false }));
  const navigate = useNavigate();
  const change = useCallback(
    (next: ListAddress, replace = true) =>
      navigate({ to: '.', search: (old: object) => clean({ ...old, ...next }), replace } as never),
    [navigate],
  );
  return [address, change] as const;
}
const clean = (address: object) =>
  Object.fromEntries(Object.entries(address).filter(([, value]) => value !== undefined));

/** Without a view: the title, what is behind it, and the first fields that fit on a line. */
export function defaultColumns(module: Module): string[] {
  const listed = (field: Field) =>
    !typeOf(field).unlisted && !typeOf(field).wide && fieldAccess(module, field) !== 'none';
  const first = [module.title, module.subtitle].filter((name): name is string => Boolean(name));
  const rest = module.fields.filter((field) => listed(field) && !first.includes(field.name)).map(({ name }) => name);
  return [...first, ...rest].slice(0, 9);
}

export type Shown = { columns: PathField[]; where: string; sort: string; changed: boolean };
/** The view with what the address changes in it. */
export function useShown(catalog: Catalog, module: Module, view: View | undefined, address: ListAddress): Shown {
  const language = useLanguage();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the labels of the columns follow the language
  return useMemo(() => {
    const viewColumns = view?.columns?.length ? view.columns : defaultColumns(module);
    const names = address.columns ? address.columns.split(',') : viewColumns;
    const columns = names.flatMap((path) => resolvePath(catalog, module, path) ?? []);
    return {
      columns: columns.length
        ? columns
        : defaultColumns(module).flatMap((path) => resolvePath(catalog, module, path) ?? []),
      where: address.where ?? view?.where ?? '',
      sort: address.sort ?? view?.sort ?? '',
      changed: address.where !== undefined || address.sort !== undefined || address.columns !== undefined,
    };
  }, [catalog, module, view, address.columns, address.where, address.sort, language]);
}
