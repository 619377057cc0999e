/**
 * One event stream for all tabs of the browser: the tab that holds the lock listens and tells the others, so ten tabs
 * cost the server one connection and the browser one of its six. Without locks (plain http) each tab has its own.
 */
import type { QueryClient } from '@tanstack/react-query';
import { BASE } from './client';
import { type PatchKey, patchRows } from './patch';
import { recordQuery } from './records';
import { checkSession, setReachable } from './session';
import type { Row } from './types';

export type Live = 'connecting' | 'open' | 'lost';
type Told = { kind: 'change'; module: string; id: number } | { kind: 'catalog' } | { kind: 'state'; state: Live };

/** Changes are gathered this long: an import of thousands of rows refreshes the page a few times, not thousands. */
const GATHER_MS = 350;
/** The first words of the queries that records are read by. */
const RECORDS = new Set<unknown>(['rows', 'page', 'record', 'history', 'query']);
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];

let state: Live = 'connecting';
const listeners = new Set<() => void>();
export const live = {
  get: () => state,
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
};
function setState(next: Live) {
  if (state === next) return;
  state = next;
  for (const listener of listeners) listener();
}

/** Starts listening until the returned function is called. */
export function startLive(client: QueryClient): () => void {
  const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('qudao.live');
  const stop = new AbortController();
  const gathered = gather(client);
  let opened = false;
  const hear = (told: Told) => {
    if (told.kind === 'state') {
      // What was missed while the stream was away is asked for again, and what was read before it was there.
      if (told.state === 'open' && state === 'lost') client.invalidateQueries();
      else if (told.state === 'open' && !opened)
        client.invalidateQueries({ predicate: ({ queryKey }) => RECORDS.has(queryKey[0]) });
      opened ||= told.state === 'open';
      setState(told.state);
    } else gathered(told);
  };
  const tell = (told: Told) => {
    channel?.postMessage(told);
    hear(told);
  };
  channel?.addEventListener('message', ({ data }) => hear(data as Told));
  const lead = () => listen(tell, stop.signal);
  if (navigator.locks && channel) {
    // A follower learns from the next event that the stream is open; until then it believes so.
    setTimeout(() => state === 'connecting' && setState('open'), 1500);
    navigator.locks.request('qudao.live', { signal: stop.signal }, lead).catch(() => {});
  } else lead();
  return () => {
    stop.abort();
    channel?.close();
  };
}

function listen(tell: (told: Told) => void, signal: AbortSignal): Promise<void> {
  let tries = 0;
  return new Promise((done) => {
    let stream: EventSource | undefined;
    const open = () => {
      if (signal.aborted) return;
      stream = new EventSource(`${BASE}/events`);
      stream.onopen = () => {
        tries = 0;
        setReachable(true);
        tell({ kind: 'state', state: 'open' });
      };
      stream.onerror = () => {
        tell({ kind: 'state', state: 'lost' });
        if (stream?.readyState !== EventSource.CLOSED) return;
        // Refused for good: the session is over, or the server is being replaced.
        checkSession();
        setTimeout(open, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
      };
      stream.addEventListener('change', (event) => {
        const { module, id } = JSON.parse(event.data) as { module: string; id: number };
        tell({ kind: 'change', module, id });
      });
      stream.addEventListener('catalog', () => tell({ kind: 'catalog' }));
    };
    open();
    signal.addEventListener('abort', () => {
      stream?.close();
      done();
    });
  });
}

function gather(client: QueryClient) {
  let _timer: ReturnType<typeof setTimeout> | undefined;
  let catalog = false;
  const changed = new Map<string, Set<number>>();
  const flush = () => {
    _timer = undefined;
    if (catalog) {
      client.invalidateQueries({ queryKey: ['catalog'] });
      client.invalidateQueries({ queryKey: ['views'] });
      client.invalidateQueries({ queryKey: ['dashboards'] });
    }
    for (const [module, ids] of changed) refresh(client, module, [...ids]);
    catalog = false;
    changed.clear();
  };
  return (told: Told) => {
    if (told.kind === 'catalog') catalog = true;
    if (told.kind === 'change') changed.set(told.module, (changed.get(told.module) ?? new Set()).add(told.id));
    _timer ??= setTimeout(flush, GATHER_MS);
  };
}

/** A list that was scrolled far down is not loaded anew from its start: only the changed rows in it are. */
const MANY_PAGES = 4;
function refresh(client: QueryClient, module: string, ids: number[]) {
  for (const query of client.getQueryCache().findAll({ queryKey: ['rows', module] })) {
    const data = query.state.data as { pages: Array<{ records: Row[] }> } | undefined;
    if (data && data.pages.length > MANY_PAGES) {
      patchRows(client, query.queryKey as PatchKey, ids);
    } else client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  }
  client.invalidateQueries({ queryKey: ['page', module] });
  client.invalidateQueries({ queryKey: ['query'] });
  for (const id of ids) {
    client.invalidateQueries({ queryKey: recordQuery(module, id).queryKey });
    client.invalidateQueries({ queryKey: ['history', module, id] });
  }
}
