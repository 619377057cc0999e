/** A short message that what was done can be undone, and what was refused. */
import { Button } from '@mantine/core';
import { say, unsay } from '../actions/say';
import { firstWords } from '../api/problems';
import { t } from '../i18n';

type Done = { text: string; refused?: unknown; undo?: () => Promise<unknown> };

export function undoToast({ text, refused, undo }: Done) {
  if (refused) say({ color: 'red', autoClose: 10_000, message: firstWords(refused) });
  if (!undo) return;
  const id = say({
    autoClose: 10_000,
    withCloseButton: true,
    message: (
      <span className="undo">
        {text}
        <Button
          size="compact-xs"
          variant="light"
          onClick={async () => {
            unsay(id);
            try {
              await undo();
              say({ message: t('undone') });
            } catch (error) {
              say({ color: 'red', message: firstWords(error) });
            }
          }}
        >
          {t('undo')}
        </Button>
      </span>
    ),
  });
}
