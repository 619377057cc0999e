/** The records of a module: views, filter, search, grid or cards, recycle bin, and what is done with a selection. */
import { Button, TextInput } from '@mantine/core';
import { useDebouncedCallback, useMediaQuery } from '@mantine/hooks';
import { useNavigate, useParams, useRouter } from '@tanstack/react-router';
import { ArchiveRestore, Plus, Search, Trash2 } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Action, ActionButton, useActions } from '../../actions';
import { useMove } from '../../api/records';
import type { Module, Row } from '../../api/types';
import { t, useLanguage } from '../../i18n';
import { ModuleIcon } from '../../modules/ModuleIcon';
import { may, moduleSingular, moduleTitle, useCatalog, useModule } from '../../modules/queries';
import { Failure } from '../../notice/Failure';
import { undoToast } from '../../notice/undo';
import { Cards } from './Cards';
import { ColumnMenu } from './ColumnMenu';
import { FilterBar } from './FilterBar';
import { Grid } from './Grid';
import { useRows } from './rows';
import { useAddress, useShown } from './state';
import { useViews, ViewBar, viewOf } from './ViewBar';
import { useWidths } from './widths';
import './list.css';

export default function ListPage() {
  useLanguage();
  const { module: name } = useParams({ strict: false }) as { module: string };
  const module = useModule(name);
  if (!module) return <Failure title={t('error.noModule', { name })} />;
  return <ModuleList key={name} module={module} />;
}

