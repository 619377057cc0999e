// Imports over HTTP: forms, counts, rejected rows, dry runs, taking back, rights, restarts.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { running, userWith, start, client } from './server.mjs';

const modules = [
  { name: 'shop', labels: { en: 'Shop', 'zh-CN': '门店' }, title: 'name', fields: [
    { name: 'code', type: 'text', unique: true, labels: { en: 'Code', 'zh-CN': '编号' } },
    { name: 'name', type: 'text', required: true, max_length: 30, labels: { en: 'Name', 'zh-CN': '名称' } },
    { name: 'turnover', type: 'money', labels: { en: 'Turnover', 'zh-CN': '营业额' } },
    { name: 'opened', type: 'date', labels: { en: 'Opened', 'zh-CN': '开业日期' } },
    { name: 'secret', type: 'text', labels: { en: 'Secret', 'zh-CN': '机密' } },
    { name: 'parent', type: 'relation', module: 'shop', labels: { en: 'Parent', 'zh-CN': '上级' } },
    { name: 'twice', type: 'formula', formula: 'turnover * 2', result: 'money' }] },
];

let t;
test.before(async () => {
  t = await running('core');
  t.api = client(t.server.base, t.token, { 'accept-language': 'en' });
  for (const m of modules) assert.equal((await t.api.post('/modules', m)).status, 201);
  const fields = { code: 'write', name: 'write', turnover: 'write', opened: 'write', parent: 'write', secret: 'none' };
  for (const role of [
    { name: 'clerk', labels: { en: 'Clerk', 'zh-CN': '文员' }, modules: { shop: { read: true, create: true, update: 'owner = ME()', fields } } },
    { name: 'guest', labels: { en: 'Guest', 'zh-CN': '访客' }, modules: { shop: { read: true } } }])
    assert.equal((await t.api.post('/roles', role)).status, 201);
});
test.after(async () => {
  await t.server.stop();
  rmSync(t.dir, { recursive: true, force: true });
});

export async function send(server, token, fields, content, name = 'shops.csv', headers = {}) {
  const form = new FormData();
  for (const [k, v] of Object.entries(fields)) form.append(k, typeof v === 'string' ? v : JSON.stringify(v));
  form.append('file', new Blob([content]), name);
  const a = await fetch(`${server.base}/api/v1/imports`, { method: 'POST', body: form, headers: { authorization: `Bearer ${token}`, 'accept-language': 'en', ...headers } });
  const text = await a.text();
  return { status: a.status, json: text ? JSON.parse(text) : null, headers: a.headers, text };
}
const importAs = (who, ...rest) => send(t.server, who.token, ...rest);

export async function ended(api, id) {
  for (let i = 0; i < 12000; i++) {
    const a = await api.get(`/imports/${id}`);
    assert.equal(a.status, 200, a.text);
    if (!['waiting', 'running', 'undoing'].includes(a.json.state)) return a.json;
    await new Promise((r) => setTimeout(r, 50));
  }
  throw new Error('the import does not end');
}
const counts = (i) => [i.rows, i.created, i.updated, i.unchanged, i.rejected];
const shops = async (where) => (await t.api.get(`/records/shop?limit=1000&sort=code&where=${encodeURIComponent(where)}`)).json.records;

test('a small file is answered when it is done, with counts, and its spool is gone', async () => {
  const a = await importAs(t, { module: 'shop', key: 'code' }, 'code,name,turnover,opened\nA1,Alpha,1000.50,2026-01-31\nA2,乙店,20,2025/3/1\n');
  assert.equal(a.status, 201, a.text);
  assert.equal(a.headers.get('location'), `/api/v1/imports/${a.json.id}`);
  const i = await ended(t.api, a.json.id);
  assert.equal(i.state, 'done');
  assert.equal(i.module, 'shop');
  assert.equal(i.file, 'shops.csv');
  assert.equal(i.progress, 100);
  assert.deepEqual(counts(i), [2, 2, 0, 0, 0]);
  const found = await shops('LEFT(code, 1) = "A"');
  assert.deepEqual(found.map((r) => [r.code, r.name, r.turnover, r.opened, r.twice]), [['A1', 'Alpha', '1000.50', '2026-01-31', '2001.00'], ['A2', '乙店', '20.00', '2025-03-01', '40.00']]);
  const h = await t.api.get(`/records/shop/${found[0].id}/history`);
  assert.equal(h.json.history[0].way, 'import');
  assert.deepEqual(readdirSync(join(t.dir, 'spool')).filter((f) => f.startsWith('import-')), []);
});

