// Attached files: sent, held by records, following their rights, kept by backups.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { running, userWith, start, client, qudao, onPostgres } from './server.mjs';

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
let t, sales, other;
test.before(async () => {
  t = await running('core');
  const module = { name: 'deal', labels: { en: 'Deal', 'zh-CN': '商机' }, title: 'name', fields: [
    { name: 'name', type: 'text', required: true, labels: { en: 'Name', 'zh-CN': '名称' } },
    { name: 'papers', type: 'file', labels: { en: 'Papers', 'zh-CN': '附件' } },
    { name: 'photo', type: 'file', multiple: false, labels: { en: 'Photo', 'zh-CN': '照片' } },
    { name: 'secret', type: 'file', labels: { en: 'Secret', 'zh-CN': '机密' } }] };
  assert.equal((await t.api.post('/modules', module)).status, 201);
  const own = { read: 'owner = ME()', create: true, update: 'owner = ME()', delete: 'owner = ME()', fields: { name: 'write', papers: 'write', photo: 'write', secret: 'none' } };
  for (const name of ['sales', 'other'])
    assert.equal((await t.api.post('/roles', { name, labels: { en: name, 'zh-CN': name }, modules: { deal: own } })).status, 201);
  sales = await userWith(t, 'sales@example.com', ['sales']);
  other = await userWith(t, 'other@example.com', ['other']);
});
test.after(async () => {
  await t.server.stop();
  rmSync(t.dir, { recursive: true, force: true });
});

const send = async (token, bytes, name = 'a.txt', headers = {}) => {
  const form = new FormData();
  form.append('file', new Blob([bytes]), name);
  const a = await fetch(`${t.server.base}/api/v1/files`, { method: 'POST', body: form, headers: { authorization: `Bearer ${token}`, ...headers } });
  const text = await a.text();
  return { status: a.status, json: text ? JSON.parse(text) : null, headers: a.headers, text };
};
const get = async (token, id, query = '') => {
  const a = await fetch(`${t.server.base}/api/v1/files/${id}${query}`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  return { status: a.status, headers: a.headers, bytes: Buffer.from(await a.arrayBuffer()) };
};
const stored = () => (existsSync(join(t.dir, 'files')) ? readdirSync(join(t.dir, 'files'), { recursive: true }).filter((f) => f.length > 3) : []);

test('a file is sent, held by a record and read again', async () => {
  const a = await send(sales.token, png, '合同 "1".png');
  assert.equal(a.status, 201, a.text);
  assert.deepEqual(a.json, { id: a.json.id, name: '合同 "1".png', size: png.length, type: 'image/png' });
  assert.equal(a.headers.get('location'), `/api/v1/files/${a.json.id}`);
  const b = await send(sales.token, 'hello', 'note.txt');
  const made = await sales.api.post('/records/deal', { name: 'x', papers: [{ id: a.json.id }, b.json.id], photo: a.json.id });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.json.papers, [a.json, b.json]);
  assert.deepEqual(made.json.photo, [a.json]);
  const g = await get(sales.token, a.json.id);
  assert.equal(g.status, 200);
  assert.deepEqual(g.bytes, png);
  assert.equal(g.headers.get('content-type'), 'image/png');
  assert.equal(g.headers.get('x-content-type-options'), 'nosniff');
  assert.match(g.headers.get('content-security-policy'), /default-src 'none'/);
  assert.equal(g.headers.get('content-disposition'), "inline; filename=\"__ _1_.png\"; filename*=UTF-8''%E5%90%88%E5%90%8C%20%221%22.png");
  assert.match((await get(sales.token, a.json.id, '?download=true')).headers.get('content-disposition'), /^attachment/);
  assert.match((await get(sales.token, b.json.id)).headers.get('content-disposition'), /^attachment/);
  const one = await sales.api.patch(`/records/deal/${made.json.id}`, { papers: [b.json.id] });
  assert.deepEqual(one.json.papers, [b.json]);
  const same = await sales.api.patch(`/records/deal/${made.json.id}`, { papers: one.json.papers });
  assert.equal(same.json.version, one.json.version);
  assert.equal((await sales.api.patch(`/records/deal/${made.json.id}`, { papers: null })).json.papers, null);
  assert.equal((await sales.api.patch(`/records/deal/${made.json.id}`, { papers: [] })).json.papers, null);
});

