/**
 * Speaks the REST API from memory, and serves dist/ under the server's security headers, so that pages can be tested
 * where there is no server binary. Started by the tests, or by hand: node tests/mock/server.mjs 8091
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fill, loadModules } from './data.mjs';
import { evaluate, FormulaError, parse } from './formula.mjs';
import { Store } from './store.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, '../../dist');
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};
export const CSP =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'";

const fail = (status, more) => Object.assign(new Error(String(status)), { status, ...more });

export function mock({ today = new Date().toISOString().slice(0, 10), orders } = {}) {
  const app = loadModules(join(here, '../../../app'));
  const store = new Store(app, today);
  fill(store, today, orders);
  const sessions = new Map();
  const views = app.views.map((view, i) => ({ id: i + 1, ...view }));
  const keys = new Map();
  let tries = 0;
  const me = () => {
    const user = store.raw('user', store.me);
    return {
      user: {
        id: user.id,
        name: user.name,
        email: user.email,
        locale: user.locale,
        roles: ['administrator'],
        partner: null,
        admin: true,
      },
      workspace: { name: '华远电气', zone: 'Asia/Shanghai', currency: 'CNY', locale: 'zh-CN', fiscal_start: 1 },
    };
  };
  const row = (m, id, gone) => {
    const found = store.raw(m, Number(id));
    if (!app.byName.has(m) || !found || (found.deleted_at && !gone)) throw fail(404, { title: 'Not found' });
    return found;
  };

  const calls = {
    'GET /me': () => me(),
    'PATCH /me': ({ body }) => Object.assign(store.raw('user', store.me), body) && me(),
    'GET /modules': () => ({ modules: app.modules, version: 1 }),
    'GET /views': ({ query }) => ({ views: views.filter(({ module }) => module === query.module) }),
    'POST /views': ({ body }) => views[views.push({ id: views.length + 1, ...body }) - 1],
    'PATCH /views/:id': ({ id, body }) =>
      Object.assign(
        views.find((one) => one.id === Number(id)),
        body,
      ),
    'DELETE /views/:id': ({ id }) =>
      void views.splice(
        views.findIndex((one) => one.id === Number(id)),
        1,
      ),
    'GET /dashboards': () => ({ dashboards: app.dashboards.map(({ name, labels }) => ({ name, labels })) }),
    'GET /dashboards/:id': ({ id }) =>
      app.dashboards.find(({ name }) => name === id) ??
      (() => {
        throw fail(404);
      })(),
    'GET /records/:m': ({ m, query }) => {
      if (!app.byName.has(m)) throw fail(404);
      const found = store.rows(m, query);
      const from = Number(query.cursor ?? 0);
      const limit = Number(query.limit ?? 50);
      const page = found.slice(from, from + limit).map((one) => store.whole(m, one, query.fields?.split(',')));
      return {
        records: page,
        next: from + limit < found.length ? String(from + limit) : null,
        ...(query.count && { total: found.length }),
      };
    },
    'POST /records/:m': ({ m, body, key }) => {
      const made = (key && keys.get(key)) ?? store.write(m, undefined, body);
      if (key) keys.set(key, made);
      return store.whole(m, made);
    },
    'GET /records/:m/:id': ({ m, id }) => store.whole(m, row(m, id, true)),
    'PATCH /records/:m/:id': ({ m, id, body, version }) => {
      const old = row(m, id);
      if (version !== undefined && version !== old.version)
        throw fail(409, { title: 'Stale', detail: 'Somebody else changed this record.', current: store.whole(m, old) });
      return store.whole(m, store.write(m, old.id, body));
    },
    'DELETE /records/:m/:id': ({ m, id }) => void store.move(m, row(m, id), false),
    'POST /records/:m/:id/restore': ({ m, id }) => {
      store.move(m, row(m, id, true), true);
      return store.whole(m, row(m, id));
    },
    'GET /records/:m/:id/history': ({ m, id }) => ({ history: store.history.get(`${m} ${id}`) ?? [], next: null }),
    'GET /search': ({ query }) => ({
      hits: app.modules
        .flatMap((module) =>
          module.system || module.line
            ? []
            : store
                .rows(module.name, { q: query.q })
                .slice(0, 4)
                .map((one) => ({
                  module: module.name,
                  id: one.id,
                  title: store.title(module.name, one),
                  field: null,
                  text: '',
                })),
        )
        .slice(0, Number(query.limit ?? 20)),
    }),
    'POST /query': ({ body }) => store.query(body),
    'POST /formula': ({ body }) => {
      const value = evaluate(parse(body.formula), {
        read: (path, at) => store.read(body.module, body.record ?? {}, path, at),
        today,
        me: store.me,
      });
      return { value: value?.error ?? value, type: typeof value };
    },
  };
  const routes = Object.entries(calls).map(([name, perform]) => {
    const [method, path] = name.split(' ');
    return { method, parts: path.split('/'), perform };
  });

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://mock');
    if (!url.pathname.startsWith('/api/v1/')) return page(url.pathname, response);
    const answer = (status, body, headers = {}) => {
      const type = status >= 400 ? 'application/problem+json' : 'application/json';
      response.writeHead(status, {
        'content-type': type,
        'cache-control': 'no-store',
        'x-request-id': `r${++store.seq}`,
        ...headers,
      });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = text ? JSON.parse(text) : undefined;
    const path = url.pathname.slice('/api/v1'.length);
    const cookie = /qudao_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    try {
      if (path === '/session' && request.method === 'POST') {
        if (++tries > 8) return answer(429, { title: 'Too many requests' }, { 'retry-after': '30' });
        if (body.password !== 'demo' || body.email !== 'admin@example.com') return answer(401, { title: 'Wrong' });
        tries = 0;
        const token = `s${sessions.size + 1}`;
        sessions.set(token, store.me);
        return answer(200, me(), { 'set-cookie': `qudao_session=${token}; HttpOnly; SameSite=Lax; Path=/` });
      }
      if (!sessions.has(cookie)) return answer(401, { title: 'Please sign in' });
      if (path === '/session') {
        sessions.delete(cookie);
        return answer(204);
      }
      if (path === '/events') return events(response);
      const parts = path.split('/');
      const route = routes.find(
        (one) =>
          one.method === request.method &&
          one.parts.length === parts.length &&
          one.parts.every((part, i) => part.startsWith(':') || part === parts[i]),
      );
      if (!route) return answer(404, { title: 'Not found' });
      const named = Object.fromEntries(
        route.parts.flatMap((part, i) => (part.startsWith(':') ? [[part.slice(1), decodeURIComponent(parts[i])]] : [])),
      );
      const version = request.headers['if-match'] && Number(request.headers['if-match'].replaceAll('"', ''));
      const result = route.perform({
        ...named,
        body,
        version: version || undefined,
        key: request.headers['idempotency-key'],
        query: Object.fromEntries(url.searchParams),
      });
      answer(result === undefined ? 204 : request.method === 'POST' && route.parts.length === 3 ? 201 : 200, result);
    } catch (error) {
      if (error instanceof FormulaError)
        return answer(422, {
          title: 'Wrong formula',
          detail: error.message,
          problems: [{ field: String(error.at), code: error.code, message: error.message }],
        });
      if (!error.status) console.error(error);
      const { status = 500, problems, current, title = 'Error', detail } = error;
      answer(status, { title, detail, status, problems, current });
    }
  });
  function events(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 500\n\n');
    const listener = (name, data) => response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    store.listeners.add(listener);
    response.on('close', () => store.listeners.delete(listener));
  }
  function page(path, response) {
    let file = join(dist, normalize(path));
    const known = existsSync(file) && statSync(file).isFile();
    if (!known) file = join(dist, 'index.html');
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': CSP,
      'x-content-type-options': 'nosniff',
      'cache-control': known && path.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-cache',
    });
    response.end(readFileSync(file));
  }
  return {
    store,
    sessions,
    listen: (port = 0) =>
      new Promise((resolve) =>
        server.listen(port, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`)),
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(await mock().listen(Number(process.argv[2] ?? 8091)), 'admin@example.com / demo');
