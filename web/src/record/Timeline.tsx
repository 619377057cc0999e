/** What happened to a record: who, when, and each field from what to what, in words. */
import { Button, Skeleton } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { historyQuery } from '../api/records';
import type { Change, HistoryEntry, Module, Value } from '../api/types';
import { isNone, refTitle, typeOf } from '../fields';
import { type Key, t } from '../i18n';
import { ago, dateTime } from '../i18n/format';
import { Face } from '../modules/Face';
import { fieldLabel, fieldOf } from '../modules/queries';
import { Failure } from '../notice/Failure';

const OPS: { [op: string]: Key } = {
  create: 'history.create',
  update: 'history.update',
  delete: 'history.delete',
  restore: 'history.restore',
};
const WAYS: { [way: string]: Key } = {
  api: 'way.api',
  import: 'way.import',
  rule: 'way.rule',
  cli: 'way.cli',
  system: 'way.system',
};
/** A new record sets everything; a few lines are enough until somebody asks. */
const FEW = 6;

export function Timeline({ module, id, version }: { module: Module; id: number; version: number }) {
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage, refetch } = useInfiniteQuery(
    historyQuery(module.name, id),
  );
  if (error && !data) return <Failure small error={error} onRetry={() => refetch()} />;
  if (!data) return <Skeleton height={120} radius="md" />;
  const entries = data.pages.flatMap(({ history }) => history);
  if (entries.length === 0) return <p className="muted">{t('history.none')}</p>;
  return (
    <>
      <ol className="timeline" aria-label={t('history.title')} data-version={version}>
        {entries.map((entry) => (
          <Entry key={entry.seq} module={module} entry={entry} />
        ))}
      </ol>
      {hasNextPage && (
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          loading={isFetchingNextPage}
          onClick={() => fetchNextPage()}
        >
          {t('history.more')}
        </Button>
      )}
    </>
  );
}

function Entry({ module, entry }: { module: Module; entry: HistoryEntry }) {
  const [open, setOpen] = useState(false);
  const name = refTitle(entry.actor) || t('way.system');
  const way = WAYS[entry.way];
  const told = entry.changes.filter(({ from, to }) => !(isNone(from) && isNone(to)));
  const shown = open ? told : told.slice(0, FEW);
  return (
    <li>
      <Face name={name} size={22} />
      <div>
        <p>
          <b>{name}</b> {t(OPS[entry.op] ?? 'history.update')}
          {way && t(way) !== name && <span className="way">{t(way)}</span>}
          <time dateTime={entry.at} title={dateTime(entry.at)}>
            {ago(entry.at)}
          </time>
        </p>
        {shown.length > 0 && (
          <ul>
            {shown.map((change) => (
              <ChangeLine key={change.field} module={module} change={change} fresh={entry.op === 'create'} />
            ))}
          </ul>
        )}
        {told.length > shown.length && (
          <button type="button" className="link" onClick={() => setOpen(true)}>
            {t('history.all', { n: told.length - shown.length })}
          </button>
        )}
      </div>
    </li>
  );
}

function ChangeLine({ module, change, fresh }: { module: Module; change: Change; fresh: boolean }) {
  const field = fieldOf(module, change.field);
  const text = (value: Value) => (field ? typeOf(field).text(value, field) : plain(value)) || t('empty');
  return (
    <li>
      <span className="muted">{field ? fieldLabel(field) : change.field}</span>{' '}
      {!fresh && (
        <>
          <del>{text(change.from)}</del> <span aria-hidden>→</span> <span className="hidden">{t('history.to')}</span>
        </>
      )}
      <ins>{text(change.to)}</ins>
    </li>
  );
}
const plain = (value: Value) =>
  isNone(value) ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