test('the same file again changes nothing; a map by object, labels of both languages and GBK work', async () => {
  const again = await importAs(t, { module: 'shop', key: 'code' }, 'code,name,turnover,opened\nA1,Alpha,1000.50,2026-01-31\nA2,乙店,20,2025/3/1\n');
  assert.deepEqual(counts(await ended(t.api, again.json.id)), [2, 0, 0, 2, 0]);
  const labels = await importAs(t, { module: 'shop', key: 'code' }, '编号,名称\nB1,丙店\n');
  assert.deepEqual(counts(await ended(t.api, labels.json.id)), [1, 1, 0, 0, 0]);
  const mapped = await importAs(t, { options: { module: 'shop', key: 'code', map: { 'No, of shop': 'code', 'What=name': 'name', Extra: null } } },
    '"No, of shop",What=name,Extra\nB2,Delta,x\n');
  assert.deepEqual(counts(await ended(t.api, mapped.json.id)), [1, 1, 0, 0, 0], mapped.text);
  const gbk = Buffer.from([0x63, 0x6f, 0x64, 0x65, 0x2c, 0x6e, 0x61, 0x6d, 0x65, 0x0a, 0x42, 0x33, 0x2c, 0xd6, 0xd0, 0xce, 0xc4, 0x0a]);
  const g = await importAs(t, { module: 'shop', key: 'code', encoding: 'gb18030' }, gbk);
  assert.deepEqual(counts(await ended(t.api, g.json.id)), [1, 1, 0, 0, 0]);
  assert.equal((await shops('code = "B3"'))[0].name, '中文');
});

test('rejected rows come back as a file with reasons, safe for spreadsheets, and can be sent again', async () => {
  const a = await importAs(t, { module: 'shop', key: 'code' }, 'code,name,turnover\nC1,Good,1\nC2,,2\nC3,Bad,lots\n=C4,,3\nC1,Better,4\n');
  const i = await ended(t.api, a.json.id);
  assert.deepEqual(counts(i), [5, 1, 1, 0, 3]);
  assert.deepEqual(i.problems.map((p) => [p.line, p.column]), [[3, 'name'], [4, 'turnover'], [5, 'name']]);
  assert.equal(i.rejected_file, `/api/v1/imports/${i.id}/rejected`);
  const r = await t.api.get(`/imports/${i.id}/rejected`);
  assert.equal(r.status, 200);
  assert.match(r.headers.get('content-type'), /^text\/csv/);
  assert.match(r.headers.get('content-disposition'), /^attachment/);
  const lines = r.text.trim().split('\n');
  assert.equal(lines[0], 'line,column,reason,code,name,turnover');
  assert.equal(lines.length, 4);
  assert.match(lines[1], /^3,name,.*,C2,,2$/);
  assert.match(lines[3], /^5,name,.*,"'=C4",,3$/);
  const zh = await t.api.get(`/imports/${i.id}/rejected`, { 'accept-language': 'zh-CN' });
  assert.match(zh.text, /^行,列,原因,/);
  assert.deepEqual((await shops('code = "C1"')).map((s) => s.name), ['Better']);
});

test('a dry run does the real thing and keeps nothing', async () => {
  const before = (await t.api.get('/changes?limit=1000')).json.changes.length;
  const a = await importAs(t, { module: 'shop', key: 'code', dry_run: 'true' }, 'code,name,parent\nD1,One,\nD2,Two,D1\nD1,One more,\nA1,Alpha,\nD3,,\nD4,x,nobody\n');
  const i = await ended(t.api, a.json.id);
  assert.equal(i.dry_run, true);
  assert.equal(i.state, 'done', i.message);
  assert.deepEqual(counts(i), [6, 2, 1, 1, 2]);
  assert.equal((await t.api.get(`/imports/${i.id}/rejected`)).text.trim().split('\n').length, 3);
  assert.deepEqual(await shops('LEFT(code, 1) = "D"'), []);
  assert.equal((await t.api.get('/changes?limit=1000')).json.changes.length, before);
  assert.equal((await t.api.post(`/imports/${i.id}/undo`)).status, 409);
});

