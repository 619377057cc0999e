/** A number with a fixed count of decimals. */
import type { Field, Value } from '../api/types';
import type { Key } from '../i18n';
import { compare, decimals, readDecimal } from '../i18n/decimal';
import { number } from '../i18n/format';
import { asText, option } from './common';
import { isEmptyValue, isNumber, NumberBox } from './NumberBox';
import { numberLiteral, numberOperators } from './operators';
import type { FieldType } from './types';

export const readNumber = (text: string): Value | undefined => {
  const decimal = readDecimal(text);
  return decimal === '' ? null : decimal;
};

/** What is wrong with a number: not one, too many decimals, outside of its limits. */
export function wrongNumber(value: Value, field: Field, scale: number): Key | undefined {
  if (isEmptyValue(value)) return undefined;
  if (!isNumber(value)) return 'problem.number';
  const text = asText(value);
  if (decimals(text) > scale) return scale ? 'problem.decimals' : 'problem.whole';
  if (!isEmptyValue(field.min) && compare(text, asText(field.min)) < 0) return 'problem.small';
  if (!isEmptyValue(field.max) && compare(text, asText(field.max)) > 0) return 'problem.large';
  return undefined;
}

const shown = (value: Value, field: Field) =>
  isNumber(value) ? number(asText(value), field.scale ?? 2, Math.min(field.scale ?? 2, 2)) : asText(value);

export const decimal: FieldType = {
  align: 'right',
  width: 120,
  text: shown,
  parse: readNumber,
  wrong: (value, field) => wrongNumber(value, field, field.scale ?? 2),
  Input: (props) => <NumberBox {...props} shown={(value) => shown(value, props.field)} />,
  operators: numberOperators,
  literal: numberLiteral,
  options: [option.scale, option.min, option.max],
};
