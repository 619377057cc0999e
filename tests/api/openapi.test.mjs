// The OpenAPI document: well formed without asking any linter on the net, and true: answers have the shapes that it promises.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { running } from './server.mjs';

const L = { en: 'Thing', 'zh-CN': '东西' };
const options = [{ code: 'a', labels: L }, { code: 'b', labels: L }];
const fields = [
  { name: 'text', type: 'text', labels: L, help: L }, { name: 'long_text', type: 'long_text' }, { name: '整数', type: 'integer' }, { name: 'decimal', type: 'decimal' },
  { name: 'money', type: 'money' }, { name: 'percent', type: 'percent' }, { name: 'boolean', type: 'boolean' }, { name: 'date', type: 'date' },
  { name: 'datetime', type: 'datetime' }, { name: 'choice', type: 'choice', options }, { name: 'choices', type: 'choices', options },
  { name: 'relation', type: 'relation', module: 'department' }, { name: 'relations', type: 'relations', module: 'department' }, { name: 'email', type: 'email' },
  { name: 'phone', type: 'phone' }, { name: 'url', type: 'url' }, { name: 'address', type: 'address' }, { name: 'auto', type: 'auto_number', pattern: 'V-{0000}' },
  { name: 'formula', type: 'formula', formula: '整数 * 2', result: 'integer' }, { name: 'lookup', type: 'lookup', path: 'relation.name' },
  { name: 'person', type: 'person' }, { name: 'department', type: 'department' }, { name: 'file', type: 'file' }, { name: 'json', type: 'json' }];
let t, core, channel;

before(async () => {
  t = await running('channel');
  channel = (await t.api.get('/openapi.json')).json;
  assert.equal((await t.api.post('/modules', { name: '万物', labels: L, title: 'text', fields })).status, 201);
  assert.equal((await t.api.post('/modules', { name: 'part', labels: L, fields: [{ name: 'whole', type: 'relation', module: '万物', on_delete: 'cascade' }] })).status, 201);
  for (const f of [{ name: 'lines', type: 'lines', module: 'part', via: 'whole' }, { name: 'rollup', type: 'rollup', formula: 'COUNT(lines)' }])
    assert.equal((await t.api.post(`/modules/${encodeURIComponent('万物')}/fields`, f)).status, 201);
  core = (await t.api.get('/openapi.json')).json;
});
after(() => t?.end());

const methods = ['get', 'post', 'patch', 'put', 'delete'];
const operations = (d) => Object.entries(d.paths).flatMap(([path, item]) => methods.filter((m) => item[m]).map((m) => ({ path, method: m, ...item[m] })));
const at = (d, ref) => ref.slice(2).split('/').reduce((x, k) => x?.[k.replaceAll('~1', '/').replaceAll('~0', '~')], d);

function* refs(x) {
  if (x && typeof x === 'object')
    for (const [k, v] of Object.entries(x)) {
      if (k === '$ref') yield v;
      else yield* refs(v);
    }
}

// As much of JSON Schema as the document uses; what it does not know it refuses, so that the document cannot slip past it.
const words = new Set(['type', 'properties', 'required', 'items', 'anyOf', 'enum', '$ref', 'format', 'description', 'title', 'additionalProperties', 'contentMediaType', 'default', 'minimum', 'maximum']);
function wrong(d, s, v, where = '') {
  for (const k of Object.keys(s)) if (!words.has(k)) return [`${where}: what is ${k}?`];
  if (s.$ref) return wrong(d, at(d, s.$ref), v, where);
  if (s.anyOf) return s.anyOf.some((x) => !wrong(d, x, v, where).length) ? [] : [`${where}: ${JSON.stringify(v)} is none of ${JSON.stringify(s.anyOf)}`];
  const is = v === null ? 'null' : Array.isArray(v) ? 'array' : Number.isInteger(v) ? 'integer' : typeof v;
  const types = s.type === undefined ? null : [s.type].flat();
  if (types && !types.includes(is) && !(is === 'integer' && types.includes('number'))) return [`${where}: ${JSON.stringify(v)} is no ${types}`];
  if (s.enum && !s.enum.includes(v)) return [`${where}: ${v} is none of ${s.enum}`];
  if (is === 'array' && s.items) return v.flatMap((x, i) => wrong(d, s.items, x, `${where}[${i}]`));
  if (is !== 'object') return [];
  const missing = (s.required ?? []).filter((k) => !(k in v)).map((k) => `${where}.${k} is missing`);
  return [...missing, ...Object.entries(s.properties ?? {}).flatMap(([k, x]) => (k in v ? wrong(d, x, v[k], `${where}.${k}`) : []))];
}
const answers = (d, path, method, status = '200') => d.paths[path][method].responses[status].content['application/json'].schema;
function holds(d, schema, value) { assert.deepEqual(wrong(d, schema, value), []); }