test('what is wrong with the whole file is refused at once and leaves nothing', async () => {
  const n = (await t.api.get('/imports')).json.imports.length;
  const cases = [
    [{ module: 'shop' }, 'code,nonsense\n1,2\n', 422], [{ module: 'shop', key: 'code' }, 'name\nx\n', 422], [{ module: 'nobody' }, 'a\n1\n', 404],
    [{}, 'a\n1\n', 422], [{ module: 'shop', map: 'Nothing=code' }, 'code\n1\n', 422], [{ module: 'shop' }, '', 422], [{ module: 'shop', dry_run: 'maybe' }, 'code\n1\n', 422],
    [{ module: 'shop', encoding: 'klingon' }, 'code\n1\n', 422], [{ options: '{', module: 'shop' }, 'code\n1\n', 400],
    [{ module: 'shop' }, Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0, 0]), 422], [{ module: 'shop', map: { code: 7 } }, 'code\n1\n', 422],
  ];
  for (const [fields, content, status] of cases) {
    const a = await importAs(t, fields, content);
    assert.equal(a.status, status, `${JSON.stringify(fields)} ${a.text}`);
    assert.equal(a.headers.get('content-type'), 'application/problem+json');
  }
  const json = await t.api.post('/imports', { file: { path: '/etc/passwd' }, module: 'shop' });
  assert.equal(json.status, 400);
  const form = new FormData();
  form.append('module', 'shop');
  const none = await fetch(`${t.server.base}/api/v1/imports`, { method: 'POST', body: form, headers: { authorization: `Bearer ${t.token}` } });
  assert.equal(none.status, 422);
  assert.equal((await t.api.get('/imports')).json.imports.length, n);
  assert.deepEqual(readdirSync(join(t.dir, 'spool')).filter((f) => f.startsWith('import-')), []);
});

test('a broken quote ends the import where it stands, and says so', async () => {
  const rows = Array.from({ length: 2500 }, (_, i) => `E${i},Shop ${i}\n`).join('');
  const a = await importAs(t, { module: 'shop', key: 'code' }, `code,name\n${rows}E9999,"never closed\n`);
  const i = await ended(t.api, a.json.id);
  assert.equal(i.state, 'failed');
  assert.match(i.message, /2502/);
  assert.deepEqual(counts(i), [2000, 2000, 0, 0, 0]);
  assert.equal((await t.api.get('/records/shop?count=true&limit=1&where=' + encodeURIComponent('LEFT(code, 1) = "E"'))).json.total, 2000);
  assert.equal((await t.api.post(`/imports/${i.id}/undo`)).status < 300, true);
  assert.equal((await ended(t.api, i.id)).state, 'undone');
  assert.equal((await t.api.get('/records/shop?count=true&limit=1&where=' + encodeURIComponent('LEFT(code, 1) = "E"'))).json.total, 0);
});

