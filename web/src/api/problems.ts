/** Errors in words: what happened, what the server said about it, and the number that support can look it up by. */
import { t } from '../i18n';
import { ApiError } from './client';

export type Words = { title: string; detail?: string; id?: string };

export function inWords(error: unknown): Words {
  if (!(error instanceof ApiError)) {
    return { title: t('error.unknown'), detail: error instanceof Error ? error.message : undefined };
  }
  const { status, document, requestId: id, retryAfter } = error;
  const detail = document.detail ?? document.title;
  if (status === 0) return { title: t(document.title === 'timeout' ? 'error.slow' : 'error.offline') };
  if (status === 401) return { title: t('error.401'), id };
  if (status === 403) return { title: t('error.403'), detail, id };
  if (status === 404) return { title: t('error.404'), detail, id };
  if (status === 409) return { title: t('error.409'), detail, id };
  if (status === 413) return { title: t('error.413'), detail, id };
  if (status === 422 || status === 400) return { title: detail ?? t('error.422'), id };
  if (status === 429) return { title: retryAfter ? t('error.429in', { n: retryAfter }) : t('error.429'), id };
  return { title: t('error.500'), detail: status >= 500 ? undefined : detail, id };
}
export const firstWords = (error: unknown) => {
  const { title, detail } = inWords(error);
  return detail && detail !== title ? `${title} ${detail}` : title;
};