test('the bytes say what may be shown; names and types of senders do not', async () => {
  const cases = [['<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'x.svg'], ['<html><script>alert(1)</script>', 'x.html'], ['<script>', 'x.png'], ['GIF', 'x.gif'], ['x', 'x.js']];
  for (const [bytes, name] of cases) {
    const a = await send(t.token, bytes, name);
    const g = await get(t.token, a.json.id);
    assert.equal(g.headers.get('content-type'), 'application/octet-stream', name);
    assert.match(g.headers.get('content-disposition'), /^attachment/);
  }
  assert.equal((await send(t.token, '%PDF-1.7', 'x')).json.type, 'application/pdf');
});

test('names are for people only: nothing is written outside, the same bytes are kept once', async () => {
  const before = stored().length;
  for (const name of ['../../evil', '/etc/passwd', '..\\..\\evil.exe', 'x'.repeat(5000), '..', 'line\r\nSet-Cookie: a=b'])
    assert.equal((await send(t.token, 'the same bytes', name)).status, 201, name);
  assert.equal((await send(t.token, 'x', 'a\u0000b')).status, 400);
  assert.equal(stored().length, before + 1);
  assert.equal(stored().every((f) => /^[0-9a-f]{2}\/[0-9a-f]{62}$/.test(f)), true);
  const odd = await send(t.token, 'the same bytes', 'line\r\nSet-Cookie: a=b');
  const g = await get(t.token, odd.json.id);
  assert.equal(g.headers.get('set-cookie'), null);
  assert.equal((await send(t.token, '', 'empty')).json.size, 0);
});

test('a file that nothing holds is its sender\'s alone; one that is held follows the record and the field', async () => {
  const mine = (await send(sales.token, 'mine', 'm.txt')).json.id;
  const absent = await get(other.token, 99999999);
  for (const who of [other, t]) {
    const g = await get(who.token, mine);
    assert.equal(g.status, 404);
    assert.equal(g.bytes.toString().replace(/"trace":"\w+"/, ''), (who === t ? await get(t.token, 99999999) : absent).bytes.toString().replace(/"trace":"\w+"/, ''));
  }
  assert.equal((await get(null, mine)).status, 401);
  // nobody takes what is not theirs, by no way in
  for (const value of [mine, { id: mine }, [mine], [{ id: mine, name: 'x' }]]) {
    const a = await other.api.post('/records/deal', { name: 'steal', papers: value });
    assert.equal(a.status, 422, a.text);
    assert.equal(a.json.problems[0].field, 'papers');
    assert.equal(a.json.problems[0].message, (await other.api.post('/records/deal', { name: 'steal', papers: 99999999 })).json.problems[0].message);
  }
  const batch = await other.api.post('/records/deal/batch', { create: [{ name: 'steal', papers: mine }] });
  assert.equal(batch.status, 422);
  const form = new FormData();
  form.append('module', 'deal');
  form.append('file', new Blob([`name,papers\nsteal,"[${mine}]"\nsteal,${mine}\n`]), 'x.csv');
  const i = await (await fetch(`${t.server.base}/api/v1/imports`, { method: 'POST', body: form, headers: { authorization: `Bearer ${other.token}` } })).json();
  let end = i;
  for (let n = 0; n < 12000 && ['waiting', 'running'].includes(end.state); n++) end = (await other.api.get(`/imports/${i.id}`)).json;
  assert.deepEqual([end.created, end.rejected], [0, 2], JSON.stringify(end));

  const held = (await sales.api.post('/records/deal', { name: 'held', papers: mine })).json;
  assert.equal((await get(sales.token, mine)).status, 200);
  assert.equal((await get(t.token, mine)).status, 200);       // an administrator reads the record
  assert.equal((await get(other.token, mine)).status, 404);
  const hidden = (await send(t.token, 'hidden', 'h.txt')).json.id;
  assert.equal((await t.api.patch(`/records/deal/${held.id}`, { secret: hidden })).status, 200);
  assert.equal((await get(sales.token, hidden)).status, 404);
  assert.equal((await sales.api.patch(`/records/deal/${held.id}`, { papers: [mine, hidden] })).status, 422);
  // given to another: the rights go with the record
  assert.equal((await t.api.patch(`/records/deal/${held.id}`, { owner: other.id })).status, 200);
  assert.equal((await get(other.token, mine)).status, 200);
  assert.equal((await get(sales.token, mine)).status, 404);   // held now, and the sender may not read what holds it
  const kept = await other.api.patch(`/records/deal/${held.id}`, { name: 'kept', papers: [mine] });
  assert.equal(kept.status, 200, kept.text);                  // what was there may stay, whoever sent it
  assert.equal((await other.api.delete(`/records/deal/${held.id}`)).status, 204);
  assert.equal((await get(other.token, mine)).status, 200);   // the recycle bin
});

test('wrong requests are refused in words', async () => {
  assert.equal((await t.api.post('/files', { file: { path: '/etc/passwd' } })).status, 400);
  const form = new FormData();
  form.append('x', 'y');
  const a = await fetch(`${t.server.base}/api/v1/files`, { method: 'POST', body: form, headers: { authorization: `Bearer ${t.token}` } });
  assert.equal(a.status, 422);
  for (const id of ['0', '-1', 'x', '../1', '%2e%2e']) assert.equal((await get(t.token, id)).status, 404, id);
  for (const v of ['x', 1.5, -1, [null], { name: 'x' }, [[1]], true])
    assert.equal((await t.api.post('/records/deal', { name: 'x', papers: v })).status, 422, JSON.stringify(v));
  const two = [(await send(t.token, '1')).json.id, (await send(t.token, '2')).json.id];
  assert.equal((await t.api.post('/records/deal', { name: 'x', photo: two })).status, 422);
  const key = { 'idempotency-key': 'one file' };
  assert.equal((await send(t.token, '3', 'k.txt', key)).json?.id === undefined, false);
});

test('too large is refused with 413', async () => {
  await t.server.stop();
  t.server = await start(t.dir, ['--max-upload', '100k']);
  assert.equal((await send(t.token, Buffer.alloc(90000))).status, 201);
  const a = await send(t.token, Buffer.alloc(300000)).catch(() => ({ status: 413 }));
  assert.equal(a.status, 413);
  await t.server.stop();
  t.server = await start(t.dir);
  t.api = client(t.server.base, t.token);
});

test('a backup keeps the files, a restore checks them, check finds what is missing', { skip: onPostgres && 'PostgreSQL is backed up with pg_dump' }, async () => {
  const a = await send(t.token, png, 'kept.png');
  const big = Buffer.alloc(1300000, 'b1');
  const b = await send(t.token, big, 'big.bin');
  const deal = (await t.api.post('/records/deal', { name: 'backed up', papers: [a.json.id, b.json.id] })).json;
  const to = mkdtempSync(join(tmpdir(), 'qudao-restored-')), file = join(to, 'backup.tar'), dir = join(to, 'data');
  qudao('backup', '--data', t.dir, file);
  assert.deepEqual(readdirSync(to), ['backup.tar']);
  assert.match(execFileSync('tar', ['-tf', file], { encoding: 'utf8' }), /^qudao\.db\nfiles\/[0-9a-f]{2}\/[0-9a-f]{62}\n/);
  qudao('restore', '--data', dir, file);
  assert.equal(qudao('check', '--data', dir), 'ok\n');
  const server = await start(dir);
  const got = await fetch(`${server.base}/api/v1/files/${b.json.id}`, { headers: { authorization: `Bearer ${t.token}` } });
  assert.equal(Buffer.compare(Buffer.from(await got.arrayBuffer()), big), 0);
  assert.deepEqual((await client(server.base, t.token).get(`/records/deal/${deal.id}`)).json.papers, deal.papers);
  await server.stop();
  assert.throws(() => qudao('restore', '--data', dir, file), /exists/);
  // damaged backups
  const bytes = readFileSync(file);
  const spoil = [(x) => { x[bytes.length - 3000] ^= 1; }, (x) => x.subarray(0, 600000), (x) => {
    let at = 0;
    while (x.toString('latin1', at, at + 6) !== 'files/') at += 512;
    x.write('files/../../../evil', at, 'latin1');
  }, (x) => x.subarray(0, 100), (x) => { x[150] ^= 1; }];
  for (const [n, change] of spoil.entries()) {
    let copy = Buffer.from(bytes);
    copy = change(copy) ?? copy;
    writeFileSync(join(to, `bad${n}`), copy);
    assert.throws(() => qudao('restore', '--data', join(to, `from${n}`), join(to, `bad${n}`)), /restore:/, `damage ${n}`);
    assert.equal(existsSync(join(to, `from${n}`, 'qudao.db')), false);
  }
  const victim = join(dir, 'files', readdirSync(join(dir, 'files'), { recursive: true }).find((f) => f.length > 3));
  const was = readFileSync(victim);
  writeFileSync(victim, Buffer.concat([was, Buffer.from('x')]));
  assert.throws(() => qudao('check', '--data', dir), /missing or damaged/);
  rmSync(victim);
  assert.throws(() => qudao('check', '--data', dir), /missing or damaged/);
  rmSync(to, { recursive: true, force: true });
});
