/** Any JSON, for integrations; shown and edited as text. */
import { Textarea } from '@mantine/core';
import { useState } from 'react';
import type { Value } from '../api/types';
import { frame } from './common';
import { emptiness, textLiteral } from './operators';
import type { FieldType, InputProps } from './types';

const written = (value: Value) => (value === null || value === undefined ? '' : JSON.stringify(value));
function read(text: string): Value | undefined {
  if (!text.trim()) return null;
  try {
    return JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
}

/** What is no JSON yet: kept as it was typed, refused by the form. */
export class Unread {
  constructor(readonly text: string) {}
  toJSON() {
    return this.text;
  }
}

function Input(props: InputProps) {
  const [draft, setDraft] = useState<string>();
  return (
    <Textarea
      {...frame(props)}
      autosize
      minRows={2}
      maxRows={16}
      spellCheck={false}
      classNames={{ input: 'code' }}
      value={
        draft ??
        (isUnread(props.value) ? (props.value as unknown as Unread).text : JSON.stringify(props.value ?? null, null, 2))
      }
      onBlur={() => setDraft(undefined)}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setDraft(text);
        const value = read(text);
        props.onChange(value === undefined ? (new Unread(text) as unknown as Value) : value);
      }}
    />
  );
}
const isUnread = (value: Value) => (value as unknown) instanceof Unread;

export const json: FieldType = {
  width: 200,
  wide: true,
  unlisted: true,
  unsortable: true,
  text: written,
  parse: read,
  wrong: (value) => (isUnread(value) ? 'problem.json' : undefined),
  Input,
  operators: emptiness,
  literal: textLiteral,
  options: [],
};
