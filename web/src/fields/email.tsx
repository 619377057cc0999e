/** An e-mail address. */
import { asText, parseText, TextBox } from './common';
import { textLiteral, textOperators } from './operators';
import type { FieldType } from './types';

export const email: FieldType = {
  width: 200,
  text: asText,
  parse: parseText,
  wrong: (value) => (value && !/^[^\s@]+@[^\s@]+$/.test(asText(value)) ? 'problem.email' : undefined),
  Input: (props) => <TextBox {...props} type="email" inputMode="email" />,
  operators: textOperators,
  literal: textLiteral,
  options: [],
};
