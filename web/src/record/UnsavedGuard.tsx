/** Asks before typed text is lost: when the page is left, and when the tab is closed. */
import { Button, Group, Modal } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { type RefObject, useState } from 'react';
import { t } from '../i18n';

type Props = { dirty: boolean; leaving: RefObject<boolean>; onSave(): Promise<boolean> };

export function UnsavedGuard({ dirty, leaving, onSave }: Props) {
  const [busy, setBusy] = useState(false);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && !leaving.current && current.pathname !== next.pathname,
    enableBeforeUnload: () => dirty && !leaving.current,
    withResolver: true,
  });
  const blocked = blocker.status === 'blocked';
  return (
    <Modal opened={blocked} onClose={() => blocker.reset?.()} title={t('unsaved.title')} centered size="sm">
      <p className="modal-text">{t('unsaved.text')}</p>
      <Group justify="flex-end" gap="xs">
        <Button variant="subtle" color="gray" onClick={() => blocker.reset?.()}>
          {t('unsaved.stay')}
        </Button>
        <Button variant="light" color="red" onClick={() => blocker.proceed?.()}>
          {t('unsaved.discard')}
        </Button>
        <Button
          loading={busy}
          data-autofocus
          onClick={async () => {
            setBusy(true);
            const saved = await onSave();
            setBusy(false);
            if (saved) blocker.proceed?.();
            else blocker.reset?.();
          }}
        >
          {t('unsaved.save')}
        </Button>
      </Group>
    </Modal>
  );
}
