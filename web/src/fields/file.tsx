/** Files that belong to the record: uploaded at once, attached when the record is saved. */
import { Input as Box, Button, FileButton, Loader, Pill } from '@mantine/core';
import { Paperclip } from 'lucide-react';
import { useState } from 'react';
import { BASE } from '../api/client';
import type { Value } from '../api/types';
import { t } from '../i18n';
import { list } from '../i18n/format';
import { asText } from './common';
import { emptiness, textLiteral } from './operators';
import type { FieldType, InputProps } from './types';

type File_ = { id?: Value; name?: Value };
const files = (value: Value): File_[] =>
  (Array.isArray(value) ? value : value ? [value] : []).map((one) =>
    one && typeof one === 'object' && !Array.isArray(one) ? one : { id: one },
  );
const nameOf = (file: File_) => asText(file.name) || `#${asText(file.id)}`;

async function upload(file: File): Promise<Value> {
  const body = new FormData();
  body.append('file', file, file.name);
  const response = await fetch(`${BASE}/files`, { method: 'POST', body, credentials: 'same-origin' });
  const answer = (await response.json().catch(() => ({}))) as { detail?: string; title?: string };
  if (!response.ok) throw new Error(answer.detail ?? answer.title ?? String(response.status));
  return answer as Value;
}

function Input({ field, value, onChange, label, name, help, error, readOnly, required, bare }: InputProps) {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string>();
  const here = files(value);
  const rows = Array.isArray(value) ? value : value ? [value] : [];
  async function add(chosen: File[]) {
    setBusy(true);
    setRefused(undefined);
    try {
      const added = await Promise.all(chosen.map(upload));
      onChange(field.multiple === false ? added.slice(-1) : [...rows, ...added]);
    } catch (problem) {
      setRefused(problem instanceof Error ? problem.message : t('error.unknown'));
    }
    setBusy(false);
  }
  return (
    <Box.Wrapper
      label={label}
      description={help || undefined}
      error={refused ?? error}
      withAsterisk={required}
      labelElement="div"
    >
      <Pill.Group gap={4} className={bare ? undefined : 'files'}>
        {here.map((file, index) => (
          <Pill
            key={asText(file.id) || index}
            withRemoveButton={!readOnly}
            removeButtonProps={{ 'aria-label': t('remove', { name: nameOf(file) }), tabIndex: 0, 'aria-hidden': false }}
            onRemove={() => onChange(rows.filter((_, at) => at !== index))}
          >
            <a href={`${BASE}/files/${asText(file.id)}`} target="_blank" rel="noreferrer">
              {nameOf(file)}
            </a>
          </Pill>
        ))}
        {!readOnly && (
          <FileButton
            multiple={field.multiple !== false}
            onChange={(chosen) => add(Array.isArray(chosen) ? chosen : chosen ? [chosen] : [])}
          >
            {(button) => (
              <Button
                {...button}
                size="compact-sm"
                variant="default"
                aria-label={`${t('file.add')} ${name ?? ''}`.trim()}
                leftSection={busy ? <Loader size={12} /> : <Paperclip size={13} />}
              >
                {t('file.add')}
              </Button>
            )}
          </FileButton>
        )}
      </Pill.Group>
    </Box.Wrapper>
  );
}

export const file: FieldType = {
  width: 160,
  wide: true,
  unlisted: true,
  unsortable: true,
  text: (value) => list(files(value).map(nameOf)),
  parse: () => undefined,
  Input,
  operators: emptiness,
  literal: textLiteral,
  options: [{ name: 'multiple', type: 'boolean', labels: { en: 'Several files', 'zh-CN': '允许多个文件' } }],
};