test('undo brings back what was, except where somebody was there since', async () => {
  const first = await importAs(t, { module: 'shop', key: 'code' }, 'code,name,turnover,parent\nF1,One,1,\nF2,Two,2,F1\nF3,Three,3,F1\nF4,Four,4,\n');
  assert.equal((await ended(t.api, first.json.id)).created, 4);
  const second = await importAs(t, { module: 'shop', key: 'code' }, 'code,name,turnover,parent\nF1,Uno,,\nF2,Due,22,F3\nF4,Four,4,\nF5,Five,5,\nF6,Six,6,\nF1,Ein,11,\n');
  assert.deepEqual(counts(await ended(t.api, second.json.id)), [6, 2, 3, 1, 0]);
  const by = Object.fromEntries((await shops('LEFT(code, 1) = "F"')).map((s) => [s.code, s]));
  assert.equal(by.F1.name, 'Ein');
  assert.equal((await t.api.patch(`/records/shop/${by.F2.id}`, { name: 'Somebody' })).status, 200);
  assert.equal((await t.api.patch(`/records/shop/${by.F6.id}`, { name: 'Somebody' })).status, 200);
  const u = await t.api.post(`/imports/${second.json.id}/undo`);
  assert.equal([200, 202].includes(u.status), true, u.text);
  const i = await ended(t.api, second.json.id);
  assert.equal(i.state, 'undone');
  assert.equal(i.undo.undone, 2);
  assert.equal(i.undo.left_alone, 2);
  assert.deepEqual(i.undo.left.map((x) => x.id), [by.F2.id, by.F6.id]);
  assert.match(i.undo.left[0].message, /changed/);
  const now = Object.fromEntries((await shops('LEFT(code, 1) = "F"')).map((s) => [s.code, [s.name, s.turnover, s.parent?.id ?? null, s.twice]]));
  assert.deepEqual(now, { F1: ['One', '1.00', null, '2.00'], F2: ['Somebody', '22.00', by.F3.id, '44.00'], F3: ['Three', '3.00', by.F1.id, '6.00'],
    F4: ['Four', '4.00', null, '8.00'], F6: ['Somebody', '6.00', null, '12.00'] });
  assert.equal((await t.api.get(`/records/shop?deleted=true&ids=${by.F5.id}`)).json.records.length, 1);
  assert.equal((await t.api.post(`/imports/${second.json.id}/undo`)).status, 409);
  // children before parents: F2 and F3 point at F1
  await t.api.post(`/imports/${first.json.id}/undo`);
  const f = await ended(t.api, first.json.id);
  assert.equal(f.undo.undone, 1);         // F3 is pointed at by F2, which somebody changed; F1 by F3
  assert.deepEqual(f.undo.left.map((x) => [x.id, /changed/.test(x.message)]), [[by.F1.id, false], [by.F2.id, true], [by.F3.id, false]]);
});

test('the import has the rights of its sender, row by row and field by field', async () => {
  const clerk = await userWith(t, 'clerk@example.com', ['clerk']), guest = await userWith(t, 'guest@example.com', ['guest']);
  assert.equal((await importAs(guest, { module: 'shop' }, 'code,name\nG0,x\n')).status, 403);
  assert.equal((await importAs(clerk, { module: 'shop' }, 'code,name,secret\nG0,x,y\n')).status, 422);    // as if there were no such field
  const a = await importAs(clerk, { module: 'shop', key: 'code' }, 'code,name\nG1,Mine\nA1,Not mine\n');
  const i = await ended(clerk.api, a.json.id);
  assert.deepEqual(counts(i), [2, 1, 0, 0, 1]);
  assert.match(i.problems[0].message, /may not/);
  assert.equal((await shops('code = "A1"'))[0].name, 'Alpha');
  assert.equal((await shops('code = "G1"'))[0].owner.id, clerk.id);
  for (const path of ['', '/rejected']) assert.equal((await guest.api.get(`/imports/${i.id}${path}`)).status, 404);
  assert.equal((await guest.api.post(`/imports/${i.id}/undo`)).status, 404);
  assert.deepEqual((await guest.api.get('/imports')).json.imports, []);
  assert.deepEqual((await clerk.api.get('/imports')).json.imports.map((x) => x.id), [i.id]);
  // who lost the right to delete cannot take back
  const u = await clerk.api.post(`/imports/${i.id}/undo`);
  assert.equal(u.status < 300, true, u.text);
  const e = await ended(clerk.api, i.id);
  assert.deepEqual([e.state, e.undo.undone, e.undo.left_alone], ['undone', 0, 1]);
  assert.equal((await shops('code = "G1"')).length, 1);
});