function ModuleList({ module }: { module: Module }) {
  const catalog = useCatalog();
  const navigate = useNavigate();
  const router = useRouter();
  const phone = useMediaQuery('(max-width: 640px)', false, { getInitialValueInEffect: false });
  const [address, change] = useAddress();
  const views = useViews(module.name);
  const view = viewOf(views, address.view);
  const shown = useShown(catalog, module, view, address);
  const deleted = address.deleted === 'true';
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const move = useMove(module.name);

  const search = useMemo(
    () => ({
      where: shown.where || undefined,
      q: address.q || undefined,
      sort: shown.sort || undefined,
      fields: shown.columns.map(({ path }) => path).join(','),
      deleted: deleted || undefined,
    }),
    [shown, address.q, deleted],
  );
  const rows = useRows(module.name, search);
  const widths = useWidths(module, shown.columns, rows.row);
  useEffect(() => {
    document.title = `${moduleTitle(module)} · ${t('app.name')}`;
  });

  const open = (row: Row, elsewhere: boolean) => {
    if (elsewhere) window.open(href(row), '_blank', 'noopener');
    else navigate({ to: '/m/$module/$id', params: { module: module.name, id: String(row.id) } });
  };
  const href = (row: Row) =>
    router.buildLocation({ to: '/m/$module/$id', params: { module: module.name, id: String(row.id) } }).href;

  const ids = [...selected];
  const moveAll = async (back: boolean) => {
    const { done, refused } = await move.mutateAsync({ ids, back });
    setSelected(new Set());
    undoToast({
      text: t(back ? 'list.restored' : 'list.deleted', { n: done.length }),
      refused,
      undo: done.length ? () => move.mutateAsync({ ids: done, back: !back }) : undefined,
    });
  };
  const create: Action = {
    name: 'create',
    label: t('list.new', { name: moduleSingular(module) }),
    icon: Plus,
    keys: 'c',
    disabled: !may(module, 'create') || deleted,
    perform: () => navigate({ to: '/m/$module/new', params: { module: module.name } }),
  };
  const bin: Action = {
    name: 'bin',
    label: t(deleted ? 'list.leaveBin' : 'list.bin'),
    icon: deleted ? ArchiveRestore : Trash2,
    perform: () => {
      setSelected(new Set());
      change({ deleted: deleted ? undefined : 'true' }, false);
    },
  };
  const remove: Action = {
    name: 'delete',
    label: t('list.delete', { n: ids.length }),
    icon: Trash2,
    disabled: ids.length === 0 || deleted || !may(module, 'delete'),
    busy: move.isPending,
    perform: () => moveAll(false),
  };
  const restore: Action = {
    name: 'restore',
    label: t('list.restore', { n: ids.length }),
    icon: ArchiveRestore,
    disabled: ids.length === 0 || !deleted,
    busy: move.isPending,
    perform: () => moveAll(true),
  };
  const box = useRef<HTMLInputElement>(null);
  const find: Action = {
    name: 'find',
    label: t('list.find', { name: moduleTitle(module) }),
    icon: Search,
    keys: '/',
    perform: () => box.current?.focus(),
  };
  useActions([create, find, bin, remove, restore]);

  const filtered = Boolean(shown.where || address.q);
  const empty = rows.isPending ? null : (
    <div className="empty">
      <ModuleIcon name={module.icon} size={28} />
      <strong>
        {t(deleted ? 'list.binEmpty' : filtered ? 'list.noMatch' : 'list.empty', { name: moduleTitle(module) })}
      </strong>
      {filtered ? (
        <Button size="xs" variant="default" onClick={() => change({ where: '', q: undefined })}>
          {t('list.showAll')}
        </Button>
      ) : (
        !create.disabled && <ActionButton action={create} size="xs" />
      )}
    </div>
  );
  const common = {
    label: moduleTitle(module),
    title: module.title,
    place: `${module.name} ${JSON.stringify(search)}`,
    columns: shown.columns,
    total: rows.total,
    row: rows.row,
    onRange: rows.onRange,
    href,
    onOpen: open,
    empty,
  };

  return (
    <section className="list" aria-busy={rows.isPending || rows.isStale}>
      <header className="list-head">
        <h1>
          <ModuleIcon name={module.icon} size={18} />
          {moduleTitle(module)}
          {!rows.isPending && <span className="count">{t('list.count', { n: rows.total })}</span>}
          {deleted && <span className="tag tag-orange">{t('list.bin')}</span>}
        </h1>
        <div className="list-tools">
          <SearchBox
            ref={box}
            key={address.q === undefined ? 'none' : 'some'}
            value={address.q ?? ''}
            name={moduleTitle(module)}
            onChange={(q) => change({ q: q || undefined })}
          />
          <ColumnMenu
            module={module}
            catalog={catalog}
            shown={shown}
            bin={bin}
            onColumns={(columns) => change({ columns })}
          />
          {deleted && <ActionButton action={bin} size="xs" variant="default" />}
          {!create.disabled && <ActionButton action={create} size="xs" className="create-button" />}
        </div>
      </header>
      {views && !deleted && (
        <ViewBar module={module} views={views} view={view} shown={shown} onAddress={(next) => change(next, false)} />
      )}
      <FilterBar
        catalog={catalog}
        module={module}
        where={shown.where}
        error={rows.error}
        onChange={(where) => change({ where: where === (view?.where ?? '') ? undefined : where })}
      />
      {rows.error && rows.total === 0 ? (
        <Failure error={rows.error} onRetry={() => rows.refetch()} />
      ) : phone ? (
        <Cards {...common} />
      ) : (
        <Grid
          {...common}
          {...widths}
          sort={shown.sort}
          onSort={(sort) => change({ sort: sort === (view?.sort ?? '') ? undefined : sort })}
          selected={selected}
          onSelect={setSelected}
        />
      )}
      {selected.size > 0 && (
        <div className="selection" role="toolbar" aria-label={t('list.selection')}>
          <span>{t('list.selected', { n: selected.size })}</span>
          {deleted ? (
            <ActionButton action={restore} size="xs" />
          ) : (
            !remove.disabled && <ActionButton action={remove} size="xs" color="red" variant="light" />
          )}
          <Button size="xs" variant="subtle" color="gray" onClick={() => setSelected(new Set())}>
            {t('list.unselect')}
          </Button>
        </div>
      )}
    </section>
  );
}

type BoxProps = { value: string; name: string; onChange(q: string): void; ref: React.Ref<HTMLInputElement> };
function SearchBox({ value, name, onChange, ref }: BoxProps) {
  const [text, setText] = useState(value);
  const later = useDebouncedCallback(onChange, 250);
  return (
    <TextInput
      ref={ref}
      type="search"
      size="xs"
      className="search-box"
      leftSection={<Search size={14} />}
      placeholder={t('list.search')}
      aria-label={t('list.find', { name })}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        later(event.currentTarget.value.trim());
      }}
      onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
    />
  );
}
