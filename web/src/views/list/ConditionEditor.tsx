/** Edits one condition of a filter: how to compare, and with what. */
import { Button, NativeSelect, Stack } from '@mantine/core';
import { useState } from 'react';
import type { Value } from '../../api/types';
import { fieldTypes, type InputProps, type Operator, shownType } from '../../fields';
import { t } from '../../i18n';
import type { PathField } from '../../modules/queries';
import { type Condition, operatorsOf } from './filter';

type Props = {
  found: PathField;
  condition: Condition;
  module: string;
  onChange(condition: Condition): void;
  onDone(): void;
};

/** “between … and …” without what only holds the place of a value at its end. */
export const operatorText = (operator: Operator) => t(operator.label, { v: '…', w: '…' }).replace(/\s*…$/, '');

export function ConditionEditor({ found, condition, module, onChange, onDone }: Props) {
  const operators = operatorsOf(found);
  const operator = operators.find(({ name }) => name === condition.operator) ?? operators[0];
  const [values, setValues] = useState<Value[]>(condition.values);
  if (!operator) return null;
  const set = (next: Value[]) => {
    setValues(next);
    onChange({ ...condition, operator: operator.name, values: next });
  };
  const type = shownType(found.field);
  const Edit = operator.takes === 'days' ? fieldTypes.integer.Input : (type.FilterInput ?? type.Input);
  const field = { ...found.field, required: false, readonly: false, depends_on: undefined };
  const input = (index: number): InputProps => ({
    field,
    module,
    name: t('filter.value', { name: found.label }),
    value: values[index] ?? null,
    onChange: (next) => set(index === 0 ? [next, ...values.slice(1)] : [values[0], next]),
  });

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onDone();
      }}
    >
      <Stack gap={8} w={260}>
        <NativeSelect
          aria-label={t('filter.operator', { name: found.label })}
          value={operator.name}
          data={operators.map((one) => ({ value: one.name, label: operatorText(one) }))}
          onChange={(event) => {
            const next = operators.find(({ name }) => name === event.currentTarget.value);
            if (!next) return;
            const kept = (next.takes === 'days') === (operator.takes === 'days') ? values : [];
            setValues(kept);
            onChange({ ...condition, operator: next.name, values: kept });
          }}
        />
        {(operator.takes === 'one' || operator.takes === 'days') && (
          <div data-autofocus>
            <Edit {...input(0)} autoFocus />
          </div>
        )}
        {operator.takes === 'two' && (
          <>
            <Edit {...input(0)} autoFocus />
            <Edit {...input(1)} />
          </>
        )}
        {operator.takes === 'many' && <Many found={found} values={values} onChange={set} input={input(0)} />}
        <Button type="submit" size="xs" variant="light">
          {t('done')}
        </Button>
      </Stack>
    </form>
  );
}

/** Several values: the inputs of the list types do that already. */
function Many({
  found,
  values,
  onChange,
  input,
}: {
  found: PathField;
  values: Value[];
  onChange(values: Value[]): void;
  input: InputProps;
}) {
  const { Input } = found.field.options ? fieldTypes.choices : fieldTypes.relations;
  const field = found.field.module ? input.field : { ...input.field, module: shownModule(found) };
  return (
    <Input {...input} field={field} value={values} onChange={(next) => onChange(Array.isArray(next) ? next : [])} />
  );
}
const shownModule = ({ field }: PathField) => (shownType(field) === fieldTypes.department ? 'department' : 'user');
