/** Every field type by its name in the API. A new type is one file in this folder and one line here. */
import type { Field, TypeName } from '../api/types';
import { address } from './address';
import { autoNumber } from './auto_number';
import { boolean } from './boolean';
import { choice } from './choice';
import { choices } from './choices';
import { date } from './date';
import { datetime } from './datetime';
import { decimal } from './decimal';
import { department } from './department';
import { email } from './email';
import { file } from './file';
import { formula } from './formula';
import { integer } from './integer';
import { json } from './json';
import { lines } from './lines';
import { longText } from './long_text';
import { lookup } from './lookup';
import { money } from './money';
import { percent } from './percent';
import { person } from './person';
import { phone } from './phone';
import { relation } from './relation';
import { relations } from './relations';
import { rollup } from './rollup';
import { text } from './text';
import type { FieldType } from './types';
import { url } from './url';

export const fieldTypes: { [type in TypeName]: FieldType } = {
  text,
  long_text: longText,
  integer,
  decimal,
  money,
  percent,
  boolean,
  date,
  datetime,
  choice,
  choices,
  relation,
  relations,
  lines,
  email,
  phone,
  url,
  address,
  auto_number: autoNumber,
  formula,
  lookup,
  rollup,
  person,
  department,
  file,
  json,
};

export { shownType } from './computed';
export { numberLiteral, refId, refTitle } from './operators';
export { RefTitle, subtitleOf, titleFields, titleOf } from './RelationPicker';
export { isNone, LINE_KEY, outgoing, same } from './send';
export type { FieldType, InputProps, Operator } from './types';

/** The type of a field; a type that this client does not know yet is read as text and not edited. */
export const typeOf = (field: Field): FieldType => fieldTypes[field.type] ?? unknown;
const unknown: FieldType = { ...text, computed: true, unsortable: true };
