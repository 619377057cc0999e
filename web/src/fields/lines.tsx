/** Line items: child records that are edited inside their parent and saved with it. */
import type { Value } from '../api/types';
import { t } from '../i18n';
import { editable, LinesGrid, lineFields } from './LinesGrid';
import { textLiteral } from './operators';
import { isNone, outgoing, same } from './send';
import type { FieldType } from './types';

type Line = { [name: string]: Value };
/**
 * A line goes out with its id and what was changed in it, a new one with what was filled in: amounts that follow from
 * what was typed are the server's to compute, and sending the old ones would keep them.
 */
const send: FieldType['send'] = (value, field, modules, before) => {
  const child = modules.get(field.module ?? '');
  if (!child || !Array.isArray(value)) return undefined;
  const names = lineFields(child, field.via)
    .filter((one) => editable(child, one))
    .map(({ name }) => name);
  const old = new Map((Array.isArray(before) ? (before as Line[]) : []).map((line) => [line.id, line]));
  return (value as Line[]).map((line) => {
    const was = line.id === undefined ? undefined : old.get(line.id);
    const sent = names.filter((name) => (was ? !same(line[name], was[name]) : !isNone(line[name])));
    const values = Object.fromEntries(sent.map((name) => [name, outgoing(line[name])]));
    return line.id === undefined ? values : { id: line.id, ...values };
  });
};

export const lines: FieldType = {
  width: 100,
  wide: true,
  apart: true,
  unlisted: true,
  unsortable: true,
  text: (value) => (Array.isArray(value) ? t('lines.count', { n: value.length }) : ''),
  parse: () => undefined,
  send,
  Input: (props) => <LinesGrid {...props} />,
  operators: [
    { name: 'some', label: 'operator.some', takes: 'none', template: 'COUNT($f) > 0' },
    { name: 'none', label: 'operator.noLines', takes: 'none', template: 'COUNT($f) = 0' },
  ],
  literal: textLiteral,
  options: [
    { name: 'module', type: 'text', required: true, labels: { en: 'Module of the lines', 'zh-CN': '明细模块' } },
    { name: 'via', type: 'text', required: true, labels: { en: 'Field back to this record', 'zh-CN': '回指字段' } },
  ],
};
