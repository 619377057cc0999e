/** The page of a record once it is known: head with actions, banners, form, related lists, history. */
import { ActionIcon, Menu, Tabs } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArchiveRestore, Copy, Ellipsis, Link2, RotateCcw, Save, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { type Action, ActionButton, useActions } from '../actions';
import { say } from '../actions/say';
import { ApiError, newKey } from '../api/client';
import { inWords, type Words } from '../api/problems';
import { type Rows, useMove, useSave } from '../api/records';
import type { Module, Row } from '../api/types';
import { isNone, refTitle, subtitleOf, titleOf } from '../fields';
import { t } from '../i18n';
import { ago, dateTime } from '../i18n/format';
import { ModuleIcon } from '../modules/ModuleIcon';
import { may, moduleSingular, moduleTitle } from '../modules/queries';
import { undoToast } from '../notice/undo';
import { ConflictBanner, ProblemBanner } from './Banners';
import { RecordForm } from './RecordForm';
import { RelatedLists } from './Related';
import { StagePath } from './StagePath';
import { Timeline } from './Timeline';
import { UnsavedGuard } from './UnsavedGuard';
import { useForm } from './useForm';

type Props = { module: Module; row: Row | undefined; initial?: Rows };

export function RecordView({ module, row, initial }: Props) {
  const navigate = useNavigate();
  const form = useForm(module, row, initial);
  const save = useSave(module.name);
  const move = useMove(module.name);
  const narrow = useMediaQuery('(max-width: 1100px)', false, { getInitialValueInEffect: false });
  const [words, setWords] = useState<Words & { more?: string[] }>();
  // A lost answer may be asked for again: the same key never makes two records.
  const key = useRef(newKey());
  const leaving = useRef(false);
  const deleted = Boolean(row && !isNone(row.deleted_at));
  const writable = !deleted && may(module, row ? 'update' : 'create');

  async function send(): Promise<boolean> {
    if (save.isPending) return false;
    setWords(undefined);
    if (Object.keys(form.conflicts).length) return false;
    if (!form.check()) {
      showProblem(form.problems);
      return false;
    }
    try {
      const saved = await save.mutateAsync({
        id: row?.id,
        version: row && form.base?.version,
        values: form.body(),
        key: key.current,
      });
      key.current = newKey();
      form.saved(saved);
      say({ message: t('record.saved'), autoClose: 2000 });
      if (!row) {
        leaving.current = true;
        await navigate({ to: '/m/$module/$id', params: { module: module.name, id: String(saved.id) }, replace: true });
      }
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 0) key.current = newKey();
      if (error instanceof ApiError && error.status === 409 && error.current) {
        form.rebase(error.current);
        if (Object.keys(form.conflicts).length === 0) setWords({ title: t('conflict.merged') });
        return false;
      }
      const rest = error instanceof ApiError ? form.refuse(error.problems) : [];
      const all = error instanceof ApiError && error.problems.length > 0;
      setWords({
        ...inWords(error),
        title: all ? t('error.422') : inWords(error).title,
        more: rest.map(({ message }) => message),
      });
      showProblem(form.problems);
      return false;
    }
  }

  async function remove() {
    if (!row) return;
    const { done, refused } = await move.mutateAsync({ ids: [row.id], back: false });
    undoToast({
      text: t('list.deleted', { n: 1 }),
      refused,
      undo: done.length ? () => move.mutateAsync({ ids: done, back: true }) : undefined,
    });
    if (done.length) {
      leaving.current = true;
      navigate({ to: '/m/$module', params: { module: module.name } });
    }
  }

  const saveAction: Action = {
    name: 'save',
    label: t(row ? 'record.save' : 'record.create'),
    icon: Save,
    keys: 'mod+s',
    busy: save.isPending,
    disabled: !writable || (Boolean(row) && !form.dirty),
    perform: send,
  };
  const discard: Action = {
    name: 'discard',
    label: t('record.discard'),
    icon: RotateCcw,
    disabled: !form.dirty || !row,
    perform: () => {
      setWords(undefined);
      form.discard();
    },
  };
  const removeAction: Action = {
    name: 'delete',
    label: t('record.delete'),
    icon: Trash2,
    disabled: !row || deleted || !may(module, 'delete'),
    perform: remove,
  };
  const restore: Action = {
    name: 'restore',
    label: t('record.restore'),
    icon: ArchiveRestore,
    disabled: !deleted,
    busy: move.isPending,
    perform: async () => {
      const { refused } = await move.mutateAsync({ ids: row ? [row.id] : [], back: true });
      undoToast({ text: '', refused });
    },
  };
  const copyLink: Action = {
    name: 'copyLink',
    label: t('record.copyLink'),
    icon: Link2,
    disabled: !row,
    perform: async () => {
      await navigator.clipboard?.writeText(window.location.href);
      say({ message: t('record.linkCopied'), autoClose: 2000 });
    },
  };
  const duplicate: Action = {
    name: 'duplicate',
    label: t('record.duplicate'),
    icon: Copy,
    disabled: !row || !may(module, 'create'),
    perform: () =>
      navigate({ to: '/m/$module/new', params: { module: module.name }, search: firstValues(module, row) as never }),
  };
  useActions([saveAction, discard, duplicate, copyLink, removeAction, restore]);

  const title = row ? titleOf(module, { ...row, ...form.changes }) : t('record.new', { name: moduleSingular(module) });
  const subtitle = row ? subtitleOf(module, row) : '';
  const more = [discard, duplicate, copyLink, removeAction].filter(({ disabled }) => !disabled);
  const history = row && <Timeline module={module} id={row.id} version={row.version} />;
  const related = row && !deleted && <RelatedLists module={module} row={row} />;

  return (
    <article className="record">
      <header className="record-head">
        <nav className="crumbs" aria-label={t('record.place')}>
          <Link to="/m/$module" params={{ module: module.name }}>
            <ModuleIcon name={module.icon} size={14} />
            {moduleTitle(module)}
          </Link>
          <span aria-hidden>/</span>
        </nav>
        <h1 title={title}>{title}</h1>
        {subtitle && <span className="subtitle">{subtitle}</span>}
        {deleted && <span className="tag tag-orange">{t('list.bin')}</span>}
        <span className="spring" />
        {row && !narrow && (
          <span className="stamp" title={dateTime(String(row.updated_at ?? ''))}>
            {t(refTitle(row.updated_by) ? 'record.changed' : 'record.changedAt', {
              name: refTitle(row.updated_by),
              when: ago(String(row.updated_at ?? '')),
            })}
          </span>
        )}
        {deleted ? (
          <ActionButton action={restore} size="xs" />
        ) : (
          (form.dirty || !row) && (
            <span className="save-bar">
              {row && <ActionButton action={discard} size="xs" variant="default" />}
              {writable && <ActionButton action={saveAction} size="xs" />}
            </span>
          )
        )}
        {more.length > 0 && (
          <Menu shadow="md" position="bottom-end" width={190}>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={t('record.more')}>
                <Ellipsis size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {more.map((action) => (
                <Menu.Item
                  key={action.name}
                  color={action === removeAction ? 'red' : undefined}
                  leftSection={action.icon && <action.icon size={14} />}
                  onClick={action.perform}
                >
                  {action.label}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </header>
      <div className="record-scroll">
        <ConflictBanner form={form} module={module} />
        {words && <ProblemBanner words={words} onClose={() => setWords(undefined)} />}
        <StagePath form={form} disabled={!writable} onMoved={() => row && send()} />
        <div className="record-body">
          <div className="record-main">
            <RecordForm form={form} readOnly={!writable} onSubmit={send} />
            {!narrow && related}
          </div>
          {row && !narrow && (
            <aside className="record-side" aria-label={t('history.title')}>
              <h2>{t('history.title')}</h2>
              {history}
            </aside>
          )}
        </div>
        {row && narrow && (
          <Tabs defaultValue="related" keepMounted={false} className="record-tabs">
            <Tabs.List>
              <Tabs.Tab value="related">{t('related.title')}</Tabs.Tab>
              <Tabs.Tab value="history">{t('history.title')}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="related">{related}</Tabs.Panel>
            <Tabs.Panel value="history">{history}</Tabs.Panel>
          </Tabs>
        )}
      </div>
      <UnsavedGuard dirty={form.dirty} leaving={leaving} onSave={send} />
    </article>
  );
}

/** The first field with a problem comes into sight and takes the focus. */
function showProblem(problems: { [path: string]: string }) {
  const name = Object.keys(problems)[0]?.split('.')[0];
  if (!name) return;
  const place = document.querySelector(`[data-field="${CSS.escape(name)}"]`);
  place?.scrollIntoView({ block: 'center', behavior: 'smooth' });
  place?.querySelector<HTMLElement>('input,textarea,button')?.focus({ preventScroll: true });
}

/** What a copy begins with: the plain values of the record, in the address. */
function firstValues(module: Module, row: Row | undefined): { [name: string]: string } {
  const values: { [name: string]: string } = {};
  for (const field of module.fields) {
    const value = row?.[field.name];
    if (field.unique || isNone(value) || field.readonly || Array.isArray(value)) continue;
    if (typeof value === 'object') {
      if (value && 'id' in value && field.module) values[field.name] = String(value.id);
    } else if (!field.formula && field.name !== module.title) values[field.name] = String(value);
  }
  return values;
}
