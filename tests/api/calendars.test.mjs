// Business calendars: shipped, changed over the API, used by formulas by default and by name, and stored formulas that follow.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { running, userWith } from './server.mjs';

let t;
before(async () => { t = await running('core'); });
after(() => t?.end());

const value = async (formula, api = t.api) => {
  const r = await api.post('/formula', { formula });
  assert.equal(r.status, 200, r.text);
  return r.json.value;
};

test('the public holidays of China are there, with the weekends that people work', async () => {
  const { calendars } = (await t.api.get('/calendars')).json;
  assert.deepEqual(calendars.map((c) => [c.name, c.default]), [['CN', true]]);
  const cn = (await t.api.get('/calendars/CN')).json;
  assert.ok(cn.holidays.some((h) => h.from === '2026-02-15' && h.to === '2026-02-23' && h.labels['zh-CN'] === '春节'));
  assert.equal(await value('NETWORKDAYS(DATE(2026,2,1), DATE(2026,2,28))'), 16);
  assert.equal(await value('WORKDAY(DATE(2026,2,13), 2)'), '2026-02-24');
  assert.equal(await value('ISWORKDAY(DATE(2026,2,14))'), true);
  assert.equal(await value('ISWORKDAY(DATE(2026,2,16), "CN")'), false);
  assert.equal(await value('WORKDAY.CAL(DATE(2026,9,30), 1, "CN")'), '2026-10-08');
  assert.equal(await value('NETWORKDAYS.CAL(DATE(2026,10,1), DATE(2026,10,10), "CN")'), 3);
  assert.equal(await value('IFERROR(NETWORKDAYS.CAL(DATE(2026,10,1), DATE(2026,10,10), "XX"), -1)'), -1);
  assert.equal((await t.api.get('/calendars/XX')).status, 404);
});

test('a calendar of one\'s own is used at once, by name and by default, and stored formulas follow it', async () => {
  for (const [path, body] of [
    ['/modules', { name: 'job', title: 'name', fields: [{ name: 'name', type: 'text' }, { name: 'start', type: 'date' },
      { name: 'due', type: 'formula', formula: 'WORKDAY(start, 1)', result: 'date' },
      { name: 'ship', type: 'formula', formula: 'WORKDAY.CAL(start, 1, "工厂")', result: 'date' }] }]])
    assert.equal((await t.api.post(path, body)).status, 201);
  const job = (await t.api.post('/records/job', { name: '甲', start: '2026-01-30' })).json;
  assert.deepEqual([job.due, job.ship], ['2026-02-02', null]);
  const factory = { labels: { en: 'Factory', 'zh-CN': '工厂日历' }, weekend: [7], holidays: [{ from: '2026-01-31' }], workdays: [{ from: '2026-02-01' }] };
  const path = '/calendars/' + encodeURIComponent('工厂');
  const put = await t.api.put(path, factory);
  assert.equal(put.status, 201, put.text);
  assert.equal(put.json.name, '工厂');
  const now = async () => { const r = (await t.api.get(`/records/job/${job.id}`)).json; return [r.due, r.ship]; };
  assert.deepEqual(await now(), ['2026-02-02', '2026-02-01']);
  assert.equal((await t.api.put(path, { ...factory, default: true })).status, 200);
  assert.deepEqual((await t.api.get('/calendars')).json.calendars.filter((c) => c.default).map((c) => c.name), ['工厂']);
  assert.deepEqual(await now(), ['2026-02-01', '2026-02-01']);
  const found = await t.api.get('/records/job?where=' + encodeURIComponent('not ISWORKDAY(start + 1) and WORKDAY(start, 2) = DATE(2026,2,2)'));
  assert.deepEqual(found.json?.records?.map((r) => r.id), [job.id], found.text);
  assert.equal((await t.api.delete(path)).status, 204);
  assert.deepEqual(await now(), ['2026-02-02', null]);
});

test('what is no calendar is refused, all of it at once; and only administrators change them', async () => {
  const bad = await t.api.put('/calendars/bad', { weekend: [1, 9], holidays: [{ from: '2026-02-30' }, { from: '2026-02-02', to: '2026-02-01' }], workdays: [{ from: '2026-02-01', too: '' }], name2: 1 });
  assert.equal(bad.status, 422, bad.text);
  assert.deepEqual(bad.json.problems.map((p) => p.field), ['name2', 'weekend', 'holidays[0]', 'holidays[1]', 'too']);
  assert.equal((await t.api.put('/calendars/bad', { weekend: [1, 2, 3, 4, 5, 6, 7] })).status, 422);
  const zh = await t.api.put('/calendars/bad', { weekend: [0] }, { 'accept-language': 'zh-CN' });
  assert.match(zh.json.problems[0].message, /星期一/);
  const user = await userWith(t, 'reader@example.com', []);
  assert.equal((await user.api.get('/calendars/CN')).status, 200);
  assert.equal((await user.api.put('/calendars/CN', { weekend: [] })).status, 403);
  assert.equal((await user.api.delete('/calendars/CN')).status, 403);
});
