/** The modules of the rail by their groups, in the order of the application. */
import type { Module } from '../api/types';
import { type Key, t } from '../i18n';
import type { Catalog } from '../modules/queries';

const GROUPS: Array<[string, Key]> = [
  ['partners', 'group.partners'],
  ['sales', 'group.sales'],
  ['targets', 'group.targets'],
  ['products', 'group.products'],
  ['', 'group.other'],
  ['setup', 'group.setup'],
];

export type MenuGroup = { name: string; label: string; modules: Module[] };

export function menuGroups(catalog: Catalog): MenuGroup[] {
  const shown = catalog.modules.filter(({ line }) => !line).sort((a, b) => (a.order ?? 1000) - (b.order ?? 1000));
  const groupOf = (module: Module) =>
    GROUPS.some(([name]) => name === module.group) ? (module.group ?? '') : module.system ? 'setup' : '';
  return GROUPS.map(([name, key]) => ({
    name,
    label: t(key),
    modules: shown.filter((module) => groupOf(module) === name),
  })).filter(({ modules }) => modules.length > 0);
}
