/** One tile: asks its queries for the period and hands the figures to the shape that the tile has. */
import { Skeleton } from '@mantine/core';
import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { useCallback } from 'react';
import { api } from '../api/client';
import type { Query, Table, Tile } from '../api/types';
import { currentLanguage, local } from '../i18n';
import { useCatalog } from '../modules/queries';
import { Failure } from '../notice/Failure';
import { Attainment } from './Attainment';
import { ChartTile } from './ChartTile';
import { placeOf } from './drill';
import { FigureTable } from './FigureTable';
import { Kpi } from './Kpi';
import type { Period } from './period';
import { askedFor, type Figure, join, ordered } from './tile';

export type TileProps = {
  tile: Tile;
  title: string;
  period: Period;
  today: string;
  figures: Figure[];
  types: { [column: string]: string };
  placeOf(figure: Figure): { module: string; where: string } | undefined;
};

const shapes = { kpi: Kpi, line: ChartTile, bar: ChartTile, table: FigureTable, attainment: Attainment };

export function TileView({ tile, period, today }: { tile: Tile; period: Period; today: string }) {
  const catalog = useCatalog();
  const names = Object.keys(tile.queries);
  const bodies = names.map((name) => askedFor(tile.queries[name] as Query, period, today));
  const answers = useQueries({
    queries: bodies.map((body) => ({
      queryKey: ['query', body, currentLanguage()],
      queryFn: ({ signal }: { signal: AbortSignal }) => api('POST /query', { body, signal }),
      placeholderData: keepPreviousData,
      staleTime: 60_000,
    })),
  });
  const failed = answers.find(({ error, data }) => error && !data);
  const waiting = answers.some(({ data }) => !data);
  const tables: { [name: string]: Table | undefined } = {};
  names.forEach((name, i) => {
    tables[name] = answers[i]?.data;
  });
  const known = Object.fromEntries(
    Object.entries(tables).flatMap(([query, table]) =>
      (table?.columns ?? []).map(({ name, type }) => [query === 'before' && name !== tile.by ? 'before' : name, type]),
    ),
  );
  const types = { ...known, ...tile.types };
  const first = bodies[0];
  const place = useCallback(
    (figure: Figure) => first && placeOf(catalog, first, tile.by, figure.name),
    [catalog, first, tile.by],
  );
  const Shape = shapes[tile.type] ?? FigureTable;
  const title = local(tile.labels, tile.name);
  const shown = { period, today, tile, title, types, placeOf: place };
  return (
    <section
      className={`tile tile-${tile.type}`}
      data-tall={(tile.height ?? 1) > 1 || undefined}
      style={{ '--span': tile.width ?? 6 } as React.CSSProperties}
      aria-label={title}
      aria-busy={waiting}
    >
      {failed ? (
        <>
          <h2>{title}</h2>
          <Failure small error={failed.error} onRetry={() => failed.refetch()} />
        </>
      ) : waiting ? (
        <>
          <h2>{title}</h2>
          <Skeleton height="60%" mt={8} />
        </>
      ) : (
        <Shape {...shown} figures={ordered(tile, join(tile, tables))} />
      )}
    </section>
  );
}
