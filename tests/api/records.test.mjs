// The life of records over the API: create, read, change, stale versions, delete, restore, history, batch, idempotency, lists.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { running } from './server.mjs';

let t;
before(async () => {
  t = await running('core');
  const made = await t.api.post('/modules', {
    name: 'store', labels: { en: 'Store', 'zh-CN': '门店' }, title: 'name',
    fields: [
      { name: 'code', type: 'text', unique: true, required: true, labels: { en: 'Code', 'zh-CN': '编号' } },
      { name: 'name', type: 'text', required: true, labels: { en: 'Name', 'zh-CN': '名称' } },
      { name: 'city', type: 'choice', options: [{ code: 'sh', labels: { en: 'Shanghai', 'zh-CN': '上海' } }, { code: 'bj', labels: { en: 'Beijing', 'zh-CN': '北京' } }] },
      { name: 'area', type: 'decimal', scale: 2, min: 0 },
      { name: 'opened', type: 'date' },
    ],
  });
  assert.equal(made.status, 201, made.text);
  const visit = await t.api.post('/modules', {
    name: 'store_visit', labels: { en: 'Store visit', 'zh-CN': '巡店' }, title: 'code',
    fields: [
      { name: 'code', type: 'auto_number', pattern: 'V-{yyyy}-{0000}' },
      { name: 'store', type: 'relation', module: 'store', required: true, related: 'visits', on_delete: 'cascade' },
      { name: 'score', type: 'decimal', scale: 1, min: 0, max: 10 },
      { name: 'half', type: 'formula', formula: 'score / 2', result: 'decimal', scale: 2 },
      { name: 'store_city', type: 'lookup', path: 'store.city' },
    ],
  });
  assert.equal(visit.status, 201, visit.text);
  for (const f of [{ name: 'visit_count', type: 'rollup', formula: 'COUNT(visits)', result: 'integer' },
    { name: 'best', type: 'rollup', formula: 'MAX(visits.score)', result: 'decimal', scale: 1 }]) {
    const r = await t.api.post('/modules/store/fields', f);
    assert.equal(r.status, 201, r.text);
  }
});
after(() => t?.end());

const problem = (r, field) => r.json.problems?.find((p) => p.field === field);

test('a record is made, read back and listed', async () => {
  const made = await t.api.post('/records/store', { code: 'S-1', name: '南京东路店', city: 'sh', area: '120.50', opened: '2024-02-29' });
  assert.equal(made.status, 201, made.text);
  assert.match(made.headers.get('location'), /\/records\/store\/\d+$/);
  assert.equal(made.json.area, '120.50');
  assert.equal(made.json.visit_count, 0);
  const got = await t.api.get(`/records/store/${made.json.id}`);
  assert.equal(got.status, 200);
  assert.deepEqual(got.json, made.json);
  assert.equal(got.headers.get('etag'), '"1"');
  const list = await t.api.get('/records/store?where=' + encodeURIComponent('city = "sh" and area > 100') + '&count=true');
  assert.equal(list.status, 200, list.text);
  assert.equal(list.json.total, 1);
  assert.equal(list.json.records[0].name, '南京东路店');
});

test('all that is wrong is said at once', async () => {
  const r = await t.api.post('/records/store', { code: 7, area: '1.234', opened: '2023-02-29', colour: 'red', city: 'xx' });
  assert.equal(r.status, 422);
  for (const f of ['code', 'area', 'opened', 'colour']) assert.ok(problem(r, f), `no problem for ${f}: ${r.text}`);
  const s = await t.api.post('/records/store', { code: 'S-x', city: 'xx', area: '-1' });
  assert.equal(s.status, 422);
  for (const f of ['name', 'city', 'area']) assert.ok(problem(s, f), `no problem for ${f}: ${s.text}`);
  const zh = await t.api.post('/records/store', { code: 'S-x' }, { 'accept-language': 'zh-CN' });
  assert.match(problem(zh, 'name').message, /必填/);
});

