// What a value must be: named forms of text, filters of relations, choices that depend on others, record types.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { running, qudao } from './server.mjs';

let t;
before(async () => { t = await running(); });
after(() => t?.end());

const made = (r) => { assert.equal(r.status, 201, r.text); return r.json; };
const refused = (r, ...fields) => {
  assert.equal(r.status, 422, r.text);
  assert.deepEqual(r.json.problems.map((p) => p.field).sort(), fields.sort(), r.text);
  return r.json.problems.map((p) => p.message).join(' ');
};
const codes = ['91350100M000100Y43', '91110108551385082Q', '91440300708461136T'];

test('a credit code is checked by its check character and kept in its normal form, whichever way it comes in', async () => {
  const partner = { name: '福州信用贸易' };
  const one = made(await t.api.post('/records/partner', { ...partner, uscc: '91350100-m000100y43 ' }));
  assert.equal(one.uscc, codes[0]);
  const zh = { 'accept-language': 'zh-CN' }, en = { 'accept-language': 'en' };
  assert.match(refused(await t.api.post('/records/partner', { ...partner, uscc: '91350100M000100Y44' }, zh), 'uscc'), /校验码不正确/);
  assert.match(refused(await t.api.post('/records/partner', { ...partner, uscc: '91350100M000100Y44' }, en), 'uscc'), /check character/);
  assert.match(refused(await t.api.patch(`/records/partner/${one.id}`, { uscc: '9135' }, zh), 'uscc'), /18 位/);
  assert.equal((await t.api.patch(`/records/partner/${one.id}`, { uscc: codes[1].toLowerCase() })).json.uscc, codes[1]);
  assert.equal((await t.api.post('/records/partner', { ...partner, uscc: ` ${codes[1]}` })).status, 409, 'the same code in another spelling');
  const upsert = await t.api.post('/records/partner/batch', { key: 'uscc', create: [{ uscc: '91110108 551385082q', short_name: '信用' }] });
  assert.equal(upsert.status, 200, upsert.text);
  assert.equal((await t.api.get(`/records/partner/${one.id}`)).json.short_name, '信用');
  assert.equal(made(await t.api.post('/records/contact', { name: '张三', partner: { uscc: '91110108-551385082q' } })).partner.id, one.id);
  const file = join(t.dir, 'partners.csv');
  writeFileSync(file, `name,uscc\n深圳信用贸易,91440300 708461136t\n深圳错码贸易,914403007084611360\n`);
  let said = '';
  try { qudao('import', '--data', t.dir, '--module', 'partner', file); } catch (e) { said = e.stdout + e.stderr; }
  const all = (await t.api.get('/records/partner?limit=1000')).json.records;
  assert.deepEqual(all.filter((p) => /^深圳/.test(p.name)).map((p) => p.uscc), [codes[2]], said);
});

test('administrators give their own fields such a form', async () => {
  made(await t.api.post('/modules', { name: 'supplier', title: 'name', fields: [{ name: 'name', type: 'text' }, { name: 'code', type: 'text', format: 'uscc', unique: true },
    { name: 'site', type: 'text', format: 'url' }, { name: 'mail', type: 'email' },
    { name: 'guess', type: 'text', format: 'uscc', default: '=name' }] }));
  const field = (await t.api.get('/modules/supplier')).json.fields.find((f) => f.name === 'code');
  assert.equal(field.format, 'uscc');
  assert.equal(made(await t.api.post('/records/supplier', { name: codes[0].toLowerCase(), code: codes[1].toLowerCase() })).guess, codes[0]);
  refused(await t.api.post('/records/supplier', { name: codes[0], code: 'x', site: 'qudao', mail: '张三' }), 'code', 'site', 'mail');
  refused(await t.api.post('/records/supplier', { name: '甲', code: codes[2] }), 'guess');
  assert.equal((await t.api.post('/modules/supplier/fields', { name: 'odd', type: 'text', format: 'no_such' })).status, 422);
  assert.equal((await t.api.post('/modules/supplier/fields', { name: 'odd', type: 'integer', format: 'uscc' })).status, 422);
  made(await t.api.post('/modules/supplier/fields', { name: 'later', type: 'text' }));
  assert.equal((await t.api.patch('/modules/supplier/fields/later', { format: 'uscc' })).status, 200);
  refused(await t.api.post('/records/supplier', { name: codes[0], later: '1' }), 'later');
});

