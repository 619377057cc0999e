/** A link to one record of another module. */
import { Link } from '@tanstack/react-router';
import type { Field, Value } from '../api/types';
import { targetOf } from '../modules/queries';
import { option } from './common';
import { isHidden, refId, refLiteral, refTitle, relationOperators } from './operators';
import { RelationPicker } from './RelationPicker';
import type { FieldType } from './types';

/** In a cell: the title as a link, which a click with a modifier opens elsewhere. */
export function RefLink({ field, value }: { field: Field; value: Value }) {
  const id = refId(value);
  const module = targetOf(field);
  if (isHidden(value)) return <span className="muted">{refTitle(value)}</span>;
  if (id === undefined || !module) return refTitle(value);
  return (
    <Link className="ref" to="/m/$module/$id" params={{ module, id: String(id) }} tabIndex={-1}>
      {refTitle(value)}
    </Link>
  );
}

/** Pasted text may be an id or "#42"; names are matched by the server when the record is saved by import. */
const parse = (text: string): Value | undefined => {
  const id = /^#?(\d+)$/.exec(text.trim());
  return id ? { id: Number(id[1]) } : text.trim() ? undefined : null;
};

export const relation: FieldType = {
  width: 150,
  fits: true,
  text: refTitle,
  cell: (value, field) => <RefLink field={field} value={value} />,
  parse,
  Input: (props) => <RelationPicker {...props} />,
  operators: relationOperators,
  literal: refLiteral,
  options: [
    option.module,
    { name: 'related', type: 'text', labels: { en: 'Name of the list on the other side', 'zh-CN': '对方的列表名' } },
    {
      name: 'on_delete',
      type: 'choice',
      labels: { en: 'When that record is deleted', 'zh-CN': '对方删除时' },
      options: [
        { code: 'restrict', labels: { en: 'Refuse', 'zh-CN': '禁止' } },
        { code: 'clear', labels: { en: 'Clear', 'zh-CN': '清空' } },
        { code: 'cascade', labels: { en: 'Delete too', 'zh-CN': '一并删除' } },
      ],
    },
    option.where,
  ],
};
