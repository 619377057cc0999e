/** A short message at the edge of the page. What closes it has a name, which the library leaves out. */
import { type NotificationData, notifications } from '@mantine/notifications';
import { t } from '../i18n';

export const say = (notice: NotificationData) =>
  notifications.show({ closeButtonProps: { 'aria-label': t('close') }, ...notice });
export const unsay = notifications.hide;
