/** The fields that every record has without being asked, described like the others so that views treat them alike. */
import type { Field, Module, Row, Value } from '../api/types';
import type { Labels as Texts } from '../i18n';

const texts = (en: string, zh: string): Texts => ({ en, 'zh-CN': zh });
const fixed: Field[] = [
  { name: 'owner', type: 'person', labels: texts('Owner', '负责人') },
  { name: 'created_at', type: 'datetime', labels: texts('Created', '创建时间'), readonly: true },
  { name: 'created_by', type: 'person', labels: texts('Created by', '创建人'), readonly: true },
  { name: 'updated_at', type: 'datetime', labels: texts('Changed', '修改时间'), readonly: true },
  { name: 'updated_by', type: 'person', labels: texts('Changed by', '修改人'), readonly: true },
  { name: 'id', type: 'integer', labels: texts('ID', '编号'), readonly: true },
];
export const TYPE = 'record_type';

export function systemFields(module: Module): Field[] {
  return module.record_types?.length ? [typeField(module), ...fixed] : fixed;
}

function typeField(module: Module): Field {
  return {
    name: TYPE,
    type: 'choice',
    labels: texts('Type', '类型'),
    options: module.record_types?.map(({ code, labels }) => ({ code, labels })),
  };
}

export function valueAt(row: Row, path: string): Value {
  if (path in row) return row[path];
  if (!path.includes('.')) return undefined;
  let here: Value = row;
  for (const step of path.split('.')) {
    if (!here || typeof here !== 'object' || Array.isArray(here)) return undefined;
    here = here[step];
  }
  return here;
}
