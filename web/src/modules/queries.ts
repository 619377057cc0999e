/** The catalog as the server gives it to this person: modules, their fields, rights and relations, looked up by name. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../api/client';
import type { Access, Field, Module, TypeName } from '../api/types';
import { local, t } from '../i18n';
import { systemFields } from './system';

export type Catalog = { version: number; modules: Module[]; byName: Map<string, Module> };

export const catalogQuery = queryOptions({
  queryKey: ['catalog'],
  queryFn: async ({ signal }): Promise<Catalog> => {
    const { modules, version } = await api('GET /modules', { signal });
    return { version, modules, byName: new Map(modules.map((module) => [module.name, module])) };
  },
  staleTime: Number.POSITIVE_INFINITY,
});

const empty: Catalog = { version: 0, modules: [], byName: new Map() };
export const useCatalog = (): Catalog => useQuery(catalogQuery).data ?? empty;
export const useModule = (name: string | undefined): Module | undefined => useCatalog().byName.get(name ?? '');

export const moduleTitle = (module: Module) => local(module.plural ?? module.labels, module.name);
export const moduleSingular = (module: Module) => local(module.labels, module.name);
export const fieldLabel = (field: Field) => local(field.labels, field.name);

/** The field's own name, or the system's: owner, created_at … */
export function fieldOf(module: Module, name: string): Field | undefined {
  return (
    module.fields.find((field) => field.name === name) ?? systemFields(module).find((field) => field.name === name)
  );
}

const RELATIONS: TypeName[] = ['relation', 'person', 'department'];
/** The module at the other end of a relation. */
export const targetOf = (field: Field): string | undefined =>
  field.type === 'person' ? 'user' : field.type === 'department' ? 'department' : field.module;

export type PathField = { path: string; field: Field; label: string };
/** What a column such as "partner.region" shows: its last field, and a label that names the way to it. */
export function resolvePath(catalog: Catalog, module: Module, path: string): PathField | undefined {
  const steps = path.split('.');
  const labels: string[] = [];
  let here: Module | undefined = module;
  for (const [index, step] of steps.entries()) {
    const field: Field | undefined = here && fieldOf(here, step);
    if (!field) return undefined;
    labels.push(fieldLabel(field));
    if (index === steps.length - 1) return { path, field, label: labels.join(t('path.separator')) };
    if (!RELATIONS.includes(field.type)) return undefined;
    here = catalog.byName.get(targetOf(field) ?? '');
  }
  return undefined;
}

/** May this person write the field? Computed fields never; absent rights mean yes, the server has the last word. */
export function fieldAccess(module: Module, field: Field): Access {
  return module.rights?.fields?.[field.name] ?? module.rights?.fields?.['*'] ?? 'write';
}
export const may = (module: Module, what: 'create' | 'update' | 'delete') => module.rights?.[what] !== false;

/** The value that a record has under a column: "partner.region" stands under its path or nested. */
export { valueAt } from './system';
