// Changing modules and fields without code, renames included.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { running } from './server.mjs';

let t;
before(async () => { t = await running('core'); });
after(() => t?.end());

test('a new module and new fields are usable at once', async () => {
  const m = await t.api.post('/modules', { name: '直播场次', labels: { en: 'Live show', 'zh-CN': '直播场次' }, title: '主题', fields: [
    { name: '主题', type: 'text', required: true }, { name: '单价', type: 'money', scale: 2 }, { name: '数量', type: 'integer' },
    { name: '金额', type: 'formula', formula: '单价 * 数量', result: 'money', scale: 2 }] });
  assert.equal(m.status, 201, m.text);
  const path = '/records/' + encodeURIComponent('直播场次');
  const r = await t.api.post(path, { 主题: '双十一', 单价: '19.90', 数量: 300 });
  assert.equal(r.status, 201, r.text);
  assert.equal(r.json.金额, '5970.00');
  const f = await t.api.post(`/modules/${encodeURIComponent('直播场次')}/fields`, { name: '主播', type: 'text' });
  assert.equal(f.status, 201, f.text);
  assert.equal((await t.api.patch(`${path}/${r.json.id}`, { 主播: '李娜' })).json.主播, '李娜');
  assert.equal((await t.api.get(`${path}?where=${encodeURIComponent('主播 = "李娜" and 金额 > 5000')}`)).json.records.length, 1);
});

test('a rename keeps data and formulas; a used field is not deleted', async () => {
  const base = '/modules/' + encodeURIComponent('直播场次');
  const renamed = await t.api.patch(`${base}/fields/${encodeURIComponent('单价')}`, { name: '直播价' });
  assert.equal(renamed.status, 200, renamed.text);
  const m = (await t.api.get(base)).json;
  assert.equal(m.fields.find((f) => f.name === '金额').formula.replace(/\s/g, ''), '直播价*数量');
  const r = (await t.api.get('/records/' + encodeURIComponent('直播场次'))).json.records[0];
  assert.equal(r.直播价, '19.90');
  const gone = await t.api.delete(`${base}/fields/${encodeURIComponent('直播价')}`);
  assert.equal(gone.status, 409);
  assert.match(gone.json.title, /金额/);
  assert.equal((await t.api.delete(`${base}/fields/${encodeURIComponent('主播')}`)).status, 204);
});

test('what does not fit is refused and leaves no trace', async () => {
  const before = (await t.api.get('/modules')).json;
  for (const def of [
    { name: 'a";--', fields: [] }, { name: 'id', fields: [] }, { name: 'x'.repeat(80), fields: [] }, { name: 'in', fields: [] },
    { name: 'bad1', fields: [{ name: 'f', type: 'nonsense' }] }, { name: 'bad2', fields: [{ name: 'f', type: 'formula', formula: '1 +' }] },
    { name: 'bad3', fields: [{ name: 'f', type: 'relation', module: 'nowhere' }] }, { name: 'bad4', fields: [{ name: 'a', type: 'formula', formula: 'b' }, { name: 'b', type: 'formula', formula: 'a' }] },
    { name: 'bad5', fields: [{ name: 'f', type: 'text' }, { name: 'f', type: 'text' }] }, { name: 'user', fields: [] }]) {
    const r = await t.api.post('/modules', def);
    assert.ok(r.status === 422 || r.status === 409, `${JSON.stringify(def)}: ${r.status} ${r.text}`);
  }
  assert.equal((await t.api.get('/modules')).json.version, before.version);
});

test('formulas without a stated result take their types whatever the order they are written in', async () => {
  const made = await t.api.post('/modules', { name: 'chain', title: 'code', fields: [
    { name: 'code', type: 'text' },
    { name: 'later', type: 'formula', formula: 'middle' }, { name: 'label', type: 'formula', formula: 'IF(big, code, "-")' },
    { name: 'double', type: 'formula', formula: 'price * 2' },
    { name: 'middle', type: 'formula', formula: 'start + 7' }, { name: 'big', type: 'formula', formula: 'double > 20' }, { name: 'price', type: 'formula', formula: 'net + 0.5' },
    { name: 'start', type: 'date' }, { name: 'net', type: 'decimal', scale: 4 }] });
  assert.equal(made.status, 201, made.text);
  const types = Object.fromEntries(made.json.fields.map((f) => [f.name, f.result]));
  assert.deepEqual([types.later, types.label, types.double, types.middle, types.big, types.price], ['date', 'text', 'decimal', 'date', 'boolean', 'decimal']);
  const r = (await t.api.post('/records/chain', { code: 'A', start: '2026-01-25', net: '10.25' })).json;
  assert.deepEqual([r.later, r.label, r.double, r.middle, r.big, r.price], ['2026-02-01', 'A', '21.5000', '2026-02-01', true, '10.7500']);
});
