/** Above the form: what the server refused, and what somebody else changed meanwhile, to take or to keep. */
import { Alert, Button, CloseButton } from '@mantine/core';
import { GitMerge, TriangleAlert } from 'lucide-react';
import type { Words } from '../api/problems';
import type { Module, Value } from '../api/types';
import { refTitle, typeOf } from '../fields';
import { t } from '../i18n';
import { ago } from '../i18n/format';
import { fieldLabel, fieldOf } from '../modules/queries';
import type { FormState } from './form';

export function ProblemBanner({ words, onClose }: { words: Words & { more?: string[] }; onClose(): void }) {
  return (
    <Alert className="banner" color="red" role="alert" icon={<TriangleAlert size={16} />} title={words.title}>
      <CloseButton className="banner-close" size="sm" aria-label={t('close')} onClick={onClose} />
      {words.more?.length ? (
        <ul>
          {words.more.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      ) : (
        words.detail !== words.title && words.detail
      )}
      {words.id && (
        <p>
          {t('error.id')} <code>{words.id}</code>
        </p>
      )}
    </Alert>
  );
}

export function ConflictBanner({ form, module }: { form: FormState; module: Module }) {
  const names = Object.keys(form.conflicts);
  if (names.length === 0) return null;
  const { rival } = form;
  const all = (take: 'theirs' | 'mine') => {
    for (const name of names) form.resolve(name, take);
  };
  return (
    <Alert
      className="banner"
      color="orange"
      role="alert"
      icon={<GitMerge size={16} />}
      title={t('conflict.title', {
        name: refTitle(rival?.updated_by) || t('somebody'),
        when: ago(String(rival?.updated_at ?? '')),
      })}
    >
      <p>{t('conflict.text')}</p>
      <table className="conflict">
        <thead>
          <tr>
            <th>{t('conflict.field')}</th>
            <th>{t('conflict.theirs')}</th>
            <th>{t('conflict.mine')}</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => {
            const field = fieldOf(module, name);
            const text = (value: Value) =>
              (field ? typeOf(field).text(value, field) : String(value ?? '')) || t('empty');
            return (
              <tr key={name}>
                <th scope="row">{field ? fieldLabel(field) : name}</th>
                <td>
                  {text(form.conflicts[name])}{' '}
                  <Button size="compact-xs" variant="default" onClick={() => form.resolve(name, 'theirs')}>
                    {t('conflict.take')}
                  </Button>
                </td>
                <td>
                  {text(form.changes[name])}{' '}
                  <Button size="compact-xs" variant="default" onClick={() => form.resolve(name, 'mine')}>
                    {t('conflict.keep')}
                  </Button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {names.length > 1 && (
        <span className="conflict-all">
          <Button size="compact-sm" variant="light" color="orange" onClick={() => all('theirs')}>
            {t('conflict.takeAll')}
          </Button>
          <Button size="compact-sm" variant="light" color="orange" onClick={() => all('mine')}>
            {t('conflict.keepAll')}
          </Button>
        </span>
      )}
    </Alert>
  );
}
