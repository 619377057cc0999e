/** One record: what it is at the top, its form, its line items and related lists, and beside them what happened to it. */
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { isStatus } from '../api/client';
import { type Rows, recordQuery } from '../api/records';
import type { Module } from '../api/types';
import { titleOf } from '../fields';
import { t, useLanguage } from '../i18n';
import { fieldOf, moduleSingular, useModule } from '../modules/queries';
import { Failure } from '../notice/Failure';
import { RecordView } from './RecordView';
import './record.css';

export default function RecordPage() {
  useLanguage();
  const { module: name, id } = useParams({ strict: false }) as { module: string; id?: string };
  const module = useModule(name);
  if (!module) return <Failure title={t('error.noModule', { name })} />;
  if (id === undefined || id === 'new') return <NewRecord key={name} module={module} />;
  return <OneRecord key={`${name} ${id}`} module={module} id={Number(id)} />;
}

function OneRecord({ module, id }: { module: Module; id: number }) {
  const { data, error, refetch } = useQuery(recordQuery(module.name, id));
  useTitle(data ? titleOf(module, data) : '', module);
  if (error && (!data || isStatus(error, 404))) return <Failure error={error} onRetry={() => refetch()} />;
  if (!data) return <Waiting />;
  return <RecordView module={module} row={data} />;
}

/** The address may carry first values: ?partner=42 from a partner's list of orders. */
function NewRecord({ module }: { module: Module }) {
  const search = useSearch({ strict: false }) as { [name: string]: unknown };
  useTitle(t('record.new', { name: moduleSingular(module) }), module);
  const initial: Rows = {};
  for (const [name, given] of Object.entries(search)) {
    const field = fieldOf(module, name);
    if (!field || typeof given !== 'string') continue;
    initial[name] = field.module && /^\d+$/.test(given) ? { id: Number(given) } : given;
  }
  return <RecordView module={module} row={undefined} initial={initial} />;
}

function useTitle(title: string, module: Module) {
  useEffect(() => {
    document.title = `${title || moduleSingular(module)} · ${t('app.name')}`;
  });
}

function Waiting() {
  return (
    <div className="record" aria-busy>
      <div className="record-head">
        <Skeleton height={22} width={260} />
      </div>
      <div className="record-body">
        <div className="record-main">
          <Skeleton height={220} radius="md" />
          <Skeleton height={160} radius="md" mt="md" />
        </div>
        <div className="record-side">
          <Skeleton height={300} radius="md" />
        </div>
      </div>
    </div>
  );
}
