/** Any number of a list of options. */
import { MultiSelect } from '@mantine/core';
import type { Value } from '../api/types';
import { t } from '../i18n';
import { list } from '../i18n/format';
import { choice, openOptions, optionLabel, optionOf, readOption, Tag } from './choice';
import { asText, frame, option } from './common';
import { emptiness, listOperators, textLiteral } from './operators';
import type { FieldType } from './types';

const codes = (value: Value): string[] => (Array.isArray(value) ? value.map(asText) : value ? [asText(value)] : []);

export const choices: FieldType = {
  width: 180,
  unsortable: true,
  text: (value, field) =>
    list(
      codes(value).map((code) => {
        const one = optionOf(code, field);
        return one ? optionLabel(one) : code;
      }),
    ),
  cell: (value, field) =>
    codes(value).map((code) => {
      const one = optionOf(code, field);
      return one ? <Tag key={code} option={one} /> : code;
    }),
  parse: (text, field) => {
    const read = text
      .split(/[,，;；、|]/)
      .filter((part) => part.trim())
      .map((part) => readOption(part, field));
    return read.includes(undefined) ? undefined : read;
  },
  Input: (props) => (
    <MultiSelect
      {...frame(props)}
      value={codes(props.value)}
      onChange={props.onChange}
      data={openOptions({ ...props, value: undefined }).map((one) => ({ value: one.code, label: optionLabel(one) }))}
      searchable={(props.field.options?.length ?? 0) > 8}
      hidePickedOptions
      clearable={!props.readOnly && !props.bare}
      clearButtonProps={{ 'aria-label': t('field.clear') }}
      comboboxProps={{ shadow: 'md' }}
    />
  ),
  FilterInput: (props) => choice.Input(props),
  operators: [...listOperators, ...emptiness],
  literal: textLiteral,
  options: [option.options],
};
