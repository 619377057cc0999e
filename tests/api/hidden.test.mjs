// What is hidden stays hidden on every way to it: through relations, lists, links, lines, roles that say “all fields”, refusals.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { running, userWith } from './server.mjs';

let t;
before(async () => { t = await running('core'); });
after(() => t?.end());
const made = async (where, body) => { const r = await t.api.post(where, body); assert.equal(r.status, 201, r.text); return r.json; };
const L = (s) => ({ en: s, 'zh-CN': s });
const q = encodeURIComponent;

test('nothing is read through a record that is hidden', async () => {
  await made('/modules', { name: 'zone', title: 'name', labels: L('Zone'), fields: [{ name: 'name', type: 'text' }] });
  await made('/modules', { name: 'shop', title: 'name', labels: L('Shop'), fields: [{ name: 'name', type: 'text' }, { name: 'zone', type: 'relation', module: 'zone', related: 'shops' }] });
  await made('/modules', { name: 'visit', title: 'name', labels: L('Visit'), fields: [{ name: 'name', type: 'text' }, { name: 'shop', type: 'relation', module: 'shop', related: 'visits' }] });
  await made('/roles', { name: 'rep', labels: L('Rep'), modules: { zone: { read: true }, shop: { read: 'owner = ME()' }, visit: { read: true } } });
  const rep = await userWith(t, 'rep@example.com', ['rep']);
  const zone = await made('/records/zone', { name: 'North' });
  const shop = await made('/records/shop', { name: 'Hidden', zone: zone.id });
  const mine = await made('/records/shop', { name: 'Mine', zone: zone.id, owner: rep.id });
  const visit = await made('/records/visit', { name: 'V1', shop: shop.id });
  const open = await made('/records/visit', { name: 'V2', shop: mine.id });
  const list = await rep.api.get('/records/visit?fields=shop.zone.name,shop.zone&sort=name');
  assert.equal(list.status, 200, list.text);
  assert.equal(list.json.records[1]['shop.zone.name'], 'North');
  assert.equal(list.json.records[0]['shop.zone.name'], null);
  const hits = await rep.api.get('/records/visit?where=' + q('shop.zone.name = "North"'));
  assert.deepEqual(hits.json.records.map((x) => x.id), [open.id]);
  const sum = await rep.api.post('/query', { from: 'visit', group: { z: 'shop.zone.name' }, select: { n: 'COUNT()' }, sort: 'z' });
  assert.equal(sum.status, 200, sum.text);
  assert.deepEqual(sum.json.rows.map((r) => r[1]), [1, 1], sum.text);
  const f = await rep.api.post('/formula', { formula: 'shop.zone.name', module: 'visit', id: visit.id });
  assert.ok(!f.text.includes('North'), f.text);
  for (const form of ['COUNT(shop.visits)', 'COUNT(shop.zone.shops)']) {
    const x = await rep.api.post('/formula', { formula: form, module: 'visit', id: visit.id });
    assert.equal(String(x.json.value), '0', form + x.text);
    const y = await rep.api.post('/formula', { formula: form, module: 'visit', id: open.id });
    assert.equal(String(y.json.value), '1', form + y.text);
    const w = await rep.api.get('/records/visit?where=' + q(form + ' > 0'));
    assert.deepEqual(w.json.records?.map((r) => r.id), [open.id], form + w.text);
  }
});

