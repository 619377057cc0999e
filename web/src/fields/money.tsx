/** Money: exact, in the field's currency or in the one that another field of the record names. */
import type { Rows } from '../api/records';
import type { Field, Value } from '../api/types';
import { compare, decimals, shift } from '../i18n/decimal';
import { money as formatMoney, number, workspaceCurrency } from '../i18n/format';
import { currentLanguage } from '../i18n/language';
import { asText, option } from './common';
import { readNumber, wrongNumber } from './decimal';
import { isNumber, NumberBox } from './NumberBox';
import { numberLiteral, numberOperators, refTitle } from './operators';
import type { FieldType } from './types';

const digits = (field: Field) => field.scale ?? 2;
const currencyOf = (field: Field, record?: Rows) => {
  const named = field.currency_field ? record?.[field.currency_field] : undefined;
  const code = typeof named === 'string' ? named : refTitle(named);
  return /^[A-Z]{3}$/.test(code) ? code : (field.currency ?? workspaceCurrency());
};
const shown = (value: Value, field: Field) =>
  isNumber(value)
    ? field.currency_field
      ? number(asText(value), digits(field), 2)
      : formatMoney(asText(value), currencyOf(field), digits(field))
    : asText(value);

/** ¥50万 where nothing is lost by it, else in full. */
function short(value: Value, field: Field): string {
  if (!isNumber(value)) return asText(value);
  const text = asText(value);
  const size = compare(text.replace('-', ''), '10000') < 0 ? 0 : 4;
  if (currentLanguage() === 'zh-CN' && size) {
    const large = compare(text.replace('-', ''), '100000000') >= 0;
    const moved = shift(text, large ? -8 : -4);
    if (decimals(moved) <= 2) return `${number(moved)}${large ? '亿' : '万'}`;
  }
  return formatMoney(text, currencyOf(field), Math.min(digits(field), decimals(shift(text, 0))));
}

const symbol = (code: string) =>
  new Intl.NumberFormat(currentLanguage(), { style: 'currency', currency: code, currencyDisplay: 'narrowSymbol' })
    .formatToParts(0)
    .find(({ type }) => type === 'currency')?.value;
function sign(code: string) {
  try {
    return symbol(code);
  } catch {
    return code;
  }
}

export const money: FieldType = {
  align: 'right',
  width: 140,
  text: shown,
  short,
  parse: readNumber,
  wrong: (value, field) => wrongNumber(value, field, digits(field)),
  Input: (props) => (
    <NumberBox
      {...props}
      leftSection={props.bare ? undefined : <span className="unit">{sign(currencyOf(props.field, props.record))}</span>}
      shown={(value) => number(asText(value), digits(props.field), 2)}
    />
  ),
  operators: numberOperators,
  literal: numberLiteral,
  options: [
    option.scale,
    { name: 'currency', type: 'text', max_length: 3, labels: { en: 'Currency', 'zh-CN': '币种' } },
    { name: 'currency_field', type: 'text', labels: { en: 'Field with the currency', 'zh-CN': '币种字段' } },
    option.min,
    option.max,
  ],
};
