/** The rows of a list, loaded by keyset pages as far as somebody scrolls. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { type ListSearch, rowsQuery } from '../../api/records';
import type { Row } from '../../api/types';

export function useRows(module: string, search: ListSearch) {
  const {
    data,
    hasNextPage,
    isFetchingNextPage,
    fetchNextPage,
    error,
    isPending,
    isPlaceholderData,
    isFetching,
    refetch,
  } = useInfiniteQuery(rowsQuery(module, search));
  const rows = useMemo(() => {
    const all: Row[] = [];
    for (const page of data?.pages ?? []) for (const row of page.records) all.push(row);
    return all;
  }, [data]);
  const counted = data?.pages[0]?.total;
  // The count was taken with the first page; what came since is believed more.
  const total = hasNextPage ? Math.max(counted ?? 0, rows.length + 1) : rows.length;

  const wanted = useRef(0);
  const more = useCallback(() => {
    if (wanted.current >= rows.length && hasNextPage && !isFetchingNextPage && !isPlaceholderData) fetchNextPage();
  }, [rows.length, hasNextPage, isFetchingNextPage, isPlaceholderData, fetchNextPage]);
  const onRange = useCallback(
    (to: number) => {
      wanted.current = to;
      more();
    },
    [more],
  );
  // One page follows another until the rows on screen are there.
  useEffect(more, [more]);

  return {
    total,
    row: useCallback((index: number): Row | undefined => rows[index], [rows]),
    onRange,
    error: error ?? undefined,
    isPending,
    isStale: isPlaceholderData && isFetching,
    refetch,
  };
}
