/** Brings single rows of a long list up to date where they stand, instead of loading all of its pages again. */
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { api } from './client';
import type { ListSearch } from './records';
import type { RecordPage, Row } from './types';

export type PatchKey = readonly ['rows', string, ListSearch];
type Pages = InfiniteData<RecordPage, string>;
const MOST = 200;

export async function patchRows(client: QueryClient, key: PatchKey, ids: number[]) {
  const data = client.getQueryData<Pages>(key);
  const wanted = new Set(ids);
  const here =
    data?.pages.flatMap(({ records }) => records.filter(({ id }) => wanted.has(id)).map(({ id }) => id)) ?? [];
  if (here.length === 0) return;
  const [, module, { fields, deleted }] = key;
  const fresh = new Map<number, Row>();
  try {
    const { records } = await api('GET /records/{m}', {
      path: { m: module },
      query: { ids: here.slice(0, MOST).join(','), fields, deleted, limit: MOST },
    });
    for (const row of records) fresh.set(row.id, row);
  } catch {
    return;
  }
  client.setQueryData<Pages>(
    key,
    (old) =>
      old && {
        ...old,
        pages: old.pages.map((page) =>
          page.records.some(({ id }) => fresh.has(id))
            ? { ...page, records: page.records.map((row) => fresh.get(row.id) ?? row) }
            : page,
        ),
      },
  );
}
