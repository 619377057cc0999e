/** A telephone number, dialled by a tap on a phone. */
import { Phone } from 'lucide-react';
import { t } from '../i18n';
import { asText, parseText, TextBox } from './common';
import { textLiteral, textOperators } from './operators';
import type { FieldType } from './types';

export const phone: FieldType = {
  width: 140,
  text: asText,
  parse: parseText,
  Input: (props) => (
    <TextBox
      {...props}
      type="tel"
      inputMode="tel"
      rightSection={
        props.value && !props.bare ? (
          <a
            className="box-link"
            href={`tel:${asText(props.value).replace(/[^\d+]/g, '')}`}
            aria-label={t('field.call')}
          >
            <Phone size={14} />
          </a>
        ) : undefined
      }
    />
  ),
  operators: textOperators,
  literal: textLiteral,
  options: [],
};
