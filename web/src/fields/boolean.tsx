/** Yes or no. */
import { Switch } from '@mantine/core';
import { t } from '../i18n';
import { booleanOperators, textLiteral } from './operators';
import type { FieldType } from './types';

const YES = /^(true|yes|y|1|✓|√|是|对|有)$/i;
const NO = /^(false|no|n|0|否|无|不)$/i;

export const boolean: FieldType = {
  align: 'center',
  width: 90,
  text: (value) => (value === true ? t('yes') : value === false ? t('no') : ''),
  cell: (value) =>
    value === true ? (
      <span className="tick" role="img" aria-label={t('yes')}>
        ✓
      </span>
    ) : (
      ''
    ),
  parse: (text) => (YES.test(text.trim()) ? true : NO.test(text.trim()) ? false : text.trim() ? undefined : null),
  Input: ({ label, name, help, error, readOnly, value, onChange, autoFocus, bare }) => (
    <Switch
      className={bare ? undefined : 'boolean-input'}
      label={label}
      aria-label={label ? undefined : name}
      description={help || undefined}
      error={error}
      disabled={readOnly}
      autoFocus={autoFocus}
      checked={value === true}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  ),
  operators: booleanOperators,
  literal: textLiteral,
  options: [],
};
