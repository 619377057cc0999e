/** What the inputs of all types share: label, help, error, and the text box that the plain ones are. */
import { TextInput, type TextInputProps } from '@mantine/core';
import type { HTMLInputTypeAttribute } from 'react';
import type { Value } from '../api/types';
import type { Labels } from '../i18n';
import type { InputProps, OptionField } from './types';

export function frame({ label, name, help, error, required, readOnly, autoFocus, bare }: InputProps) {
  return {
    label,
    description: help || undefined,
    error,
    readOnly,
    autoFocus,
    'aria-label': label ? undefined : name,
    'aria-required': required || undefined,
    withAsterisk: required,
    variant: bare ? 'unstyled' : 'default',
  } as const;
}

export const asText = (value: Value): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);

type BoxProps = InputProps & {
  type?: HTMLInputTypeAttribute;
  inputMode?: TextInputProps['inputMode'];
  rightSection?: TextInputProps['rightSection'];
  maxLength?: number;
  placeholder?: string;
};
/** A text box whose text is the value. */
export function TextBox({ type, inputMode, rightSection, maxLength, placeholder, ...props }: BoxProps) {
  return (
    <TextInput
      {...frame(props)}
      type={type}
      inputMode={inputMode}
      rightSection={rightSection}
      maxLength={maxLength}
      placeholder={props.readOnly ? undefined : placeholder}
      autoComplete="off"
      value={asText(props.value)}
      onChange={(event) => props.onChange(event.currentTarget.value || null)}
    />
  );
}

export const parseText = (text: string): Value => text.trim() || null;

const labels = (en: string, zh: string): Labels => ({ en, 'zh-CN': zh });
/** Settings that several types have. */
export const option = {
  maxLength: { name: 'max_length', type: 'integer', min: 1, labels: labels('Longest text', '最大长度') },
  pattern: { name: 'pattern', type: 'text', labels: labels('Pattern', '格式（正则表达式）') },
  patternMessage: {
    name: 'pattern_message',
    type: 'text',
    labels: labels('Message when it does not fit', '格式不符时的提示'),
  },
  scale: { name: 'scale', type: 'integer', min: 0, max: 9, labels: labels('Decimals', '小数位数') },
  min: { name: 'min', type: 'decimal', scale: 9, labels: labels('Smallest', '最小值') },
  max: { name: 'max', type: 'decimal', scale: 9, labels: labels('Largest', '最大值') },
  from: { name: 'min', type: 'date', labels: labels('Earliest', '最早') },
  to: { name: 'max', type: 'date', labels: labels('Latest', '最晚') },
  module: { name: 'module', type: 'text', required: true, labels: labels('Module', '模块') },
  where: { name: 'where', type: 'long_text', labels: labels('Only records where', '仅限满足条件的记录') },
  formula: { name: 'formula', type: 'long_text', required: true, labels: labels('Formula', '公式') },
  options: { name: 'options', type: 'json', required: true, labels: labels('Choices', '选项') },
} as const satisfies { [name: string]: OptionField };
