/** A dashboard: a period for the whole page, and tiles that follow it and every change of their records. */
import { ActionIcon, Button, SegmentedControl, Skeleton } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect } from 'react';
import { api } from '../api/client';
import { useMe } from '../api/session';
import { local, t, useLanguage } from '../i18n';
import { percent, today } from '../i18n/format';
import { useCatalog } from '../modules/queries';
import { Failure } from '../notice/Failure';
import { KINDS, type Kind, type Period, periodOf, step } from './period';
import { mayAsk } from './rights';
import { TileView } from './TileView';
import './dashboard.css';

const dashboardQuery = (name: string) =>
  queryOptions({
    queryKey: ['dashboards', name],
    queryFn: ({ signal }) => api('GET /dashboards/{name}', { path: { name }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export default function DashboardPage() {
  useLanguage();
  const { name } = useParams({ strict: false }) as { name: string };
  const search = useSearch({ strict: false }) as { period?: string; at?: string };
  const navigate = useNavigate();
  const { workspace } = useMe();
  const catalog = useCatalog();
  const { data, error, refetch } = useQuery(dashboardQuery(name));
  const now = today();
  const kind = KINDS.find((one) => one === search.period) ?? 'year';
  const at = /^\d{4}-\d{2}-\d{2}$/.test(search.at ?? '') ? (search.at as string) : now;
  const period = periodOf(kind, at, now, workspace.fiscal_start || 1);
  const title = local(data?.labels, name);
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  });
  const go = (next: { period?: string; at?: string }) =>
    navigate({ to: '.', search: { period: kind, at: search.at, ...next }, replace: true });

  const tiles = data?.tiles.filter(({ queries }) => Object.values(queries).every((query) => mayAsk(catalog, query)));

  if (error && !data) return <Failure error={error} onRetry={() => refetch()} />;
  return (
    <section className="dashboard" aria-label={title}>
      <header>
        <h1>{title}</h1>
        <PeriodPicker period={period} onKind={(next) => go({ period: next })} onAt={(next) => go({ at: next })} />
      </header>
      <div className="tiles">
        {!data &&
          [1, 2, 3, 4].map((one) => (
            <Skeleton key={one} className="tile" style={{ gridColumn: 'span 3' }} height={120} />
          ))}
        {tiles?.map((tile) => (
          <TileView key={tile.name} tile={tile} period={period} today={now} />
        ))}
      </div>
    </section>
  );
}

type PickerProps = { period: Period; onKind(kind: Kind): void; onAt(at: string | undefined): void };
function PeriodPicker({ period, onKind, onAt }: PickerProps) {
  return (
    <div className="period" role="group" aria-label={t('dashboard.period')}>
      {period.current && (
        <span className="elapsed">{t('dashboard.elapsed', { percent: percent(period.elapsed, 0) })}</span>
      )}
      <span className="period-step">
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('dashboard.before')}
          onClick={() => onAt(step(period, -1))}
        >
          <ChevronLeft size={16} />
        </ActionIcon>
        <strong aria-live="polite">{period.label}</strong>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('dashboard.after')}
          onClick={() => onAt(step(period, 1))}
        >
          <ChevronRight size={16} />
        </ActionIcon>
      </span>
      {!period.current && (
        <Button size="compact-sm" variant="subtle" onClick={() => onAt(undefined)}>
          {t('dashboard.now')}
        </Button>
      )}
      <SegmentedControl
        size="xs"
        aria-label={t('dashboard.period')}
        value={period.kind}
        onChange={(value) => onKind(value as Kind)}
        data={KINDS.map((kind) => ({ value: kind, label: t(`dashboard.${kind}`) }))}
      />
    </div>
  );
}