test('computed fields, roll-ups and lookups follow', async () => {
  const store = (await t.api.post('/records/store', { code: 'S-2', name: '国贸店', city: 'bj' })).json;
  const a = await t.api.post('/records/store_visit', { store: { code: 'S-2' }, score: '7.5' });
  assert.equal(a.status, 201, a.text);
  assert.match(a.json.code, /^V-\d{4}-0001$/);
  assert.equal(a.json.half, '3.75');
  assert.equal(a.json.store_city, 'bj');
  const b = await t.api.post('/records/store_visit', { store: store.id, score: 9 });
  let s = (await t.api.get(`/records/store/${store.id}`)).json;
  assert.equal(s.visit_count, 2);
  assert.equal(s.best, '9.0');
  await t.api.delete(`/records/store_visit/${b.json.id}`);
  s = (await t.api.get(`/records/store/${store.id}`)).json;
  assert.equal(s.visit_count, 1);
  assert.equal(s.best, '7.5');
  assert.equal((await t.api.post(`/records/store_visit/${b.json.id}/restore`)).status, 200);
  s = (await t.api.get(`/records/store/${store.id}`)).json;
  assert.equal(s.visit_count, 2);
  const by = await t.api.get('/records/store_visit?where=' + encodeURIComponent('store.city = "bj" and score >= 7.5') + '&sort=-score&fields=score,store.name,store');
  assert.equal(by.status, 200, by.text);
  assert.deepEqual(by.json.records.map((r) => r['store.name']), ['国贸店', '国贸店']);
  assert.equal(by.json.records[0].store.title, '国贸店');
});

test('a stale change is refused with the record as it is now', async () => {
  const s = (await t.api.post('/records/store', { code: 'S-3', name: '徐家汇店' })).json;
  const one = await t.api.patch(`/records/store/${s.id}`, { name: '徐家汇旗舰店' }, { 'if-match': '"1"' });
  assert.equal(one.status, 200, one.text);
  assert.equal(one.json.version, 2);
  const two = await t.api.patch(`/records/store/${s.id}`, { area: 5 }, { 'if-match': '"1"' });
  assert.equal(two.status, 409);
  assert.equal(two.json.current.name, '徐家汇旗舰店');
  const three = await t.api.patch(`/records/store/${s.id}`, { area: 5, version: 2 });
  assert.equal(three.status, 200);
  const history = await t.api.get(`/records/store/${s.id}/history`);
  assert.equal(history.status, 200, history.text);
  assert.deepEqual(history.json.history.map((h) => h.op), ['update', 'update', 'create']);
  const rename = history.json.history[1].changes.find((c) => c.field === 'name');
  assert.deepEqual([rename.from, rename.to], ['徐家汇店', '徐家汇旗舰店']);
  assert.ok(history.json.history[2].changes.some((c) => c.field === 'name' && c.to === '徐家汇店'), 'creation shows the first values');
});

test('a unique value is refused, also under concurrency', async () => {
  const all = await Promise.all(Array.from({ length: 16 }, (_, i) => t.api.post('/records/store', { code: 'U-1', name: `店${i}` })));
  assert.equal(all.filter((r) => r.status === 201).length, 1);
  assert.equal(all.filter((r) => r.status === 409).length, 15);
  assert.ok(problem(all.find((r) => r.status === 409), 'code'));
});

test('deleting takes children along, and restoring brings them back', async () => {
  const s = (await t.api.post('/records/store', { code: 'D-1', name: '关店' })).json;
  const v = (await t.api.post('/records/store_visit', { store: s.id, score: 1 })).json;
  assert.equal((await t.api.delete(`/records/store/${s.id}`)).status, 204);
  const bin = await t.api.get('/records/store?deleted=true');
  assert.ok(bin.json.records.some((r) => r.id === s.id));
  assert.match((await t.api.get(`/records/store/${s.id}`)).json.deleted_at, /^\d{4}-/);
  const list = await t.api.get('/records/store_visit?ids=' + v.id);
  assert.equal(list.json.records.length, 0);
  assert.equal((await t.api.post(`/records/store/${s.id}/restore`)).status, 200);
  assert.equal((await t.api.get('/records/store_visit?ids=' + v.id)).json.records.length, 1);
  const back = (await t.api.get(`/records/store/${s.id}`)).json;
  assert.equal(back.visit_count, 1);
  assert.equal('deleted_at' in back, false);
});

test('keyset pages hold every record once, whatever the order', async () => {
  const create = Array.from({ length: 57 }, (_, i) => ({ code: `P-${i}`, name: i % 3 ? `店${i % 7}` : '同名', area: i % 4 ? String(i % 5) : null }));
  const made = await t.api.post('/records/store/batch', { create });
  assert.equal(made.status, 200, made.text);
  for (const sort of ['name,-area', '-area', '-opened,name', 'id', '-created_at']) {
    const seen = [];
    let cursor = '';
    do {
      const page = await t.api.get(`/records/store?limit=10&sort=${sort}&where=${encodeURIComponent('STARTSWITH(code, "P-")')}&cursor=${cursor}`);
      assert.equal(page.status, 200, page.text);
      seen.push(...page.json.records.map((r) => r.id));
      cursor = page.json.next;
    } while (cursor);
    assert.equal(seen.length, 57, sort);
    assert.equal(new Set(seen).size, 57, sort);
  }
});

