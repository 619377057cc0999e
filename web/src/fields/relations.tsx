/** Links to any number of records of another module. */
import { Pill } from '@mantine/core';
import type { Value } from '../api/types';
import { t } from '../i18n';
import { list } from '../i18n/format';
import { option } from './common';
import { emptiness, listOperators, refId, refLiteral, refTitle } from './operators';
import { RelationPicker } from './RelationPicker';
import type { FieldType, InputProps } from './types';

const refs = (value: Value): Value[] => (Array.isArray(value) ? value : value ? [value] : []);

/** Pills of what is chosen, and the picker of a single relation to add one more. */
function Input(props: InputProps) {
  const chosen = refs(props.value);
  return (
    <div>
      <RelationPicker
        {...props}
        value={null}
        required={props.required}
        onChange={(value) => {
          const id = refId(value);
          if (id !== undefined && !chosen.some((one) => refId(one) === id)) props.onChange([...chosen, value]);
        }}
      />
      {chosen.length > 0 && (
        <Pill.Group mt={6} gap={4}>
          {chosen.map((one) => (
            <Pill
              key={refId(one)}
              withRemoveButton={!props.readOnly}
              removeButtonProps={{
                'aria-label': t('remove', { name: refTitle(one) }),
                tabIndex: 0,
                'aria-hidden': false,
              }}
              onRemove={() => props.onChange(chosen.filter((other) => refId(other) !== refId(one)))}
            >
              {refTitle(one)}
            </Pill>
          ))}
        </Pill.Group>
      )}
    </div>
  );
}

export const relations: FieldType = {
  width: 200,
  wide: true,
  unsortable: true,
  text: (value) => list(refs(value).map(refTitle)),
  parse: (text) => (text.trim() ? undefined : []),
  Input,
  FilterInput: (props) => <RelationPicker {...props} />,
  operators: [...listOperators, ...emptiness],
  literal: refLiteral,
  options: [option.module, option.where],
};