for (const [name, doc] of [['shipped', () => channel], ['with modules of administrators', () => core]])
  test(`the document is well formed: ${name}`, () => {
    const d = doc();
    assert.equal(d.openapi, '3.1.0');
    assert.ok(d.info.title && d.info.version && d.info.license.identifier);
    for (const r of refs(d)) assert.ok(r.startsWith('#/components/') && at(d, r), r);
    for (const key of Object.keys(d.components.schemas)) assert.match(key, /^[A-Za-z0-9._-]+$/);
    const ids = operations(d).map((o) => o.operationId);
    assert.equal(new Set(ids).size, ids.length, 'each operation has an id of its own');
    for (const o of operations(d)) {
      assert.match(o.operationId, /^[A-Za-z0-9._-]+$/);
      assert.ok(o.summary && o.tags.every((x) => d.tags.some((y) => y.name === x)), o.operationId);
      const inPath = [...o.path.matchAll(/\{([^}]+)\}/g)].map((m) => m[1]);
      const declared = o.parameters.filter((p) => p.in === 'path');
      assert.deepEqual(declared.map((p) => p.name).sort(), inPath.sort(), o.operationId);
      assert.ok(declared.every((p) => p.required === true));
      assert.equal(new Set(o.parameters.map((p) => p.in + p.name)).size, o.parameters.length);
      assert.ok(o.parameters.every((p) => p.schema && ['path', 'query', 'header'].includes(p.in)));
      assert.ok(Object.keys(o.responses).some((c) => c.startsWith('2')) && o.responses['4XX'], o.operationId);
      assert.ok(Object.entries(o.responses).every(([c, r]) => /^([1-5]\d\d|[1-5]XX)$/.test(c) && r.description));
      assert.ok(o.method !== 'get' || !o.requestBody, 'GET has no body');
    }
    for (const path of Object.keys(d.paths)) assert.match(path, /^\/[\x21-\x7e]*$/);
  });

test('every call of the contract is described', () => {
  const has = new Set(operations(core).map((o) => `${o.method} ${o.path}`));
  for (const c of ['post /session', 'delete /session', 'get /modules', 'post /modules', 'get /modules/{m}', 'patch /modules/{m}', 'delete /modules/{m}', 'post /modules/{m}/fields',
    'patch /modules/{m}/fields/{f}', 'delete /modules/{m}/fields/{f}', 'get /records/partner', 'post /records/partner', 'get /records/partner/{id}', 'patch /records/partner/{id}',
    'delete /records/partner/{id}', 'post /records/partner/{id}/restore', 'get /records/partner/{id}/history', 'post /records/partner/batch', 'post /query', 'post /formula',
    'get /search', 'get /users', 'post /users', 'patch /users/{id}', 'get /roles', 'post /roles', 'patch /roles/{name}', 'get /events', 'get /changes', 'get /health', 'get /metrics',
    'get /openapi.json', 'post /imports', 'get /imports/{id}', 'post /imports/{id}/undo', 'post /files', 'get /files/{id}', `get /records/${encodeURIComponent('万物')}`])
    assert.ok(has.has(c), c);
});

