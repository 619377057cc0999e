/** A ratio shown as a percentage: the API's "0.1234" is typed and read as 12.34 %. */
import type { Field, Value } from '../api/types';
import { readDecimal, shift } from '../i18n/decimal';
import { percent as formatPercent, number } from '../i18n/format';
import { asText, option } from './common';
import { wrongNumber } from './decimal';
import { isNumber, NumberBox } from './NumberBox';
import { numberLiteral, numberOperators } from './operators';
import type { FieldType } from './types';

const digits = (field: Field) => field.scale ?? 2;
const shown = (value: Value, field: Field) =>
  isNumber(value) ? formatPercent(asText(value), digits(field)) : asText(value);
/** People type 12.34 or 12.34%; both mean 0.1234. */
const read = (text: string): Value | undefined => {
  const decimal = readDecimal(text);
  return decimal === undefined ? undefined : decimal === '' ? null : /[%％]/.test(text) ? decimal : shift(decimal, -2);
};

export const percent: FieldType = {
  align: 'right',
  width: 100,
  text: shown,
  parse: read,
  wrong: (value, field) => wrongNumber(value, field, digits(field) + 2),
  Input: (props) => (
    <NumberBox
      {...props}
      rightSection={props.bare ? undefined : <span className="unit">%</span>}
      shown={(value) =>
        number(shift(asText(value), 2), digits(props.field), props.bare ? 0 : undefined) + (props.bare ? '%' : '')
      }
      typed={(value) => shift(asText(value), 2)}
      read={(decimal) => shift(decimal, -2)}
    />
  ),
  operators: numberOperators,
  literal: numberLiteral,
  options: [option.scale, option.min, option.max],
};
