/** A number that the server gives when a record is made: PO-2026-0001. */
import { t } from '../i18n';
import { asText, option, parseText, TextBox } from './common';
import { textLiteral, textOperators } from './operators';
import type { FieldType } from './types';

export const autoNumber: FieldType = {
  width: 132,
  computed: true,
  text: asText,
  cell: (value) => <span className="code">{asText(value)}</span>,
  parse: parseText,
  Input: (props) => <TextBox {...props} value={props.value ?? (props.bare ? '' : t('field.onSave'))} readOnly />,
  FilterInput: (props) => <TextBox {...props} />,
  operators: textOperators,
  literal: textLiteral,
  options: [
    { ...option.pattern, required: true },
    {
      name: 'gap',
      type: 'choice',
      labels: { en: 'Gaps', 'zh-CN': '断号' },
      options: [
        { code: 'allowed', labels: { en: 'Allowed', 'zh-CN': '允许' } },
        { code: 'none', labels: { en: 'None', 'zh-CN': '不允许' } },
      ],
    },
  ],
};
