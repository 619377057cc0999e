/** A whole number; the API writes it as a number. */
import type { Field, Value } from '../api/types';
import { number } from '../i18n/format';
import { asText, option } from './common';
import { readNumber, wrongNumber } from './decimal';
import { isNumber, NumberBox } from './NumberBox';
import { numberLiteral, numberOperators } from './operators';
import type { FieldType } from './types';

/** What has four digits by its limits is a year: 2007, not 2,007. */
const isYear = ({ min, max }: Field) => Number(min) >= 1000 && Number(max) <= 9999;
const shown = (value: Value, field: Field) =>
  isNumber(value) && !isYear(field) ? number(asText(value), 0) : asText(value);
/** Beyond 2^53 it stays text, which the server reads exactly. */
const whole = (decimal: string): Value => (Number.isSafeInteger(Number(decimal)) ? Number(decimal) : decimal);

export const integer: FieldType = {
  align: 'right',
  width: 100,
  text: shown,
  parse: (text) => {
    const value = readNumber(text);
    return typeof value === 'string' && !value.includes('.') ? whole(value) : value === null ? null : undefined;
  },
  wrong: (value, field) => wrongNumber(value, field, 0),
  Input: (props) => <NumberBox {...props} shown={(value) => shown(value, props.field)} read={whole} />,
  operators: numberOperators,
  literal: numberLiteral,
  options: [option.min, option.max],
};
