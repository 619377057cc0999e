import { afterEach, expect, test, vi } from 'vitest';
import { ApiError, api, newKey, watchCalls } from './client';

const answer = (status: number, body?: unknown, headers: { [name: string]: string } = {}) =>
  new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
afterEach(() => {
  vi.unstubAllGlobals();
  watchCalls({ signIn: async () => false, reached: () => {} });
});
const serve = (...answers: Array<Response | Error>) => {
  const calls = vi.fn(async (_: string, __: RequestInit) => {
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next as Response;
  });
  vi.stubGlobal('fetch', calls);
  return calls;
};

test('the address is filled in, values are escaped, empty ones left out', async () => {
  const calls = serve(answer(200, { records: [], next: null }));
  await api('GET /records/{m}', { path: { m: '门店' }, query: { where: 'a = "b&c"', q: '', limit: 5, count: true } });
  expect(calls.mock.calls[0]?.[0]).toBe(
    '/api/v1/records/%E9%97%A8%E5%BA%97?where=a+%3D+%22b%26c%22&limit=5&count=true',
  );
});

test('version and key travel as headers', async () => {
  const calls = serve(answer(200, { id: 1, version: 4 }));
  await api('PATCH /records/{m}/{id}', { path: { m: 'a', id: 1 }, body: { x: 1 }, version: 3, key: 'k' });
  expect(calls.mock.calls[0]?.[1]).toMatchObject({
    method: 'PATCH',
    body: '{"x":1}',
    headers: { 'if-match': '"3"', 'idempotency-key': 'k' },
  });
});

test('a refusal carries its problems and its number', async () => {
  serve(
    answer(
      422,
      { title: 'Wrong', detail: 'Look', problems: [{ field: 'a', message: 'no' }] },
      { 'content-type': 'application/problem+json', 'x-request-id': 'r7' },
    ),
  );
  const error = await api('GET /modules', {}).catch((one) => one);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    status: 422,
    message: 'Look',
    problems: [{ field: 'a', message: 'no' }],
    requestId: 'r7',
  });
});

test('an ended session is asked for, and the call goes on', async () => {
  const signIn = vi.fn(async () => true);
  watchCalls({ signIn, reached: () => {} });
  const calls = serve(answer(401, {}), answer(200, { modules: [], version: 1 }));
  expect(await api('GET /modules', {})).toEqual({ modules: [], version: 1 });
  expect([signIn.mock.calls.length, calls.mock.calls.length]).toEqual([1, 2]);
});

test('a server that cannot be reached is no refusal', async () => {
  const reached = vi.fn();
  watchCalls({ signIn: async () => false, reached });
  serve(new TypeError('network'));
  expect(await api('GET /modules', {}).catch((one) => one)).toMatchObject({ status: 0 });
  expect(reached).toHaveBeenLastCalledWith(false);
});

test('a broken answer is an error, not a crash', async () => {
  serve(new Response('<html>', { status: 502, headers: { 'content-type': 'text/html' } }));
  expect(await api('GET /modules', {}).catch((one) => one)).toMatchObject({ status: 502 });
});

test('keys differ', () => expect(new Set(Array.from({ length: 100 }, newKey)).size).toBe(100));
