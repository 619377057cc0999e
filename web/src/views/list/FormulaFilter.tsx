/** The filter as the formula that it is, for experts; the server's error is shown at its place. */
import { ActionIcon, Button, TextInput } from '@mantine/core';
import { SquareFunction, X } from 'lucide-react';
import { useState } from 'react';
import { ApiError } from '../../api/client';
import type { Module } from '../../api/types';
import { indexOfByte } from '../../formula';
import { t } from '../../i18n';
import { moduleSingular } from '../../modules/queries';

type Props = {
  module: Module;
  where: string;
  error: unknown;
  onChange(where: string): void;
  onClose?: () => void;
  onClear(): void;
};

export function FormulaFilter({ module, where, error, onChange, onClose, onClear }: Props) {
  const [draft, setDraft] = useState<string>();
  const text = draft ?? where;
  const problem = error instanceof ApiError && error.status === 422 ? error.problems[0] : undefined;
  const at =
    problem && /^\d+$/.test(problem.field) && text === where ? indexOfByte(text, Number(problem.field)) : undefined;
  return (
    <form
      className="filter filter-formula"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(text.trim());
        setDraft(undefined);
      }}
    >
      <TextInput
        size="xs"
        className="formula-box"
        autoFocus={!where}
        leftSection={<SquareFunction size={14} />}
        aria-label={t('filter.formula', { name: moduleSingular(module) })}
        placeholder={t('filter.formulaHint')}
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => setDraft(event.currentTarget.value)}
        error={Boolean(problem && text === where)}
        aria-describedby={problem ? 'formula-problem' : undefined}
      />
      <Button type="submit" size="xs" variant="light" disabled={text.trim() === where}>
        {t('filter.apply')}
      </Button>
      {onClose && (
        <Button size="xs" variant="subtle" color="gray" onClick={onClose}>
          {t('filter.asChips')}
        </Button>
      )}
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={t('filter.clear')} onClick={onClear}>
        <X size={14} />
      </ActionIcon>
      {problem && text === where && (
        <p id="formula-problem" className="formula-problem" role="alert">
          {at !== undefined && (
            <code>
              {text.slice(0, at)}
              <mark>{text.slice(at, at + 1) || '␣'}</mark>
              {text.slice(at + 1)}
            </code>
          )}
          <span>{problem.message}</span>
        </p>
      )}
    </form>
  );
}
