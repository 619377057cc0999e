// The stream of changes: rights, resuming, the catalog, people who are switched off.  And the document that describes it all.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { running, userWith } from './server.mjs';

let t, low;
const open = [];

// A stream that collects what it is told; until() waits for an event.
async function listen(token, headers = {}) {
  const stop = new AbortController();
  const r = await fetch(`${t.server.base}/api/v1/events`, { headers: { authorization: `Bearer ${token}`, ...headers }, signal: stop.signal });
  const s = { status: r.status, type: r.headers.get('content-type'), events: [], ended: false, stop: () => stop.abort() };
  open.push(s);
  s.reading = (async () => {
    let rest = '';
    const decoder = new TextDecoder();
    try {
      for await (const piece of r.body) {
        rest += decoder.decode(piece, { stream: true });
        for (let end; (end = rest.indexOf('\n\n')) >= 0; rest = rest.slice(end + 2)) {
          const e = Object.fromEntries(rest.slice(0, end).split('\n').map((l) => [l.slice(0, l.indexOf(':')), l.slice(l.indexOf(':') + 1).trim()]));
          if (e.event) s.events.push({ ...e, data: JSON.parse(e.data) });
        }
      }
    } catch { /* cut off */ }
    s.ended = true;
  })();
  s.until = async (what, ms = 30000) => {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(10)) {
      const hit = s.events.find(what);
      if (hit) return hit;
    }
    throw new Error(`not told within ${ms} ms; told: ${JSON.stringify(s.events)}`);
  };
  return s;
}

const of = (r) => (e) => e.event === 'change' && e.data.id === r.id;
const make = async (body) => {
  const r = await t.api.post('/records/deal', body);
  assert.equal(r.status, 201, r.text);
  return r.json;
};

before(async () => {
  t = await running('core');
  let r = await t.api.post('/modules', { name: 'deal', title: 'name', fields: [{ name: 'name', type: 'text' }] });
  assert.equal(r.status, 201, r.text);
  r = await t.api.post('/roles', { name: 'low', labels: { en: 'Low' }, modules: { deal: { read: 'owner = ME()', create: true, update: 'owner = ME()', delete: false } } });
  assert.equal(r.status, 201, r.text);
  low = await userWith(t, 'low@example.com', ['low']);
});
after(async () => {
  open.forEach((s) => s.stop());
  await t?.end();
});

test('a person is told what that person may see, in order, and nothing else', async () => {
  const s = await listen(low.token), all = await listen(t.token);
  assert.equal(s.status, 200);
  assert.match(s.type, /^text\/event-stream/);
  const theirs = await make({ name: 'theirs' });
  const mine = await make({ name: 'mine', owner: low.id });
  await t.api.patch(`/records/deal/${mine.id}`, { name: 'mine again' });
  const last = await s.until((e) => of(mine)(e) && e.data.op === 'update');
  assert.equal(last.data.version, 2);
  assert.equal(last.data.module, 'deal');
  await all.until((e) => of(mine)(e) && e.data.op === 'update');
  assert.ok(all.events.some(of(theirs)));
  assert.ok(!s.events.some(of(theirs)), JSON.stringify(s.events));
  assert.deepEqual(s.events.filter(of(mine)).map((e) => e.data.op), ['create', 'update']);
  const ids = all.events.filter((e) => e.id).map((e) => Number(e.id));
  assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
});

test('a stream resumes after the last event it had, without gap or repeat', async () => {
  const s = await listen(low.token), first = await make({ name: 'r0', owner: low.id });
  const seen = await s.until(of(first));
  s.stop();
  await s.reading;
  const missed = [];
  for (let i = 1; i <= 20; i++) missed.push((await make({ name: `r${i}`, owner: i % 4 ? low.id : undefined })));
  const again = await listen(low.token, { 'last-event-id': seen.id });
  const now = await make({ name: 'now', owner: low.id });
  await again.until(of(now));
  assert.deepEqual(again.events.map((e) => e.data.id), [...missed.filter((_, i) => (i + 1) % 4).map((r) => r.id), now.id]);
});

