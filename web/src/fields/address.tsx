/** An address in China or elsewhere: a region of the region tree, the rest of the address, a postcode. */
import { Fieldset } from '@mantine/core';
import type { Field, Value } from '../api/types';
import { t } from '../i18n';
import { asText, TextBox } from './common';
import { emptiness, refTitle, textLiteral } from './operators';
import { RelationPicker } from './RelationPicker';
import type { FieldType, InputProps } from './types';

type Parts = { [name: string]: Value };
const parts = (value: Value): Parts => (value && typeof value === 'object' && !Array.isArray(value) ? value : {});
const region: Field = { name: 'region', type: 'relation', module: 'region' };

function Input(props: InputProps) {
  const { value, onChange, readOnly, label, name, error, bare } = props;
  const here = parts(value);
  const set = (part: string, next: Value) => {
    const changed: Parts = { ...here, [part]: next };
    onChange(Object.values(changed).some((one) => one !== null && one !== undefined && one !== '') ? changed : null);
  };
  if (bare) return <TextBox {...props} value={here.detail} onChange={(next) => set('detail', next)} />;
  return (
    <Fieldset variant="unstyled" legend={label ?? name} className="address">
      <RelationPicker
        field={region}
        value={here.region}
        onChange={(next) => set('region', next)}
        name={t('address.region')}
        readOnly={readOnly}
        error={error}
      />
      <TextBox
        field={props.field}
        value={here.detail}
        onChange={(next) => set('detail', next)}
        name={t('address.detail')}
        placeholder={t('address.detail')}
        readOnly={readOnly}
      />
      <TextBox
        field={props.field}
        value={here.postcode}
        onChange={(next) => set('postcode', next)}
        name={t('address.postcode')}
        placeholder={t('address.postcode')}
        readOnly={readOnly}
        maxLength={10}
      />
    </Fieldset>
  );
}

export const address: FieldType = {
  width: 260,
  wide: true,
  unsortable: true,
  text: (value) => {
    const here = parts(value);
    return [refTitle(here.region), asText(here.detail), asText(here.postcode)].filter(Boolean).join(' ');
  },
  parse: (text) => (text.trim() ? { detail: text.trim() } : null),
  Input,
  operators: emptiness,
  literal: textLiteral,
  options: [],
};
