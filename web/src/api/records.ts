/** Records: one, many by keyset pages, written, deleted and brought back; every write refreshes what shows it. */
import {
  infiniteQueryOptions,
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { api, newKey } from './client';
import type { RecordPage, RecordSearch, Row, Value } from './types';

export type Rows = { [name: string]: Value };

/** The first page is what fits a screen; later ones are the largest, so a long scroll needs few calls. */
const FIRST_PAGE = 100;
const NEXT_PAGE = 1000;

export type ListSearch = Pick<RecordSearch, 'where' | 'q' | 'sort' | 'fields' | 'deleted'>;

export const rowsQuery = (module: string, search: ListSearch) =>
  infiniteQueryOptions({
    queryKey: ['rows', module, search],
    queryFn: ({ pageParam, signal }) =>
      api('GET /records/{m}', {
        path: { m: module },
        query: pageParam
          ? { ...search, cursor: pageParam, limit: NEXT_PAGE }
          : { ...search, limit: FIRST_PAGE, count: true },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (last: RecordPage) => last.next ?? undefined,
    placeholderData: keepPreviousData,
  });

/** A short list: related records, pickers. */
export const pageQuery = (module: string, search: RecordSearch) =>
  queryOptions({
    queryKey: ['page', module, search],
    queryFn: ({ signal }) => api('GET /records/{m}', { path: { m: module }, query: search, signal }),
  });

export const recordQuery = (module: string, id: number) =>
  queryOptions({
    queryKey: ['record', module, id],
    queryFn: ({ signal }) => api('GET /records/{m}/{id}', { path: { m: module, id }, signal }),
  });

export const historyQuery = (module: string, id: number) =>
  infiniteQueryOptions({
    queryKey: ['history', module, id],
    queryFn: ({ pageParam, signal }) =>
      api('GET /records/{m}/{id}/history', {
        path: { m: module, id },
        query: { limit: 20, cursor: pageParam || undefined },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next ?? undefined,
  });

/** After a change of records of a module: what shows the module, or counts it, asks again. */
export function recordsChanged(client: QueryClient, module: string, ids?: number[]) {
  client.invalidateQueries({ queryKey: ['rows', module] });
  client.invalidateQueries({ queryKey: ['page', module] });
  client.invalidateQueries({ queryKey: ['query'] });
  if (!ids) client.invalidateQueries({ queryKey: ['record', module] });
  for (const id of ids ?? []) {
    client.invalidateQueries({ queryKey: ['record', module, id] });
    client.invalidateQueries({ queryKey: ['history', module, id] });
  }
}

export type Save = { id?: number; version?: number; values: Rows; key?: string };

export function useSave(module: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, version, values, key = newKey() }: Save): Promise<Row> =>
      id === undefined
        ? api('POST /records/{m}', { path: { m: module }, body: values, key })
        : api('PATCH /records/{m}/{id}', { path: { m: module, id }, body: values, version, key }),
    onSuccess: (row) => {
      client.setQueryData(recordQuery(module, row.id).queryKey, row);
      recordsChanged(client, module, [row.id]);
    },
  });
}

/** Moves records to the recycle bin, or back; answers how many went and the first refusal. */
export function useMove(module: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ ids, back }: { ids: number[]; back: boolean }) => {
      const done: number[] = [];
      let refused: unknown;
      for (const id of ids) {
        try {
          if (back) await api('POST /records/{m}/{id}/restore', { path: { m: module, id } });
          else await api('DELETE /records/{m}/{id}', { path: { m: module, id } });
          done.push(id);
        } catch (error) {
          refused ??= error;
        }
      }
      return { done, refused };
    },
    onSettled: (result) => recordsChanged(client, module, result?.done),
  });
}
