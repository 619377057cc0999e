/** Calls the server. The address, parameters and answer of every call are checked against `types.ts`. */
import { currentLanguage } from '../i18n/language';
import type { Api, Problem, ProblemDocument, Row } from './types';

export const BASE = '/api/v1';
const DEADLINE_MS = 30_000;

type Name = keyof Api;
type Parameters<C extends Name> = (keyof Api[C]['path'] extends never
  ? { path?: undefined }
  : { path: Api[C]['path'] }) &
  (Record<never, never> extends Api[C]['query'] ? { query?: Api[C]['query'] } : { query: Api[C]['query'] }) &
  ([Api[C]['body']] extends [never] ? { body?: undefined } : { body: Api[C]['body'] }) & {
    signal?: AbortSignal;
    version?: number;
    /** Sent as Idempotency-Key: the same key again gives the first answer, so a lost answer may be asked for twice. */
    key?: string;
  };

/** An answer that is not 2xx, or none at all (`status` 0: the server cannot be reached). */
export class ApiError extends Error {
  readonly problems: Problem[];
  readonly current?: Row;
  constructor(
    readonly status: number,
    readonly document: ProblemDocument,
    readonly requestId?: string,
    readonly retryAfter?: number,
  ) {
    super(document.detail || document.title || `HTTP ${status}`);
    this.problems = document.problems ?? [];
    this.current = document.current;
  }
}
export const isOffline = (error: unknown) => error instanceof ApiError && error.status === 0;
export const isStatus = (error: unknown, status: number): error is ApiError =>
  error instanceof ApiError && error.status === status;

type Watcher = {
  /** Asks the person to sign in again; true: done, try the call once more. */
  signIn(): Promise<boolean>;
  reached(online: boolean): void;
};
let watcher: Watcher = { signIn: async () => false, reached: () => {} };
export const watchCalls = (next: Watcher) => {
  watcher = next;
};

export async function api<C extends Name>(call: C, parameters: Parameters<C>): Promise<Api[C]['answer']> {
  const [method = 'GET', template = ''] = call.split(' ');
  const { path, query, body, version, key, signal } = parameters as {
    path?: { [name: string]: string | number };
    query?: { [name: string]: string | number | boolean | undefined };
    body?: unknown;
    version?: number;
    key?: string;
    signal?: AbortSignal;
  };
  const address = BASE + template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path?.[name])));
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const headers: { [name: string]: string } = { accept: 'application/json', 'accept-language': currentLanguage() };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (version !== undefined) headers['if-match'] = `"${version}"`;
  if (key) headers['idempotency-key'] = key;
  const request = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  const url = given.length ? `${address}?${search}` : address;

  let response = await send(url, request, signal);
  const signingIn = template === '/session' || call === 'GET /me' || template === '/me/password';
  if (response.status === 401 && !signingIn && (await watcher.signIn())) response = await send(url, request, signal);
  return read(response);
}

async function send(url: string, request: RequestInit, signal?: AbortSignal): Promise<Response> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  try {
    const response = await fetch(url, {
      ...request,
      credentials: 'same-origin',
      signal: signal ? anyOf(signal, deadline) : deadline,
    });
    watcher.reached(true);
    return response;
  } catch (error) {
    if (signal?.aborted) throw error;
    watcher.reached(false);
    throw new ApiError(0, { title: deadline.aborted ? 'timeout' : 'offline' });
  }
}

function anyOf(a: AbortSignal, b: AbortSignal): AbortSignal {
  if ('any' in AbortSignal) return AbortSignal.any([a, b]);
  const both = new AbortController();
  for (const one of [a, b]) one.addEventListener('abort', () => both.abort(one.reason), { once: true });
  return both.signal;
}

async function read(response: Response) {
  const json = response.headers.get('content-type')?.includes('json');
  const text = response.status === 204 ? '' : await response.text();
  let answer: unknown;
  try {
    answer = json && text ? JSON.parse(text) : undefined;
  } catch {
    answer = undefined;
  }
  if (response.ok) return answer as never;
  const document = (answer ?? { title: response.statusText }) as ProblemDocument;
  const wait = Number(response.headers.get('retry-after'));
  throw new ApiError(
    response.status,
    document,
    response.headers.get('x-request-id') ?? document.trace,
    Number.isFinite(wait) && wait > 0 ? wait : undefined,
  );
}

/** A key that no other call has; works on plain http too, where randomUUID is missing. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