test('answers have the shapes that are promised', async () => {
  const path = '/records/' + encodeURIComponent('万物');
  const dep = (await t.api.post('/records/department', { name: '销售部' })).json.id;
  const full = { text: 'x', long_text: 'y', 整数: 3, decimal: '1.50', money: '2.00', percent: '0.1234', boolean: true, date: '2026-01-31', datetime: '2026-01-31T08:00:00Z', choice: 'a',
    choices: ['a', 'b'], relation: dep, relations: [dep], email: 'a@b.cn', phone: '110', url: 'https://a.cn', address: { detail: '人民路', postcode: '200000' }, person: 1, department: dep,
    json: { a: 1 }, lines: [{}, {}] };
  assert.deepEqual(wrong(core, core.paths[path].post.requestBody.content['application/json'].schema, full), []);
  const made = await t.api.post(path, full);
  assert.equal(made.status, 201, made.text);
  assert.equal(made.json.rollup, 2);
  holds(core, answers(core, path, 'post', '201'), made.json);
  await t.api.post(path, {});
  holds(core, answers(core, path, 'get'), (await t.api.get(path + '?count=true')).json);
  holds(core, answers(core, path + '/{id}', 'get'), (await t.api.get(`${path}/${made.json.id}`)).json);
  holds(core, answers(core, path + '/{id}/history', 'get'), (await t.api.get(`${path}/${made.json.id}/history`)).json);
  for (const p of ['/modules', '/users', '/roles', '/views', '/dashboards', '/calendars', '/me', '/health', '/changes'])
    holds(core, answers(core, p, 'get'), (await t.api.get(p)).json);
  holds(core, answers(core, '/calendars/{name}', 'get'), (await t.api.get('/calendars/CN')).json);
  holds(core, answers(core, '/calendars/{name}', 'put', '201'), (await t.api.put('/calendars/works', { weekend: [7], holidays: [{ from: '2026-01-01' }] })).json);
  holds(core, answers(core, '/search', 'get'), (await t.api.get('/search?q=' + encodeURIComponent('销'))).json);
  holds(core, answers(core, '/query', 'post'), (await t.api.post('/query', { from: '万物', group: { r: 'relation', d: 'date' }, select: { n: 'COUNT()', s: 'SUM(money)' }, totals: true })).json);
  holds(core, answers(core, '/formula', 'post'), (await t.api.post('/formula', { formula: '1 + 1' })).json);
  holds(core, answers(core, path + '/batch', 'post'), (await t.api.post(path + '/batch', { atomic: false, create: [{ text: 'z' }, { bogus: 1 }] })).json);
  const form = new FormData();
  form.set('file', new Blob(['text\nimported\n']), 'in.csv');
  form.set('module', '万物');
  const sent = await fetch(`${t.server.base}/api/v1/imports`, { method: 'POST', headers: { authorization: `Bearer ${t.token}` }, body: form });
  assert.ok([201, 202].includes(sent.status), `${sent.status}`);
  holds(core, answers(core, '/imports', 'post', '201'), await sent.json());
  holds(core, answers(core, '/imports', 'get'), (await t.api.get('/imports')).json);
  const refused = await t.api.post(path, { bogus: 1 });
  holds(core, core.components.schemas.Problem, refused.json);
});

test('who may not see a module does not find it in the document', async () => {
  assert.equal((await fetch(`${t.server.base}/api/v1/openapi.json`)).status, 401);
  await t.api.post('/roles', { name: 'narrow', labels: L, modules: { part: { read: true } } });
  const user = await t.api.post('/users', { email: 'n@example.com', name: 'n', password: 'another-horse-8', roles: ['narrow'] });
  assert.equal(user.status, 201, user.text);
  const { qudao, client } = await import('./server.mjs');
  const d = (await client(t.server.base, qudao('token', '--data', t.dir, '--email', 'n@example.com').trim()).get('/openapi.json')).json;
  assert.ok(d.paths['/records/part'] && !d.paths['/records/partner']);
  assert.ok(!d.components.schemas.record_part.properties.secret);
});
