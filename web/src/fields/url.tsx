/** The address of a page on the web; only http and https become links. */
import { ExternalLink } from 'lucide-react';
import { t } from '../i18n';
import { asText, parseText, TextBox } from './common';
import { textLiteral, textOperators } from './operators';
import type { FieldType } from './types';

const safe = (value: string) => /^https?:\/\//i.test(value);

export const url: FieldType = {
  width: 200,
  text: asText,
  parse: parseText,
  Input: (props) => (
    <TextBox
      {...props}
      type="url"
      inputMode="url"
      rightSection={
        safe(asText(props.value)) && !props.bare ? (
          <a
            className="box-link"
            href={asText(props.value)}
            target="_blank"
            rel="noreferrer"
            aria-label={t('field.open')}
          >
            <ExternalLink size={14} />
          </a>
        ) : undefined
      }
    />
  ),
  operators: textOperators,
  literal: textLiteral,
  options: [],
};
