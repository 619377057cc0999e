/** A box for numbers: grouped digits while it is read, plain ones while it is typed in; the value stays exact text. */
import { TextInput } from '@mantine/core';
import { type ReactNode, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { Value } from '../api/types';
import { readDecimal } from '../i18n/decimal';
import { asText, frame } from './common';
import type { InputProps } from './types';

type Props = InputProps & {
  /** The value as people read it, and as they type it. */
  shown(value: Value): string;
  typed?(value: Value): string;
  read?(decimal: string): Value;
  leftSection?: ReactNode;
  rightSection?: ReactNode;
};

export function NumberBox({
  shown,
  typed = asText,
  read = (decimal) => decimal,
  leftSection,
  rightSection,
  ...props
}: Props) {
  const [draft, setDraft] = useState<string>();
  const fresh = useRef(false);
  const rest = isNumber(props.value) ? shown(props.value) : asText(props.value);
  return (
    <TextInput
      {...frame(props)}
      classNames={{ input: 'number-box' }}
      inputMode="decimal"
      autoComplete="off"
      leftSection={leftSection}
      rightSection={rightSection}
      value={draft ?? rest}
      onFocus={(event) => {
        if (props.readOnly) return;
        // Drawn at once, so that what is typed next replaces the whole number and not a part of what was there.
        flushSync(() => setDraft(isNumber(props.value) ? typed(props.value) : asText(props.value)));
        event.currentTarget.select();
        fresh.current = true;
      }}
      onMouseUp={(event) => {
        // The press that brought the focus does not take the selection away.
        if (fresh.current) event.preventDefault();
        fresh.current = false;
      }}
      onBlur={() => setDraft(undefined)}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setDraft(text);
        const decimal = readDecimal(text);
        // What cannot be read stays as it was typed; the form says so at the field.
        props.onChange(decimal === undefined ? text : decimal === '' ? null : read(decimal));
      }}
    />
  );
}

export const isNumber = (value: Value) =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
export const isEmptyValue = (value: Value) => value === null || value === undefined || value === '';
