// Who is asking: the person of a partner, the people of departments.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { running, userWith } from './server.mjs';

let t;
before(async () => { t = await running(); });
after(() => t?.end());

test('a partner\'s person is told the partner by name', async () => {
  const partner = (await t.api.post('/records/partner', { name: '宁波海天贸易' })).json;
  const person = await userWith(t, 'ningbo@example.com', ['partner'], { partner: partner.id });
  const me = (await person.api.get('/me')).json;
  assert.deepEqual(me.user.partner, { id: partner.id, title: '宁波海天贸易' });
  assert.equal((await t.api.get('/me')).json.user.partner, null);
  const signed = await fetch(`${t.server.base}/api/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ningbo@example.com', password: 'another-horse-8' }) });
  assert.deepEqual((await signed.json()).user.partner, { id: partner.id, title: '宁波海天贸易' });
  const blind = await userWith(t, 'blind@example.com', [], { partner: partner.id });
  assert.deepEqual((await blind.api.get('/me')).json.user.partner, { id: partner.id, title: null });
});

test('a role for my department and those below it: rows, counts, queries, filters and writes', async () => {
  const department = async (name, parent) => (await t.api.post('/records/department', { name, code: name, parent })).json.id;
  const head = await department('总部'), east = await department('华东', head), hangzhou = await department('杭州', east), west = await department('西部', head);
  let r = await t.api.post('/modules', { name: 'lead', title: 'name', fields: [{ name: 'name', type: 'text' }, { name: 'team', type: 'department', related: 'leads' }, { name: 'worth', type: 'integer' }] });
  assert.equal(r.status, 201, r.text);
  const mine = 'team in MYDEPARTMENTS()';
  for (const role of [
    { name: 'by_team', modules: { lead: { read: mine, create: mine, update: mine, delete: 'team = MYDEPARTMENT()' }, department: { read: true } } },
    { name: 'by_owner', modules: { lead: { read: 'owner.department in MYDEPARTMENTS()' } } }]) {
    r = await t.api.post('/roles', { labels: { en: role.name, 'zh-CN': role.name }, ...role });
    assert.equal(r.status, 201, r.text);
  }
  const people = {};
  for (const [name, team, roles] of [['head', head, ['by_team']], ['east', east, ['by_team']], ['hangzhou', hangzhou, ['by_team']], ['west', west, ['by_team']],
    ['nobody', null, ['by_team']], ['owner', east, ['by_owner']]])
    people[name] = await userWith(t, `${name}@example.com`, roles, { department: team });
  const leads = {};
  for (const [name, team, owner] of [['h', head, null], ['e', east, 'owner'], ['z', hangzhou, 'hangzhou'], ['w', west, 'west'], ['x', null, 'hangzhou']])
    leads[name] = (await t.api.post('/records/lead', { name, team, worth: 1, owner: owner && people[owner].id })).json;
  const sees = async (who) => {
    const list = await people[who].api.get('/records/lead?count=true&sort=id');
    assert.equal(list.status, 200, list.text);
    assert.equal(list.json.total, list.json.records.length);
    const sum = await people[who].api.post('/query', { from: 'lead', select: { n: 'COUNT()' } });
    assert.equal(sum.json.rows[0]?.[0] ?? 0, list.json.total);
    return list.json.records.map((x) => x.name).join('');
  };
  for (const [who, what] of [['head', 'hezw'], ['east', 'ez'], ['hangzhou', 'z'], ['west', 'w'], ['nobody', ''], ['owner', 'ezx']])
    assert.equal(await sees(who), what, who);
  const { east: e } = people;
  const filtered = await e.api.get('/records/lead?where=' + encodeURIComponent('not (team = MYDEPARTMENT()) and team in MYDEPARTMENTS()'));
  assert.deepEqual(filtered.json.records.map((x) => x.name), ['z']);
  assert.equal((await e.api.get(`/records/lead/${leads.w.id}`)).status, 404);
  // the same answer where one record is looked at in C: writes and formulas
  assert.equal((await e.api.patch(`/records/lead/${leads.z.id}`, { worth: 2 })).status, 200);
  assert.equal((await e.api.patch(`/records/lead/${leads.w.id}`, { worth: 2 })).status, 404);
  assert.equal((await e.api.patch(`/records/lead/${leads.z.id}`, { team: west })).status, 403);
  assert.equal((await e.api.post('/records/lead', { name: 'n', team: west })).status, 403);
  assert.equal((await e.api.post('/records/lead', { name: 'n', team: hangzhou })).status, 201);
  assert.equal((await e.api.delete(`/records/lead/${leads.z.id}`)).status, 403);
  assert.equal((await people.hangzhou.api.post('/formula', { formula: 'team in MYDEPARTMENTS() and team = MYDEPARTMENT()', module: 'lead', id: leads.z.id })).json.value, true);
  // a department that moves takes its people and its records along, at once; a circle does no harm
  assert.equal((await t.api.patch(`/records/department/${hangzhou}`, { parent: west })).status, 200);
  assert.equal(await sees('east'), 'e');
  assert.equal(await sees('west'), 'zwn');
  assert.equal((await t.api.patch(`/records/department/${west}`, { parent: hangzhou })).status, 200);
  assert.equal(await sees('hangzhou'), 'zwn');
  assert.equal((await t.api.post('/modules/lead/fields', { name: 'stored', type: 'formula', formula: 'team in MYDEPARTMENTS()' })).status, 422);
});