test('a stream that resumes is told what it missed though nothing happens any more', async () => {
  const s = await listen(low.token), first = await make({ name: 'q0', owner: low.id });
  const seen = await s.until(of(first));
  s.stop();
  await s.reading;
  const missed = await make({ name: 'q1', owner: low.id });
  await sleep(300);
  await (await listen(low.token, { 'last-event-id': seen.id })).until(of(missed));
});

test('every one of many concurrent changes is told once', async () => {
  const s = await listen(t.token);
  const made = (await Promise.all(Array.from({ length: 60 }, (_, i) => make({ name: `many ${i}` })))).map((r) => r.id);
  const last = await make({ name: 'last' });
  for (const id of [...made, last.id]) await s.until(of({ id }));
  const told = s.events.filter((e) => made.includes(e.data.id)).map((e) => e.data.id);
  assert.equal(told.length, made.length, 'told twice');
});

test('a change of the catalog is told to everybody', async () => {
  const s = await listen(low.token);
  await make({ name: 'wait until the stream follows', owner: low.id });
  await s.until((e) => e.event === 'change');
  const r = await t.api.post('/modules/deal/fields', { name: 'note', type: 'text' });
  assert.equal(r.status, 201, r.text);
  const e = await s.until((x) => x.event === 'catalog');
  assert.ok(e.data.version > 0);
});

test('somebody switched off is cut off and told nothing more', async () => {
  const gone = await userWith(t, 'gone@example.com', ['low']), s = await listen(gone.token);
  await make({ name: 'before', owner: gone.id });
  await s.until((e) => e.event === 'change');
  const off = Date.now();
  assert.equal((await t.api.patch(`/users/${gone.id}`, { active: false })).status, 200);
  await make({ name: 'canary', owner: gone.id });
  while (!s.ended && Date.now() - off < 30000) await sleep(20);
  assert.ok(s.ended, 'still open after 30 s');
  assert.equal(s.events.filter((e) => e.event === 'change').length, 1);
  const other = await listen(gone.token);
  assert.equal(other.status, 401);
});

test('the description of the API is whole', async () => {
  const doc = (await t.api.get('/openapi.json')).json, ids = new Set(), wrong = [];
  const at = (ref) => ref.slice(2).split('/').reduce((o, k) => o?.[decodeURIComponent(k).replaceAll('~1', '/').replaceAll('~0', '~')], doc);
  const walk = (o, path) => {
    if (!o || typeof o !== 'object') return;
    if (typeof o.$ref === 'string' && (!o.$ref.startsWith('#/') || at(o.$ref) === undefined)) wrong.push(`${path}: ${o.$ref} leads nowhere`);
    for (const [k, v] of Object.entries(o)) walk(v, `${path}/${k}`);
  };
  walk(doc, '#');
  assert.match(doc.openapi, /^3\.1\./);
  assert.ok(doc.paths['/records/deal']?.post, 'modules made by administrators are described');
  for (const [path, methods] of Object.entries(doc.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
    for (const [method, op] of Object.entries(methods)) {
      if (!['get', 'post', 'patch', 'put', 'delete'].includes(method)) continue;
      const where = `${method} ${path}`;
      if (!op.operationId || ids.has(op.operationId)) wrong.push(`${where}: operationId ${op.operationId}`);
      ids.add(op.operationId);
      const parameters = [...(methods.parameters ?? []), ...(op.parameters ?? [])].map((p) => (p.$ref ? at(p.$ref) : p));
      const declared = parameters.filter((p) => p?.in === 'path');
      if (JSON.stringify(declared.map((p) => p.name).sort()) !== JSON.stringify(inPath)) wrong.push(`${where}: path parameters ${declared.map((p) => p.name)}`);
      for (const p of parameters) if (!p?.name || !p.in || !p.schema) wrong.push(`${where}: parameter ${JSON.stringify(p)}`);
      for (const p of declared) if (p.required !== true) wrong.push(`${where}: ${p.name} is not required`);
      if (new Set(parameters.map((p) => `${p.in} ${p.name}`)).size !== parameters.length) wrong.push(`${where}: a parameter twice`);
      if (!Object.keys(op.responses ?? {}).length) wrong.push(`${where}: no responses`);
      for (const [code, r] of Object.entries(op.responses ?? {})) if (!(r.$ref ? at(r.$ref) : r)?.description) wrong.push(`${where} ${code}: no description`);
    }
  }
  assert.deepEqual(wrong, []);
});
