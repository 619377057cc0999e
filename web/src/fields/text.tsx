/** One line of text. */
import { asText, option, parseText, TextBox } from './common';
import { textLiteral, textOperators } from './operators';
import type { FieldType } from './types';

export const text: FieldType = {
  width: 180,
  text: asText,
  parse: parseText,
  wrong: (value, field) =>
    field.max_length && [...asText(value)].length > field.max_length ? 'problem.long' : undefined,
  Input: (props) => <TextBox {...props} />,
  operators: textOperators,
  literal: textLiteral,
  options: [option.maxLength, option.pattern, option.patternMessage],
};