test('a relation takes only what its filter offers, and keeps what was chosen before', async () => {
  made(await t.api.post('/modules', { name: 'shelf', title: 'name', fields: [{ name: 'name', type: 'text' }, { name: 'open', type: 'boolean', default: true },
    { name: 'size', type: 'integer', default: 1 }] }));
  made(await t.api.post('/modules', { name: 'box', title: 'name', fields: [{ name: 'name', type: 'text' },
    { name: 'shelf', type: 'relation', module: 'shelf', related: 'boxes', where: 'open and size > 0' },
    { name: 'spare', type: 'relations', module: 'shelf', related: 'spares', where: 'open' },
    { name: 'big', type: 'relation', module: 'shelf', related: 'bigs', where: 'COUNT(boxes) > 0' }] }));
  const open = made(await t.api.post('/records/shelf', { name: '开' })), shut = made(await t.api.post('/records/shelf', { name: '关', open: false }));
  const field = (await t.api.get('/modules/box')).json.fields.find((f) => f.name === 'shelf');
  assert.equal(field.where, 'open and size > 0');
  const offered = await t.api.get('/records/shelf?where=' + encodeURIComponent(field.where));
  assert.deepEqual(offered.json.records.map((r) => r.id), [open.id]);
  assert.match(refused(await t.api.post('/records/box', { name: 'x', shelf: shut.id, spare: [open.id, shut.id] }, { 'accept-language': 'zh-CN' }), 'shelf', 'spare'), /不能选择/);
  refused(await t.api.post('/records/box', { name: 'x', big: open.id }), 'big');
  const box = made(await t.api.post('/records/box', { name: '一', shelf: open.id, spare: [open.id] }));
  assert.equal((await t.api.patch(`/records/box/${box.id}`, { big: open.id })).status, 200);
  refused(await t.api.patch(`/records/box/${box.id}`, { shelf: shut.id }), 'shelf');
  assert.equal((await t.api.patch(`/records/shelf/${open.id}`, { open: false })).status, 200);
  assert.equal((await t.api.patch(`/records/box/${box.id}`, { name: '二', shelf: open.id })).status, 200, 'it was chosen while it was open');
  refused(await t.api.post('/records/box/batch', { create: [{ name: 'y', shelf: open.id }], atomic: true }), 'create[0].shelf');
  // the filter is a formula like others: wrong ones are refused, renames are followed, what it reads is in use
  assert.equal((await t.api.post('/modules/box/fields', { name: 'bad', type: 'relation', module: 'shelf', where: 'nothing > 1' })).status, 422);
  assert.equal((await t.api.patch('/modules/shelf/fields/size', { name: 'width' })).status, 200);
  assert.equal((await t.api.get('/modules/box')).json.fields.find((f) => f.name === 'shelf').where, 'open and width > 0');
  const gone = await t.api.delete('/modules/shelf/fields/open');
  assert.equal(gone.status, 409, gone.text);
});

test('choices go with what they depend on, single and several', async () => {
  const options = (...list) => list.map(([code, ...when]) => ({ code, labels: { en: code, 'zh-CN': code }, ...(when.length ? { when } : {}) }));
  made(await t.api.post('/modules', { name: 'place', title: 'name', fields: [{ name: 'name', type: 'text' },
    { name: 'country', type: 'choice', options: options(['cn'], ['de']) },
    { name: 'city', type: 'choice', depends_on: 'country', options: options(['hangzhou', 'cn'], ['bonn', 'de'], ['other']) },
    { name: 'served', type: 'choices', depends_on: 'country', options: options(['hangzhou', 'cn'], ['bonn', 'de'], ['other']) }] }));
  const one = made(await t.api.post('/records/place', { name: '甲', country: 'cn', city: 'hangzhou', served: ['hangzhou', 'other'] }));
  refused(await t.api.post('/records/place', { name: '乙', country: 'cn', city: 'bonn', served: ['hangzhou', 'bonn'] }), 'city', 'served');
  refused(await t.api.post('/records/place', { name: '乙', city: 'hangzhou' }), 'city');
  refused(await t.api.patch(`/records/place/${one.id}`, { country: 'de' }), 'city', 'served');
  assert.equal((await t.api.patch(`/records/place/${one.id}`, { country: 'de', city: 'bonn', served: ['other'] })).status, 200);
});

