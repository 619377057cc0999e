/** What is shown where a page or a part of it could not be loaded: words, a number for support, and one way on. */
import { Button } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import { inWords, type Words } from '../api/problems';
import { t } from '../i18n';

type Props = { error?: unknown; title?: string; onRetry?: () => void; small?: boolean };

export function Failure({ error, title, onRetry, small }: Props) {
  const words: Words = title ? { title } : inWords(error);
  return (
    <div className={small ? 'failure small' : 'failure'} role="alert">
      <CircleAlert size={small ? 16 : 26} aria-hidden />
      <strong>{words.title}</strong>
      {words.detail && words.detail !== words.title && <p>{words.detail}</p>}
      {words.id && (
        <p>
          {t('error.id')} <code>{words.id}</code>
        </p>
      )}
      {onRetry && (
        <Button size="xs" variant="default" onClick={onRetry}>
          {t('retry')}
        </Button>
      )}
    </div>
  );
}
