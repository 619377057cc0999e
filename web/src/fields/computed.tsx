/** What formulas, lookups and roll-ups share: they look like the type of their result, and are never edited. */
import type { Field, TypeName, Value } from '../api/types';
import { TextBox } from './common';
import { fieldTypes, typeOf } from './index';
import { textLiteral, textOperators } from './operators';
import type { FieldType, InputProps, OptionField } from './types';

const RESULTS: TypeName[] = [
  'text',
  'integer',
  'decimal',
  'money',
  'percent',
  'boolean',
  'date',
  'datetime',
  'choice',
  'choices',
  'relation',
  'person',
  'department',
];

/** The type of the result; relations and texts without one are shown as text. */
function resultOf(field: Field, value?: Value): FieldType {
  const result = field.result && RESULTS.includes(field.result) ? field.result : undefined;
  if (result) return fieldTypes[result];
  return value && typeof value === 'object' ? fieldTypes.relation : fieldTypes.text;
}
/** The type that says how a field looks, aligns and is filtered. */
export const shownType = (field: Field): FieldType =>
  fieldTypes[field.type]?.derived ? resultOf(known(field)) : typeOf(field);

/** Roll-ups that the server says nothing about are sums. */
const known = (field: Field): Field => (field.result || field.path ? field : { ...field, result: 'decimal' });

function ComputedInput(props: InputProps) {
  const field = known(props.field);
  return <TextBox {...props} value={resultOf(field, props.value).text(props.value, field)} readOnly />;
}
function ComputedFilter(props: InputProps) {
  const { Input, FilterInput } = resultOf(known(props.field));
  const Edit = FilterInput ?? Input;
  return <Edit {...props} readOnly={false} />;
}

export function computed(options: OptionField[]): FieldType {
  return {
    width: 130,
    computed: true,
    derived: true,
    text: (value, field) => resultOf(known(field), value).text(value, known(field)),
    cell: (value, field) => {
      const type = resultOf(known(field), value);
      return type.cell ? type.cell(value, known(field)) : type.text(value, known(field));
    },
    parse: () => undefined,
    Input: ComputedInput,
    FilterInput: ComputedFilter,
    operators: textOperators,
    literal: textLiteral,
    options,
  };
}
