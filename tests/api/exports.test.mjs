// Exports over HTTP: what the caller may see, in the caller's words, safe for spreadsheets, and readable again.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { running, userWith } from './server.mjs';

let t;
test.before(async () => {
  t = await running('core');
  const module = { name: 'shop', labels: { en: 'Shop', 'zh-CN': '门店' }, title: 'name', fields: [
    { name: 'code', type: 'text', unique: true, labels: { en: 'Code', 'zh-CN': '编号' } },
    { name: 'name', type: 'text', required: true, labels: { en: 'Name', 'zh-CN': '名称' } },
    { name: 'turnover', type: 'money', labels: { en: 'Turnover', 'zh-CN': '营业额' } },
    { name: 'opened', type: 'date', labels: { en: 'Opened', 'zh-CN': '开业日期' } },
    { name: 'level', type: 'choice', labels: { en: 'Level', 'zh-CN': '级别' }, options: [{ code: 'a', labels: { en: 'Gold', 'zh-CN': '金牌' } }, { code: 'b', labels: { en: 'Silver', 'zh-CN': '银牌' } }] },
    { name: 'secret', type: 'text', labels: { en: 'Secret', 'zh-CN': '机密' } }] };
  assert.equal((await t.api.post('/modules', module)).status, 201);
  const role = { name: 'seller', labels: { en: 'Seller', 'zh-CN': '销售' }, modules: { shop: { read: 'level = "a"', fields: { secret: 'none' } } } };
  assert.equal((await t.api.post('/roles', role)).status, 201);
  const create = [
    { code: 'A1', name: 'Alpha', turnover: '-5.00', opened: '2026-01-31', level: 'a', secret: 'canary-1' },
    { code: 'A2', name: '=HYPERLINK("http://evil")', turnover: '20', level: 'b', secret: 'canary-2' },
    { code: 'A3', name: '\t+cmd|x', turnover: '3', level: 'a', secret: '-x' },
    { code: 'A4', name: '＝全角, "quoted"\nline', level: 'a' },
    { code: 'A5', name: '𠮷野家', level: 'b' }];
  assert.equal((await t.api.post('/records/shop/batch', { create })).status, 200);
});
test.after(() => t.end());

const get = async (path, headers = {}, token = t.token) => {
  const a = await fetch(`${t.server.base}/api/v1/exports/${path}`, { headers: { authorization: `Bearer ${token}`, ...headers } });
  return { status: a.status, headers: a.headers, bytes: Buffer.from(await a.arrayBuffer()) };
};
const fields = 'fields=code,name,turnover,opened,level&sort=code';

test('an export says labels in the language of the caller, numbers stay numbers, formulas are text', async () => {
  const en = await get(`shop?${fields}`, { 'accept-language': 'en' });
  assert.equal(en.status, 200, en.bytes.toString());
  assert.equal(en.headers.get('content-type'), 'text/csv; charset=utf-8');
  assert.match(en.headers.get('content-disposition'), /^attachment; filename="Shop \d{4}-\d\d-\d\d\.csv"; filename\*=UTF-8''Shop%20/);
  assert.equal(en.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(Number(en.headers.get('content-length')), en.bytes.length);
  const lines = en.bytes.toString().split('\n');
  assert.equal(lines[0], 'Code,Name,Turnover,Opened,Level');
  assert.equal(lines[1], 'A1,Alpha,-5.00,2026-01-31,Gold');
  assert.equal(lines[2], 'A2,"\'=HYPERLINK(""http://evil"")",20.00,,Silver');
  assert.equal(lines[3].startsWith('A3,"\'\t+cmd|x"'), true, lines[3]);
  assert.equal(lines[4].startsWith('A4,"\'＝全角, ""quoted""'), true, lines[4]);
  const zh = await get(`shop?${fields}`, { 'accept-language': 'zh-CN' });
  assert.equal(zh.bytes.toString().split('\n')[0], '编号,名称,营业额,开业日期,级别');
  assert.equal(zh.bytes.toString().split('\n')[1], 'A1,Alpha,-5.00,2026-01-31,金牌');
  assert.match(zh.headers.get('content-disposition'), /filename="__ \d{4}.*filename\*=UTF-8''%E9%97%A8%E5%BA%97/);
  const names = await get(`shop?fields=code,name&header=names&where=${encodeURIComponent('turnover > 0')}&sort=-code`);
  assert.deepEqual(names.bytes.toString().split('\n').slice(0, 3).map((l) => l.slice(0, 4)), ['code', 'A3,"', 'A2,"']);
  assert.deepEqual(readdirSync(join(t.dir, 'spool')), []);
});

test('encodings: with a mark, UTF-16, GB18030', async () => {
  const plain = (await get(`shop?${fields}`)).bytes.toString();
  assert.equal((await get(`shop?${fields}&encoding=utf-8-bom`)).bytes.toString(), '\ufeff' + plain);
  assert.equal((await get(`shop?${fields}&encoding=utf-16le`)).bytes.toString('utf16le'), '\ufeff' + plain);
  const gb = await get(`shop?${fields}&encoding=gb18030`);
  assert.equal(gb.headers.get('content-type'), 'text/csv; charset=gb18030');
  assert.equal(new TextDecoder('gb18030').decode(gb.bytes), plain);
});

test('only rows and fields that the caller may see', async () => {
  const u = await userWith(t, 'seller@example.com', ['seller']);
  const a = await get('shop?header=names', {}, u.token);
  assert.equal(a.status, 200);
  assert.equal(/secret|canary|A2|A5/.test(a.bytes.toString()), false);
  assert.equal(a.bytes.toString().split('\n')[0].includes('code'), true);
  assert.equal((await get('shop?fields=secret', {}, u.token)).status, 422);
  assert.equal((await get(`shop?where=${encodeURIComponent('secret = "canary-1"')}`, {}, u.token)).status, 422);
  assert.equal((await get('shop?sort=secret', {}, u.token)).status, 422);
  assert.equal((await get('user', {}, u.token)).status, 404);
  assert.equal((await get('nothing', {}, u.token)).status, 404);
  assert.equal((await get('shop', {}, 'nobody')).status, 401);
});

test('wrong questions are refused in words', async () => {
  for (const q of ['where=1%2B', 'fields=nothing', 'sort=nothing', 'encoding=klingon', 'format=pdf', 'header=x']) {
    const a = await get(`shop?${q}`);
    assert.equal(a.status, 422, q);
    assert.equal(a.headers.get('content-type'), 'application/problem+json');
  }
});

test('what was exported can be imported again and changes nothing', async () => {
  for (const [q, lang] of [['', 'en'], ['', 'zh-CN'], ['&header=names', 'en'], ['&encoding=utf-16le', 'en'], ['&encoding=gb18030', 'zh-CN']]) {
    const file = await get(`shop?${fields}${q}`, { 'accept-language': lang });
    const form = new FormData();
    form.append('module', 'shop');
    form.append('key', 'code');
    form.append('file', new Blob([file.bytes]), 'back.csv');
    const a = await fetch(`${t.server.base}/api/v1/imports`, { method: 'POST', body: form, headers: { authorization: `Bearer ${t.token}` } });
    let i = await a.json();
    for (let n = 0; n < 12000 && ['waiting', 'running'].includes(i.state); n++) {
      await new Promise((r) => setTimeout(r, 50));
      i = (await t.api.get(`/imports/${i.id}`)).json;
    }
    assert.deepEqual([i.rows, i.unchanged], [5, 5], JSON.stringify(i));
  }
});
