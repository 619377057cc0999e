/** Text of several lines. */
import { Textarea } from '@mantine/core';
import { asText, frame, option, parseText, TextBox } from './common';
import { textLiteral, textOperators } from './operators';
import type { FieldType } from './types';

export const longText: FieldType = {
  width: 260,
  wide: true,
  unsortable: true,
  text: asText,
  parse: parseText,
  wrong: (value, field) => ([...asText(value)].length > (field.max_length ?? 20_000) ? 'problem.long' : undefined),
  Input: (props) => (
    <Textarea
      {...frame(props)}
      autosize
      minRows={props.bare ? 1 : 2}
      maxRows={16}
      value={asText(props.value)}
      onChange={(event) => props.onChange(event.currentTarget.value || null)}
    />
  ),
  FilterInput: (props) => <TextBox {...props} />,
  operators: textOperators,
  literal: textLiteral,
  options: [option.maxLength],
};
