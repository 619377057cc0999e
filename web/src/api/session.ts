/** Who is signed in. A session that ends while somebody works asks for the password over the page and goes on. */
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { currentLanguage, languageWasChosen, setLanguage } from '../i18n';
import { setWorkspace } from '../i18n/format';
import { ApiError, api, isStatus, watchCalls } from './client';
import type { Me } from './types';

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }): Promise<Me | null> => {
    // Who never signed in here is not asked about: a refused call would only fill the browser's console.
    if (!wasHere.get()) return null;
    try {
      const me = await api('GET /me', { signal });
      await arrive(me);
      return me;
    } catch (error) {
      if (!isStatus(error, 401)) throw error;
      wasHere.set(false);
      return null;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});
/** The cookie itself cannot be seen by pages; this says whether one was given to this browser. */
const wasHere = {
  get() {
    try {
      return localStorage.getItem('qudao.here') === '1';
    } catch {
      return true;
    }
  },
  set(here: boolean) {
    try {
      if (here) localStorage.setItem('qudao.here', '1');
      else localStorage.removeItem('qudao.here');
    } catch {
      // Without storage the server is asked each time.
    }
  },
};

/** The workspace's zone and currency, and the person's language unless another was chosen just now. */
async function arrive({ user, workspace }: Me) {
  setWorkspace(workspace);
  const known = user.locale === 'en' || user.locale === 'zh-CN' ? user.locale : undefined;
  if (languageWasChosen() && known !== currentLanguage())
    await api('PATCH /me', { body: { locale: currentLanguage() } }).catch(() => undefined);
  else if (known && known !== currentLanguage()) await setLanguage(known);
}
/** The signed-in person; only for components inside the shell, where there is one. */
export function useMe(): Me {
  const { data } = useQuery(meQuery);
  if (!data) throw new Error('useMe outside of a session');
  return data;
}

// Small stores: has the session ended, and does the server answer.
function store<T>(value: T) {
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next: T) {
      if (next === value) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
const expired = store(false);
const reachable = store(true);
export const useExpired = () => useSyncExternalStore(expired.subscribe, expired.get);
export const useReachable = () => useSyncExternalStore(reachable.subscribe, reachable.get);
export const setReachable = reachable.set;

let waiting: Array<(again: boolean) => void> = [];
watchCalls({
  signIn() {
    expired.set(true);
    return new Promise((resolve) => waiting.push(resolve));
  },
  reached: reachable.set,
});
/** The event stream was refused: look whether the session is over. */
export async function checkSession() {
  try {
    await api('GET /me', {});
  } catch (error) {
    if (isStatus(error, 401)) expired.set(true);
  }
}

export function useSignIn() {
  const client = useQueryClient();
  return async (email: string, password: string) => {
    const before = client.getQueryData<Me | null>(meQuery.queryKey);
    const me = await api('POST /session', { body: { email, password } });
    // Somebody else must not send what the first person typed.
    if (before && before.user.id !== me.user.id) {
      window.location.reload();
      return;
    }
    wasHere.set(true);
    await arrive(me);
    client.setQueryData(meQuery.queryKey, me);
    expired.set(false);
    const calls = waiting;
    waiting = [];
    for (const again of calls) again(true);
    if (before) client.invalidateQueries();
  };
}

export async function signOut() {
  try {
    await api('DELETE /session', {});
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 0) throw error;
  }
  wasHere.set(false);
  window.location.assign('/');
}