test('record types have fields, required fields, choices and stages of their own', async () => {
  const option = (code) => ({ code, labels: { en: code, 'zh-CN': code } });
  made(await t.api.post('/modules', { name: 'visit', title: 'name', fields: [{ name: 'name', type: 'text' },
    { name: 'stage', type: 'choice', stage: true, default: 'planned', options: ['planned', 'ordered', 'done'].map(option) },
    { name: 'shop', type: 'text' }, { name: 'topic', type: 'text' }, { name: 'both', type: 'text', default: 'b' }, { name: 'rooms', type: 'integer', default: 3 },
    { name: 'tags', type: 'relations', module: 'region', related: 'visits' }],
    record_types: [
      { code: 'store', labels: { en: 'Store', 'zh-CN': '巡店' }, fields: ['shop', 'both', 'tags'], required: ['shop'], options: { stage: ['planned', 'done'] } },
      { code: 'training', labels: { en: 'Training', 'zh-CN': '培训' }, fields: ['topic', 'both', 'rooms'], required: ['topic'], options: { stage: ['planned', 'ordered', 'done'] } },
      { code: 'call', labels: { en: 'Call', 'zh-CN': '电话' } }] }));
  refused(await t.api.post('/records/visit', { name: 'x' }), 'record_type');
  refused(await t.api.post('/records/visit', { name: 'x', record_type: 'fair' }), 'record_type');
  refused(await t.api.post('/records/visit', { name: 'x', record_type: 'store' }), 'shop');
  assert.match(refused(await t.api.post('/records/visit', { name: 'x', record_type: 'store', shop: '一店', topic: 't', rooms: 1 }, { 'accept-language': 'zh-CN' }), 'topic', 'rooms'), /没有此字段/);
  refused(await t.api.post('/records/visit', { name: 'x', record_type: 'store', shop: '一店', stage: 'ordered' }), 'stage');
  const region = (await t.api.get('/records/region?limit=1')).json.records[0] ?? made(await t.api.post('/records/region', { name: '华东', code: 'E', kind: 'territory' }));
  const store = made(await t.api.post('/records/visit', { name: '甲', record_type: 'store', shop: '一店', topic: null, tags: [region.id] }));
  assert.deepEqual([store.stage, store.both, store.rooms, store.topic], ['planned', 'b', null, null]);
  refused(await t.api.patch(`/records/visit/${store.id}`, { stage: 'ordered' }), 'stage');
  refused(await t.api.patch(`/records/visit/${store.id}`, { topic: '产品' }), 'topic');
  refused(await t.api.patch(`/records/visit/${store.id}`, { record_type: 'training' }), 'topic');
  const moved = await t.api.patch(`/records/visit/${store.id}`, { record_type: 'training', topic: '产品', stage: 'ordered' });
  assert.equal(moved.status, 200, moved.text);
  assert.deepEqual([moved.json.shop, moved.json.both, moved.json.topic, moved.json.tags], [null, 'b', '产品', []]);
  const changes = (await t.api.get(`/records/visit/${store.id}/history`)).json.history[0].changes;
  assert.deepEqual(changes.find((c) => c.field === 'shop'), { field: 'shop', from: '一店', to: null });
  const call = made(await t.api.post('/records/visit', { name: '丙', record_type: 'call' }));
  assert.deepEqual([call.both, call.rooms], [null, null]);
});
