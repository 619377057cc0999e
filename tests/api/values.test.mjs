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
