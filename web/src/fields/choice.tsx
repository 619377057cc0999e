/** One of a list of options, each with a colour; options may depend on what another choice holds. */
import { SegmentedControl, Select } from '@mantine/core';
import type { Field, Option, Value } from '../api/types';
import { local, t } from '../i18n';
import { asText, frame, option } from './common';
import { choiceOperators, textLiteral } from './operators';
import type { FieldType, InputProps } from './types';

export const optionOf = (value: Value, field: Field): Option | undefined =>
  field.options?.find(({ code }) => code === value);
export const optionLabel = (one: Option) => local(one.labels, one.code);

export function Tag({ option }: { option: Option }) {
  return <span className={`tag tag-${option.color ?? 'gray'}`}>{optionLabel(option)}</span>;
}

/** What may be chosen now: by record type, and by the choice that this one depends on. */
export function openOptions({
  field,
  record,
  allowed,
  value,
}: Pick<InputProps, 'field' | 'record' | 'allowed' | 'value'>): Option[] {
  const parent = field.depends_on ? record?.[field.depends_on] : undefined;
  return (field.options ?? []).filter(
    ({ code, when }) =>
      code === value ||
      ((!allowed || allowed.includes(code)) &&
        (!when?.length ||
          (Array.isArray(parent) ? parent.some((one) => when.includes(asText(one))) : when.includes(asText(parent))))),
  );
}

export const readOption = (text: string, field: Field): Value | undefined => {
  const clean = text.trim();
  if (!clean) return null;
  return field.options?.find(({ code, labels }) => [code, labels?.en, labels?.['zh-CN']].includes(clean))?.code;
};

function Input(props: InputProps) {
  const { field, value, onChange, readOnly, required, bare } = props;
  const options = openOptions(props);
  return (
    <Select
      {...frame(props)}
      value={value === null || value === undefined ? null : asText(value)}
      onChange={onChange}
      data={options.map((one) => ({ value: one.code, label: optionLabel(one) }))}
      renderOption={({ option: { value: code, label } }) => {
        const one = optionOf(code, field);
        return one ? <Tag option={one} /> : label;
      }}
      allowDeselect={!required}
      clearable={!required && !readOnly && !bare}
      clearButtonProps={{ 'aria-label': t('field.clear') }}
      searchable={options.length > 8}
      comboboxProps={{ shadow: 'md' }}
      rightSectionWidth={bare ? 18 : undefined}
    />
  );
}

/** A few options side by side, for choosing a record's type. */
export function Segments({ field, value, onChange }: Pick<InputProps, 'field' | 'value' | 'onChange'>) {
  return (
    <SegmentedControl
      size="xs"
      value={asText(value)}
      onChange={onChange}
      data={(field.options ?? []).map((one) => ({ value: one.code, label: optionLabel(one) }))}
    />
  );
}

export const choice: FieldType = {
  width: 108,
  text: (value, field) => {
    const one = optionOf(value, field);
    return one ? optionLabel(one) : asText(value);
  },
  cell: (value, field) => {
    const one = optionOf(value, field);
    return one ? <Tag option={one} /> : asText(value);
  },
  parse: readOption,
  Input,
  operators: choiceOperators,
  literal: textLiteral,
  options: [
    option.options,
    { name: 'depends_on', type: 'text', labels: { en: 'Depends on', 'zh-CN': '依赖字段' } },
    { name: 'stage', type: 'boolean', labels: { en: 'Is the stage', 'zh-CN': '作为阶段' } },
  ],
};