test('a batch with a key makes or changes; not atomic, each row for itself', async () => {
  const r = await t.api.post('/records/store/batch', { key: 'code', create: [{ code: 'S-1', name: '改名店' }, { code: 'B-1', name: '新店' }] });
  assert.equal(r.status, 200, r.text);
  assert.deepEqual(r.json.create.map((x) => x.status), ['updated', 'created']);
  const mixed = await t.api.post('/records/store/batch', { atomic: false, create: [{ code: 'B-2', name: '好' }, { code: 'B-3' }, { code: 'B-4', name: '好' }] });
  assert.deepEqual(mixed.json.create.map((x) => x.status ?? x.error.status), ['created', 422, 'created']);
  const atomic = await t.api.post('/records/store/batch', { create: [{ code: 'B-5', name: '好' }, { code: 'B-6' }] });
  assert.equal(atomic.status, 422);
  assert.ok(atomic.json.problems.some((p) => p.field === 'create[1].name'), atomic.text);
  assert.equal((await t.api.get('/records/store?where=' + encodeURIComponent('code = "B-5"'))).json.records.length, 0);
});

test('the same idempotency key gives the first answer', async () => {
  const key = { 'idempotency-key': 'k-1' };
  const a = await t.api.post('/records/store', { code: 'I-1', name: '一次' }, key);
  const b = await t.api.post('/records/store', { code: 'I-1', name: '一次' }, key);
  assert.equal(b.status, 201);
  assert.deepEqual(a.json, b.json);
  const c = await t.api.post('/records/store', { code: 'I-2', name: '别的' }, key);
  assert.equal(c.status, 409);
});

test('search finds any substring, single characters and pinyin initials', async () => {
  await t.api.post('/records/store', { code: 'Q-1', name: '深圳华强北电子城' });
  for (const q of ['华强', '城', 'szhqb', '深圳华强北电子城', 'q-1']) {
    const r = await t.api.get('/search?q=' + encodeURIComponent(q));
    assert.ok(r.json.hits.some((h) => h.title === '深圳华强北电子城'), `${q}: ${r.text}`);
  }
  assert.equal((await t.api.get('/search?q=' + encodeURIComponent('100%_'))).json.hits.length, 0);
});

test('formulas are evaluated and errors carry their place', async () => {
  assert.deepEqual((await t.api.post('/formula', { formula: '0.1 + 0.2 = 0.3' })).json, { value: true, type: 'boolean' });
  const bad = await t.api.post('/formula', { formula: '1 + * 2' });
  assert.equal(bad.status, 422);
  assert.equal(bad.json.problems[0].field, '4');
  const s = (await t.api.get('/records/store?limit=1')).json.records[0];
  assert.equal((await t.api.post('/formula', { formula: 'name & "!"', module: 'store', id: s.id })).json.value, s.name + '!');
});

test('bad requests are refused in words', async () => {
  assert.equal((await t.api.post('/records/store', '{"a":')).status, 400);
  assert.equal((await t.api.get('/records/nothing')).status, 404);
  assert.equal((await t.api.get('/records/store/999999')).status, 404);
  assert.equal((await t.api.get('/records/store?where=' + encodeURIComponent('nothing = 1'))).status, 422);
  assert.equal((await t.api.get('/records/store?sort=nothing')).status, 422);
  assert.equal((await t.api.get('/records/store?limit=0')).status, 422);
  assert.equal((await t.api.get('/records/store?cursor=zz')).status, 400);
  assert.equal((await t.api.call('PUT', '/records/store')).status, 405);
  assert.equal((await t.api.get('/nowhere')).status, 404);
  const anonymous = await fetch(`${t.server.base}/api/v1/records/store`);
  assert.equal(anonymous.status, 401);
  assert.match(anonymous.headers.get('content-type'), /application\/problem\+json/);
});

test('a list in the order of a long text has a second page', async () => {
  const made = await t.api.post('/modules', { name: 'essay', title: 'name', fields: [{ name: 'name', type: 'text' }, { name: 'body', type: 'long_text' }] });
  assert.equal(made.status, 201, made.text);
  for (let i = 0; i < 5; i++) assert.equal((await t.api.post('/records/essay', { name: `${i}`, body: `${'上'.repeat(i < 3 ? 6000 : 7)}${i}` })).status, 201);
  for (const sort of ['body', '-body', 'body,-name']) {
    const whole = await t.api.get(`/records/essay?sort=${sort}&fields=name`), seen = [];
    assert.equal(whole.status, 200, whole.text);
    for (let cursor = ''; cursor !== null;) {
      const page = await t.api.get(`/records/essay?sort=${sort}&fields=name&limit=2&cursor=${cursor}`);
      assert.equal(page.status, 200, page.text);
      seen.push(...page.json.records.map((r) => r.name));
      cursor = page.json.next;
    }
    assert.deepEqual(seen, whole.json.records.map((r) => r.name));
  }
});