test('a repeat with the same key is one import', async () => {
  const headers = { 'idempotency-key': 'import-once' };
  const form = () => ['--x', 'Content-Disposition: form-data; name="module"', '', 'shop', '--x', 'Content-Disposition: form-data; name="file"; filename="../../a.csv"', '', 'code,name\r\nH1,x',
    '--x--', ''].join('\r\n');
  const once = () => fetch(`${t.server.base}/api/v1/imports`, { method: 'POST', body: form(), headers: { ...headers, authorization: `Bearer ${t.token}`, 'content-type': 'multipart/form-data; boundary=x' } });
  const a = await (await once()).json(), b = await (await once()).json();
  assert.equal(a.id, b.id);
  assert.equal(a.file, 'a.csv');
  await ended(t.api, a.id);
  assert.equal((await shops('code = "H1"')).length, 1);
});

test('a form that is sent again with the same key is the same form, whatever its boundary', async () => {
  const key = { 'idempotency-key': 'form-once' }, text = 'code,name\nH2,x\n', fields = { module: 'shop', key: 'code' };
  const a = await importAs(t, fields, text, 'a.csv', key), b = await importAs(t, fields, text, 'a.csv', key);
  assert.equal(b.status, a.status, b.text);
  assert.equal(b.json.id, a.json.id);
  assert.equal((await importAs(t, fields, 'code,name\nH3,x\n', 'a.csv', key)).status, 409);
  assert.equal((await importAs(t, { ...fields, dry_run: 'true' }, text, 'a.csv', key)).status, 409);
  await ended(t.api, a.json.id);
});

test('a large file runs behind, shows how far it is, and is not lost when the server is stopped or killed', { timeout: 900000 }, async () => {
  const rows = Array.from({ length: 120000 }, (_, i) => `Z${i},Shop ${i},${i}.25\n`).join('');
  const a = await importAs(t, { module: 'shop', key: 'code' }, `code,name,turnover\n${rows}`, 'large.csv');
  assert.equal([201, 202].includes(a.status), true, a.text);
  let seen = a.json;
  for (let i = 0; i < 60000 && seen.rows < 1000; i++) {
    await new Promise((r) => setTimeout(r, 10));
    seen = (await t.api.get(`/imports/${a.json.id}`)).json;
  }
  assert.equal(seen.rows >= 1000, true);
  const running = seen.state === 'running';
  if (running) assert.equal(seen.progress < 100, true);
  await t.server.stop('SIGKILL');
  t.server = await start(t.dir);
  t.api = client(t.server.base, t.token, { 'accept-language': 'en' });
  const i = (await t.api.get(`/imports/${a.json.id}`)).json;
  const total = (await t.api.get('/records/shop?count=true&limit=1&where=' + encodeURIComponent('LEFT(code, 1) = "Z"'))).json.total;
  assert.equal(i.created, total);         // what is counted is what is there
  assert.deepEqual(readdirSync(join(t.dir, 'spool')).filter((f) => f.startsWith('import-')), []);
  if (i.state !== 'done') {
    assert.equal(i.state, 'interrupted');
    assert.match(i.message, /ended/);
  }
  await t.api.post(`/imports/${i.id}/undo`);
  const u = await ended(t.api, i.id);
  assert.equal(u.state, 'undone', u.message);
  assert.equal(u.undo.undone, total);
  assert.equal((await t.api.get('/records/shop?count=true&limit=1&where=' + encodeURIComponent('LEFT(code, 1) = "Z"'))).json.total, 0);
});

test('two files in one form are one too many', async () => {
  const form = new FormData();
  form.append('module', 'shop');
  form.append('file', new Blob(['code,name\n1,x\n']), 'a.csv');
  form.append('more', new Blob(['code,name\n2,x\n']), 'b.csv');
  const a = await fetch(`${t.server.base}/api/v1/imports`, { method: 'POST', body: form, headers: { authorization: `Bearer ${t.token}` } });
  assert.equal(a.status, 422);
});

test('a dry run that is too long says where it stopped', { timeout: 900000 }, async () => {
  const rows = 'Y,nothing\n'.repeat(200500);
  const a = await importAs(t, { module: 'shop', key: 'code', dry_run: 'true' }, `code,name\n${rows}`);
  const i = await ended(t.api, a.json.id);
  assert.deepEqual([i.state, i.rows, i.created, i.unchanged], ['done', 200000, 1, 199999], JSON.stringify(i));
  assert.match(i.message, /200000/);
  assert.deepEqual(await shops('code = "Y"'), []);
});