test('links and lines are shown with the rows whose role shows them', async () => {
  await made('/modules', { name: 'label', title: 'name', labels: L('Label'), fields: [{ name: 'name', type: 'text' }] });
  await made('/modules', { name: 'leaf', title: 'name', labels: L('Leaf'), line: true, fields: [{ name: 'name', type: 'text' }] });
  await made('/modules', { name: 'tree', title: 'name', labels: L('Tree'), fields: [{ name: 'name', type: 'text' }, { name: 'labels', type: 'relations', module: 'label' }] });
  await made('/modules/leaf/fields', { name: 'tree', type: 'relation', module: 'tree', on_delete: 'cascade', labels: L('Tree') });
  await made('/modules/tree/fields', { name: 'leaves', type: 'lines', module: 'leaf', via: 'tree', labels: L('Leaves') });
  await made('/roles', { name: 'all_trees', labels: L('A'), modules: { label: { read: true }, leaf: { read: true, create: true, update: true, delete: true }, tree: { read: true, update: true, fields: { labels: 'none', leaves: 'none' } } } });
  await made('/roles', { name: 'own_trees', labels: L('B'), modules: { tree: { read: 'owner = ME()', update: 'owner = ME()', fields: { leaves: 'read' } } } });
  const u = await userWith(t, 'tree@example.com', ['all_trees', 'own_trees']);
  const label = await made('/records/label', { name: 'l' });
  const own = await made('/records/tree', { name: 'own', labels: [label.id], leaves: [{ name: 'x' }], owner: u.id });
  const other = await made('/records/tree', { name: 'other', labels: [label.id], leaves: [{ name: 'y' }] });
  const a = await u.api.get('/records/tree/' + own.id), b = await u.api.get('/records/tree/' + other.id);
  assert.equal(a.json.labels.length, 1, a.text);
  assert.equal(a.json.leaves.length, 1, a.text);
  assert.deepEqual(b.json.labels, [], b.text);
  assert.deepEqual(b.json.leaves, [], b.text);
  const list = await u.api.get('/records/tree?fields=labels&sort=name');
  assert.deepEqual(list.json.records.map((r) => r.labels.length), [0, 1], list.text);
  assert.equal((await u.api.patch('/records/tree/' + own.id, { leaves: [{ name: 'z' }] })).status, 403);
});

test('what a role says of all fields does not undo what it says of one, in either order', async () => {
  await made('/modules', { name: 'safe', title: 'name', labels: L('Safe'), fields: [{ name: 'name', type: 'text' }, { name: 'secret', type: 'text' }] });
  await made('/roles', { name: 'star', labels: L('S'), modules: { safe: { read: true, fields: { secret: 'none', '*': 'read' } } } });
  const u = await userWith(t, 'star@example.com', ['star']);
  const s = await made('/records/safe', { name: 'n', secret: 'canary' });
  const r = await u.api.get('/records/safe/' + s.id);
  assert.ok(!('secret' in r.json), r.text);
});

test('a refusal to delete does not count what is hidden', async () => {
  await made('/modules', { name: 'vault', title: 'name', labels: L('Vault'), fields: [{ name: 'name', type: 'text' }, { name: 'safe', type: 'relation', module: 'safe', on_delete: 'restrict' }] });
  await made('/roles', { name: 'cleaner', labels: L('C'), modules: { safe: { read: true, delete: true } } });
  const u = await userWith(t, 'cleaner@example.com', ['cleaner']);
  const s = await made('/records/safe', { name: 'm' });
  for (let i = 0; i < 3; i++) await made('/records/vault', { name: 'v' + i, safe: s.id });
  const r = await u.api.delete('/records/safe/' + s.id);
  assert.equal(r.status, 409, r.text);
  assert.ok(!/3|Vault/.test(r.json.title + r.json.detail), r.text);
});

test('lines that are hidden stay when the others are sent back', async () => {
  await made('/modules', { name: 'twig', title: 'name', labels: L('Twig'), line: true, fields: [{ name: 'name', type: 'text' }, { name: 'n', type: 'integer' }] });
  await made('/modules', { name: 'bush', title: 'name', labels: L('Bush'), fields: [{ name: 'name', type: 'text' }] });
  await made('/modules/twig/fields', { name: 'bush', type: 'relation', module: 'bush', on_delete: 'cascade', labels: L('Bush'), related: 'rows' });
  await made('/modules/bush/fields', { name: 'leaves', type: 'lines', module: 'twig', via: 'bush', labels: L('Leaves') });
  await made('/roles', { name: 'pruner', labels: L('Pruner'), modules: { bush: { read: true, update: true }, twig: { read: 'name <> "hidden"', create: true, update: true, delete: true } } });
  const u = await userWith(t, 'pruner@example.com', ['pruner']);
  const tree = await made('/records/bush', { name: 'x', leaves: [{ name: 'a' }, { name: 'hidden' }] });
  const seen = (await u.api.get('/records/bush/' + tree.id)).json;
  const p = await u.api.patch('/records/bush/' + tree.id, { leaves: [...seen.leaves.map((l) => ({ id: l.id, name: l.name + '2' })), { name: 'c' }] });
  assert.equal(p.status, 200, p.text);
  assert.deepEqual((await t.api.get('/records/bush/' + tree.id)).json.leaves.map((l) => l.name), ['a2', 'hidden', 'c']);
});
