// A request that needs more memory than one request may take: refused in words, nothing of it is kept, nobody else notices.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { workspace, start, client, qudao, qudaoBeside, onPostgres } from './server.mjs';

let dir, server, api;
before(async () => {
  dir = workspace('core');
  server = await start(dir, ['--max-memory', '6M']);
  api = client(server.base, qudao('token', '--data', dir, '--email', 'admin@example.com').trim());
  const made = await api.post('/modules', { name: 'paper', title: 'code', fields: [{ name: 'code', type: 'text', unique: true, required: true }, { name: 'body', type: 'long_text' }] });
  assert.equal(made.status, 201, made.text);
  const line = await api.post('/modules', { name: 'sheet', title: 'code', line: true, fields: [{ name: 'code', type: 'text' }, { name: 'paper', type: 'relation', module: 'paper', on_delete: 'cascade' }] });
  assert.equal(line.status, 201, line.text);
  const lines = await api.post('/modules/paper/fields', { name: 'sheets', type: 'lines', module: 'sheet', via: 'paper' });
  assert.equal(lines.status, 201, lines.text);
});
after(async () => {
  await server?.stop();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

const fat = 'fat '.repeat(4500);

test('an answer that does not fit is refused, smaller ones are not', async () => {
  for (let i = 0; i < 400; i++) {
    const r = await api.post('/records/paper', { code: `P-${i}`, body: fat });
    assert.equal(r.status, 201, r.text);
  }
  for (let i = 0; i < 20; i++) {
    const r = await api.get('/records/paper?limit=500', i % 2 ? { 'accept-language': 'zh-CN' } : {});
    assert.equal(r.status, 413, r.text.slice(0, 200));
    assert.match(r.headers.get('content-type'), /^application\/problem\+json/);
    assert.match(r.json.title, i % 2 ? /内存/ : /memory/);
  }
  assert.equal((await api.get('/records/paper?limit=5&sort=code')).status, 200);
});

test('a write that does not fit leaves nothing, and the next writer does not wait', async () => {
  const feed = async () => { const r = await api.get('/changes?since=400'); assert.equal(r.status, 200, r.text); return r.text; }, before = await feed();
  const many = await api.post('/records/paper', { code: 'A-1', sheets: Array.from({ length: 9000 }, (_, i) => ({ code: `sheet ${i}` })) });
  assert.equal(many.status, 413, many.text.slice(0, 200));
  assert.match(many.json.title, /memory/);
  assert.equal(await feed(), before);
  assert.equal((await api.get('/records/paper?limit=1&count=true&where=' + encodeURIComponent('STARTSWITH(code, "A-")'))).json.total, 0);
  const one = await api.post('/records/paper', { code: 'after' });
  assert.equal(one.status, 201, one.text);
});

test('an export that does not fit is refused, and leaves no file behind, open or named', async () => {
  const open = () => readdirSync(`/proc/${server.child.pid}/fd`).length, named = () => readdirSync(join(dir, 'spool'));
  for (let i = 0; i < 160; i++) assert.equal((await api.post('/records/paper', { code: `F-${i}`, body: '纸'.repeat(18000) })).status, 201);
  const ask = (format) => api.get(`/exports/paper?format=${format}&where=${encodeURIComponent('STARTSWITH(code, "F-")')}`);
  for (const format of ['csv', 'xlsx']) assert.equal((await ask(format)).status, 413);
  const before = open();
  for (let i = 0; i < 12; i++) {
    const r = await ask(i % 2 ? 'xlsx' : 'csv');
    assert.equal(r.status, 413, r.text.slice(0, 200));
    assert.match(r.json.title, /memory|内存/);
  }
  assert.ok(open() < before + 12, `${before} files were open, now ${open()}`);
  assert.deepEqual(named(), []);
  assert.equal((await api.get(`/exports/paper?where=${encodeURIComponent('code = "P-1"')}`)).status, 200);
});

// Each of 500 changes is looked up for each person, to know whether they may see it: that must not add up.
test('many people hear of many changes at once', { skip: onPostgres && 'not about the database', timeout: 300000 }, async () => {
  const roomy = await start(dir), stop = new AbortController(), heard = [], tokens = [];
  const one = () => qudaoBeside('token', '--data', dir, '--email', 'admin@example.com');
  try {
    while (tokens.length < 160) tokens.push(...await Promise.all([one(), one(), one(), one()]));
    for (const token of tokens) {
      const r = await fetch(`${roomy.base}/api/v1/events`, { headers: { authorization: `Bearer ${token.trim()}` }, signal: stop.signal }), me = { text: '' };
      assert.equal(r.status, 200);
      heard.push(me);
      (async () => { const d = new TextDecoder(); for await (const part of r.body) me.text += d.decode(part, { stream: true }); })().catch(() => {});
    }
    const made = await client(roomy.base, tokens[0].trim()).post('/records/paper/batch', { create: Array.from({ length: 500 }, (_, i) => ({ code: `many-${i}` })) });
    assert.equal(made.status, 200, made.text.slice(0, 200));
    const changes = (h) => h.text.split('event: change').length - 1;
    for (let i = 0; i < 1200 && !heard.every((h) => changes(h) >= 500); i++) await new Promise((done) => setTimeout(done, 100));
    assert.deepEqual(heard.map(changes), heard.map(() => 500));
  } finally {
    stop.abort();
    await roomy.stop();
  }
});
