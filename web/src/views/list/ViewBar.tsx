/** The saved views of a module as tabs, with save, save as and revert for what the address changed in one. */
import { Button, Menu, Modal, Switch, TextInput } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronDown, RotateCcw, Save, SaveAll, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { say } from '../../actions/say';
import { api } from '../../api/client';
import { firstWords } from '../../api/problems';
import { useMe } from '../../api/session';
import type { Module, View } from '../../api/types';
import { local, t } from '../../i18n';
import type { ListAddress, Shown } from './state';

export const viewsQuery = (module: string) =>
  queryOptions({
    queryKey: ['views', module],
    queryFn: async ({ signal }) => (await api('GET /views', { query: { module }, signal })).views,
    staleTime: 5 * 60_000,
  });
export function useViews(module: string): View[] | undefined {
  const { data, isError } = useQuery(viewsQuery(module));
  return data ?? (isError ? [] : undefined);
}
/** The view of the address: by its number or its name; without one the default. */
export const viewOf = (views: View[] | undefined, name: string | undefined): View | undefined =>
  name === 'all'
    ? undefined
    : (views?.find((view) => String(view.id) === name || view.name === name) ??
      views?.find((view) => view.default && name === undefined));

export const viewLabel = (view: View) => local(view.labels, view.name);

type Props = {
  module: Module;
  views: View[];
  view: View | undefined;
  shown: Shown;
  onAddress(address: ListAddress): void;
};

export function ViewBar({ module, views, view, shown, onAddress }: Props) {
  const [naming, setNaming] = useState(false);
  const { user } = useMe();
  const client = useQueryClient();
  const done = (saved?: View) => {
    client.invalidateQueries({ queryKey: ['views', module.name] });
    onAddress({ view: saved ? String(saved.id) : undefined, where: undefined, sort: undefined, columns: undefined });
  };
  const now = { where: shown.where, sort: shown.sort, columns: shown.columns.map(({ path }) => path) };
  const failed = (error: unknown) => say({ color: 'red', message: firstWords(error) });
  const save = useMutation({
    mutationFn: () => api('PATCH /views/{id}', { path: { id: view?.id ?? 0 }, body: now }),
    onSuccess: done,
    onError: failed,
  });
  const create = useMutation({
    mutationFn: ({ name, shared }: { name: string; shared: boolean }) =>
      api('POST /views', {
        body: { name, module: module.name, labels: { en: name, 'zh-CN': name }, type: 'list', shared, ...now },
      }),
    onSuccess: (saved) => {
      setNaming(false);
      done(saved);
    },
    onError: failed,
  });
  const remove = useMutation({
    mutationFn: () => api('DELETE /views/{id}', { path: { id: view?.id ?? 0 } }),
    onSuccess: () => done(),
    onError: failed,
  });
  const reset = { where: undefined, sort: undefined, columns: undefined, q: undefined };
  const tab = (one: View | undefined, label: string) => {
    const active = one?.id === view?.id;
    return (
      <Link
        key={one?.id ?? 'all'}
        to="/m/$module"
        params={{ module: module.name }}
        search={{ view: one ? String(one.id) : views.some((other) => other.default) ? 'all' : undefined }}
        className="view"
        data-active={active || undefined}
        aria-current={active ? 'page' : undefined}
      >
        {label}
        {active && shown.changed && <i className="view-dot" title={t('view.changed')} />}
      </Link>
    );
  };
  return (
    <nav className="views" aria-label={t('view.title')}>
      {(!view || !views.some((one) => one.default)) && tab(undefined, t('view.all'))}
      {views.map((one) => tab(one, viewLabel(one)))}
      {(shown.changed || view) && (
        <Menu shadow="md" position="bottom-start" width={200}>
          <Menu.Target>
            <Button size="compact-xs" variant="subtle" color="gray" rightSection={<ChevronDown size={12} />}>
              {shown.changed ? t('view.save') : t('view.more')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {shown.changed && view && (
              <Menu.Item leftSection={<Save size={14} />} onClick={() => save.mutate()}>
                {t('view.update', { name: viewLabel(view) })}
              </Menu.Item>
            )}
            <Menu.Item leftSection={<SaveAll size={14} />} onClick={() => setNaming(true)}>
              {t('view.saveAs')}
            </Menu.Item>
            {shown.changed && (
              <Menu.Item leftSection={<RotateCcw size={14} />} onClick={() => onAddress(reset)}>
                {t('view.revert')}
              </Menu.Item>
            )}
            {view && (
              <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={() => remove.mutate()}>
                {t('view.delete', { name: viewLabel(view) })}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
      <Modal opened={naming} onClose={() => setNaming(false)} title={t('view.saveAs')} size="sm" centered>
        <NameForm
          mayShare={Boolean(user.admin)}
          busy={create.isPending}
          onSubmit={(name, shared) => create.mutate({ name, shared })}
        />
      </Modal>
    </nav>
  );
}

function NameForm({
  mayShare,
  busy,
  onSubmit,
}: {
  mayShare: boolean;
  busy: boolean;
  onSubmit(name: string, shared: boolean): void;
}) {
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) onSubmit(name.trim(), shared);
      }}
    >
      <TextInput
        label={t('view.name')}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {mayShare && (
        <Switch
          mt="sm"
          label={t('view.shared')}
          checked={shared}
          onChange={(event) => setShared(event.currentTarget.checked)}
        />
      )}
      <Button type="submit" mt="md" fullWidth loading={busy} disabled={!name.trim()}>
        {t('view.save')}
      </Button>
    </form>
  );
}
