/** The command palette: records by search, modules and pages, and every action of the page, by typing. */
import { Modal } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { LayoutDashboard, Search } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';
import { allActions, keysText } from '../actions';
import { api } from '../api/client';
import { firstWords } from '../api/problems';
import { local, t } from '../i18n';
import { dashboardsQuery } from '../modules/dashboards';
import { ModuleIcon } from '../modules/ModuleIcon';
import { fieldLabel, fieldOf, moduleSingular, moduleTitle, useCatalog } from '../modules/queries';
import { menuGroups } from './menu';

type Entry = {
  key: string;
  group: string;
  text: string;
  note?: string;
  icon?: ReactNode;
  keys?: string;
  perform(): void;
};

const searchQuery = (q: string) =>
  queryOptions({
    queryKey: ['search', q],
    queryFn: ({ signal }) => api('GET /search', { query: { q, limit: 12 }, signal }),
    enabled: q !== '',
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });

export function Palette({ opened, onClose }: { opened: boolean; onClose(): void }) {
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      padding={0}
      size={620}
      yOffset="12vh"
      transitionProps={{ duration: 0 }}
    >
      <Modal.Overlay backgroundOpacity={0.35} />
      <Modal.Content radius="lg" aria-label={t('shell.find')}>
        <Modal.Body>{opened && <Entries onClose={onClose} />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

/** Found texts come as they are searched: small letters, half-width signs. */
const folded = (text: string) => text.normalize('NFKC').toLowerCase();
/** At once: who types right after the keys that open the palette loses no letter. */
const focusNow = (element: HTMLInputElement | null) => {
  element?.focus();
};
const intoSight = (element: HTMLDivElement | null) => {
  element?.scrollIntoView({ block: 'nearest' });
};

function Entries({ onClose }: { onClose(): void }) {
  const id = useId();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const entries = useEntries(typed);
  const { list, busy, error } = entries;
  const current = list[Math.min(at, list.length - 1)];
  const perform = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.perform();
  };
  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step) setAt((Math.min(at, list.length - 1) + step + list.length) % Math.max(1, list.length));
    else if (event.key === 'Enter') perform(current);
    else return;
    event.preventDefault();
  }
  return (
    <div className="palette">
      <label className="palette-box">
        <Search size={16} aria-hidden />
        <span className="hidden">{t('shell.find')}</span>
        <input
          ref={focusNow}
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={current ? `${id}-${current.key}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={t('palette.hint')}
          value={typed}
          onKeyDown={onKeyDown}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setAt(0);
          }}
        />
      </label>
      <div role="listbox" id={`${id}-list`} aria-label={t('palette.results')} className="palette-list" aria-busy={busy}>
        {list.map((entry, index) => (
          <div key={entry.key} role="presentation">
            {entry.group !== list[index - 1]?.group && (
              <div className="palette-group" role="presentation">
                {entry.group}
              </div>
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the combobox */}
            <div
              role="option"
              id={`${id}-${entry.key}`}
              aria-selected={entry === current}
              ref={entry === current ? intoSight : undefined}
              className="palette-entry"
              onClick={() => perform(entry)}
              onPointerMove={() => setAt(index)}
            >
              {entry.icon}
              <span className="palette-text">{entry.text}</span>
              {entry.note && <small>{entry.note}</small>}
              {entry.keys && <kbd>{keysText(entry.keys)}</kbd>}
            </div>
          </div>
        ))}
      </div>
      {list.length === 0 && (
        <p className="palette-none">{error ? firstWords(error) : busy ? t('loading') : t('palette.none')}</p>
      )}
    </div>
  );
}

function useEntries(typed: string) {
  const navigate = useNavigate();
  const catalog = useCatalog();
  const wanted = typed.trim().toLowerCase();
  const [q] = useDebouncedValue(typed.trim(), 120);
  const { data, isFetching, error } = useQuery(searchQuery(q));
  const dashboards = useQuery(dashboardsQuery).data?.dashboards ?? [];
  const fits = (...texts: Array<string | undefined>) => texts.some((text) => text?.toLowerCase().includes(wanted));

  const records: Entry[] = (wanted ? (data?.hits ?? []) : []).map((hit) => {
    const module = catalog.byName.get(hit.module);
    const field = module && hit.field && hit.field !== module.title ? fieldOf(module, hit.field) : undefined;
    const found =
      hit.text && folded(hit.text) !== folded(hit.title)
        ? `${field ? `${fieldLabel(field)} ` : ''}${hit.text}`
        : undefined;
    return {
      key: `record-${hit.module}-${hit.id}`,
      group: t('palette.records'),
      text: hit.title || `#${hit.id}`,
      note: [found, module && moduleSingular(module)].filter(Boolean).join(' · '),
      icon: <ModuleIcon name={module?.icon} size={15} />,
      perform: () => navigate({ to: '/m/$module/$id', params: { module: hit.module, id: String(hit.id) } }),
    };
  });
  const pages: Entry[] = [
    ...dashboards.map(({ name, labels }) => ({
      key: `dashboard-${name}`,
      group: t('palette.pages'),
      text: local(labels, name),
      icon: <LayoutDashboard size={15} aria-hidden />,
      names: [local(labels, name), name],
      perform: () => navigate({ to: '/dashboard/$name', params: { name } }),
    })),
    ...menuGroups(catalog).flatMap((group) =>
      group.modules.map((module) => ({
        key: `module-${module.name}`,
        group: t('palette.pages'),
        text: moduleTitle(module),
        icon: <ModuleIcon name={module.icon} size={15} />,
        names: [moduleTitle(module), module.name, module.labels?.en ?? '', module.labels?.['zh-CN'] ?? ''],
        perform: () => navigate({ to: '/m/$module', params: { module: module.name } }),
      })),
    ),
  ].filter(({ names }) => fits(...names));
  const actions: Entry[] = allActions()
    .filter(({ name, label, keywords }) => name !== 'find' && fits(label, keywords, name))
    .map(({ name, label, icon: Icon, keys, perform }, index) => ({
      key: `action-${name}-${index}`,
      group: t('palette.actions'),
      text: label,
      icon: Icon && <Icon size={15} aria-hidden />,
      keys,
      perform,
    }));
  return { list: [...records, ...pages, ...actions], busy: isFetching, error };
}
