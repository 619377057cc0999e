/** What a field type is to the client: how it is shown, read from text, edited, filtered and configured. */
import type { ReactNode } from 'react';
import type { Rows } from '../api/records';
import type { Field, Module, Value } from '../api/types';
import type { Key, Labels } from '../i18n';

export type InputProps = {
  field: Field;
  value: Value;
  /** What the server has; undefined for a new record. */
  before?: Value;
  onChange(value: Value): void;
  /** The module that the field belongs to, and the other values of the record, for what depends on them. */
  module?: string;
  record?: Rows;
  label?: ReactNode;
  /** Spoken name where no label is shown: in grids and filters. */
  name?: string;
  help?: string;
  error?: string;
  required?: boolean;
  readOnly?: boolean;
  autoFocus?: boolean;
  /** Without a frame of its own, in a cell of a grid. */
  bare?: boolean;
  /** Codes that a record type allows. */
  allowed?: string[];
  /** What is wrong inside of the value: "0.quantity" for the first line item. */
  problems?: { [path: string]: string };
};

/**
 * A way to filter by the type. The template says it as a formula: $f the field, $v and $w the values, $* a list of
 * values. Reading a formula back into a filter compares it with the templates, so both directions are one line.
 */
export type Operator = { name: string; label: Key; takes: 'none' | 'one' | 'two' | 'many' | 'days'; template: string };

/** How values of the type stand in a formula, and are read from one. */
export type Literal = { write(value: Value): string; read(text: string, kind: 'text' | 'number'): Value | undefined };

/** One setting of a type in the module designer; settings are fields themselves. */
export type OptionField = Omit<Field, 'labels'> & { labels: Labels };

export type FieldType = {
  align?: 'right' | 'center';
  /** Width of its column until somebody drags it. */
  width: number;
  /** Its column is as wide as what the first rows show. */
  fits?: boolean;
  /** Takes a whole line of the form. */
  wide?: boolean;
  /** A section of its own on the form. */
  apart?: boolean;
  /** Never edited: the server computes it. */
  computed?: boolean;
  /** Looks like the type of its result. */
  derived?: boolean;
  /** Not as a column or a card line. */
  unlisted?: boolean;
  unsortable?: boolean;
  /** Plain text: cells, history, titles, copying. '' for empty. */
  text(value: Value, field: Field): string;
  /** Shorter text for filter sentences. */
  short?(value: Value, field: Field): string;
  /** Richer than text where that helps. */
  cell?(value: Value, field: Field): ReactNode;
  /** Reads typed or pasted text; null for none, undefined when it cannot be read. */
  parse(text: string, field: Field): Value | undefined;
  /** What is wrong with a value that cannot be sent as it is. */
  wrong?(value: Value, field: Field): Key | undefined;
  /** The value as the API takes it, where that is not the value itself with relations as ids. */
  send?(value: Value, field: Field, modules: Map<string, Module>, before: Value): Value;
  Input(props: InputProps): ReactNode;
  /** Edits a value of a filter, where Input will not do. */
  FilterInput?(props: InputProps): ReactNode;
  operators: Operator[];
  literal: Literal;
  options: OptionField[];
};
