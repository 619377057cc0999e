/** A short message that what was done can be undone, and what was refused. */
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { firstWords } from '../api/problems';
import { t } from '../i18n';

type Done = { text: string; refused?: unknown; undo?: () => Promise<unknown> };

export function undoToast({ text, refused, undo }: Done) {
  if (refused) notifications.show({ color: 'red', autoClose: 10_000, message: firstWords(refused) });
  if (!undo) return;
  const id = notifications.show({
    autoClose: 10_000,
    withCloseButton: true,
    message: (
      <span className="undo">
        {text}
        <Button
          size="compact-xs"
          variant="light"
          onClick={async () => {
            notifications.hide(id);
            try {
              await undo();
              notifications.show({ message: t('undone') });
            } catch (error) {
              notifications.show({ color: 'red', message: firstWords(error) });
            }
          }}
        >
          {t('undo')}
        </Button>
      </span>
    ),
  });
}
