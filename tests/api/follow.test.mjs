// What follows from a change: formulas over links, long lists of lines, names in record types, decimals of roll-ups.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { running } from './server.mjs';

let t;
before(async () => { t = await running('core'); });
after(() => t?.end());
const made = async (where, body) => { const r = await t.api.post(where, body); assert.equal(r.status, 201, r.text); return r.json; };
const L = (s) => ({ en: s, 'zh-CN': s });

test('formulas over linked records follow the links', async () => {
  await made('/modules', { name: 'part', title: 'name', labels: L('Part'), fields: [{ name: 'name', type: 'text' }, { name: 'price', type: 'integer' }] });
  await made('/modules', { name: 'kit', title: 'name', labels: L('Kit'), fields: [{ name: 'name', type: 'text' }, { name: 'parts', type: 'relations', module: 'part' },
    { name: 'price', type: 'formula', formula: 'SUM(parts.price)', result: 'integer' }, { name: 'n', type: 'rollup', formula: 'COUNT(parts)', result: 'integer' }] });
  await made('/modules', { name: 'sale', title: 'name', labels: L('Sale'), fields: [{ name: 'name', type: 'text' }, { name: 'kit', type: 'relation', module: 'kit' },
    { name: 'price', type: 'formula', formula: 'SUM(kit.parts.price)', result: 'integer' }] });
  const a = await made('/records/part', { name: 'a', price: 3 }), b = await made('/records/part', { name: 'b', price: 4 });
  const kit = await made('/records/kit', { name: 'k', parts: [a.id] });
  const sale = await made('/records/sale', { name: 's', kit: kit.id });
  const now = async () => { const k = (await t.api.get('/records/kit/' + kit.id)).json, s = (await t.api.get('/records/sale/' + sale.id)).json; return [k.price, k.n, s.price]; };
  assert.deepEqual(await now(), [3, 1, 3]);
  assert.equal((await t.api.patch('/records/kit/' + kit.id, { parts: [a.id, b.id] })).status, 200);
  assert.deepEqual(await now(), [7, 2, 7]);
  await t.api.patch('/records/part/' + b.id, { price: 5 });
  assert.deepEqual(await now(), [8, 2, 8]);
  await t.api.delete('/records/part/' + b.id);
  assert.deepEqual(await now(), [3, 1, 3]);
  await t.api.post(`/records/part/${b.id}/restore`, {});
  assert.deepEqual(await now(), [8, 2, 8]);
});

test('a record with more than 1,000 lines shows all of them', async () => {
  await made('/modules', { name: 'leaf', title: 'name', labels: L('Leaf'), line: true, fields: [{ name: 'name', type: 'text' }] });
  await made('/modules', { name: 'tree', title: 'name', labels: L('Tree'), fields: [{ name: 'name', type: 'text' }] });
  await made('/modules/leaf/fields', { name: 'tree', type: 'relation', module: 'tree', on_delete: 'cascade', labels: L('Tree') });
  await made('/modules/tree/fields', { name: 'leaves', type: 'lines', module: 'leaf', via: 'tree', labels: L('Leaves') });
  const tree = await made('/records/tree', { name: 'big', leaves: Array.from({ length: 2300 }, (_, i) => ({ name: 'n' + i })) });
  const r = await t.api.get('/records/tree/' + tree.id);
  assert.equal(r.json.leaves.length, 2300);
  assert.equal(new Set(r.json.leaves.map((x) => x.id)).size, 2300);
});

test('renaming a choice keeps what record types offer of it', async () => {
  await made('/modules', { name: 'claim', title: 'name', labels: L('Claim'), fields: [{ name: 'name', type: 'text' },
    { name: 'grade', type: 'choice', options: [{ code: 'a', labels: L('a') }, { code: 'b', labels: L('b') }] }],
    record_types: [{ code: 'x', labels: L('x'), options: { grade: ['a'] } }] });
  assert.equal((await t.api.post('/records/claim', { name: '1', grade: 'b' })).status, 422);
  const p = await t.api.patch('/modules/claim/fields/grade', { name: 'level' });
  assert.equal(p.status, 200, p.text);
  assert.equal((await t.api.post('/records/claim', { name: '2', level: 'a' })).status, 201);
  assert.equal((await t.api.post('/records/claim', { name: '3', level: 'b' })).status, 422);
});

test('a formula without a stated result keeps its value when what it reads gets more decimals', async () => {
  await made('/modules', { name: 'item', title: 'name', labels: L('Item'), fields: [{ name: 'name', type: 'text' },
    { name: 'price', type: 'decimal', scale: 2 }, { name: 'rate', type: 'decimal', scale: 3 }, { name: 'amount', type: 'formula', formula: 'price * 1' }] });
  await made('/modules', { name: 'bill', title: 'name', labels: L('Bill'), fields: [{ name: 'name', type: 'text' }, { name: 'item', type: 'relation', module: 'item' },
    { name: 'total', type: 'formula', formula: 'item.amount + 100' }] });
  const bills = [];
  for (const price of ['0', '12.50']) {
    const item = await made('/records/item', { name: price, price, rate: '1' });
    bills.push(await made('/records/bill', { name: price, item: item.id }));
  }
  const totals = async () => { const r = []; for (const b of bills) r.push(Number((await t.api.get('/records/bill/' + b.id)).json.total)); return r; };
  assert.deepEqual(await totals(), [100, 112.5]);
  const p = await t.api.patch('/modules/item/fields/amount', { formula: 'price * rate' });
  assert.equal(p.status, 200, p.text);
  assert.deepEqual(await totals(), [100, 112.5]);
});

test('a formula may not change into another kind of value', async () => {
  const p = await t.api.patch('/modules/item/fields/amount', { formula: '"x" & price' });
  const r = await t.api.get('/records/item');
  assert.equal(p.status, 422, p.text);
  assert.equal(Number(r.json.records.find((x) => x.name === '12.50').amount), 12.5, r.text);
});

test('a field that is searched from now on is found, and one that is no longer is not', async () => {
  await made('/modules', { name: 'memo', title: 'name', labels: L('Memo'), fields: [{ name: 'name', type: 'text' }, { name: 'body', type: 'text', search: false }] });
  await made('/records/memo', { name: 'x', body: 'needle' });
  assert.equal((await t.api.get('/search?q=needle')).json.hits.length, 0);
  assert.equal((await t.api.patch('/modules/memo/fields/body', { search: true })).status, 200);
  assert.equal((await t.api.get('/search?q=needle')).json.hits.length, 1);
  assert.equal((await t.api.patch('/modules/memo/fields/body', { search: false })).status, 200);
  assert.equal((await t.api.get('/search?q=needle')).json.hits.length, 0);
});

test('totals go up a tree of 20 levels', async () => {
  await made('/modules', { name: 'node', title: 'name', labels: L('Node'), fields: [{ name: 'name', type: 'text' }, { name: 'own', type: 'integer' }, { name: 'parent', type: 'relation', module: 'node', related: 'kids' }] });
  const f = await t.api.post('/modules/node/fields', { name: 'total', type: 'rollup', formula: 'own + SUM(kids.total)', result: 'integer', labels: L('T') });
  assert.equal(f.status, 201, f.text);
  const root = [];
  let parent = null;
  for (let i = 0; i < 20; i++) { const r = await t.api.post('/records/node', { name: 'n' + i, own: 1, parent }); assert.equal(r.status, 201, i + r.text); parent = r.json.id; root.push(parent); }
  assert.equal((await t.api.get('/records/node/' + root[0])).json.total, 20);
});

test('pages go on when they are sorted by a lookup or a formula of long text', async () => {
  await made('/modules', { name: 'doc', title: 'name', labels: L('Doc'), fields: [{ name: 'name', type: 'text' }, { name: 'body', type: 'long_text' }] });
  await made('/modules', { name: 'ref', title: 'name', labels: L('Ref'), fields: [{ name: 'name', type: 'text' }, { name: 'doc', type: 'relation', module: 'doc' }, { name: 'b', type: 'lookup', path: 'doc.body' }, { name: 'c', type: 'formula', formula: 'REPT(name, 5000)', result: 'text' }] });
  for (let i = 0; i < 3; i++) { const d = await made('/records/doc', { name: 'd', body: 'x'.repeat(9000) + i }); await made('/records/ref', { name: 'r' + i, doc: d.id }); }
  for (const s of ['b', 'c']) {
    const one = await t.api.get(`/records/ref?sort=${s}&limit=1`);
    const two = await t.api.get(`/records/ref?sort=${s}&limit=1&cursor=` + one.json.next);
    assert.equal(two.status, 200, s + two.status);
  }
});

test('rules over the total of the lines are asked with the lines that come', async () => {
  await made('/modules/leaf/fields', { name: 'n', type: 'integer', labels: L('N') });
  await made('/modules/tree/fields', { name: 'total', type: 'rollup', formula: 'SUM(leaves.n)', result: 'integer', labels: L('Total') });
  assert.equal((await t.api.patch('/modules/tree', { rules: [{ name: 'some', when: 'total = 0', labels: L('It needs leaves') }] })).status, 200);
  assert.equal((await t.api.post('/records/tree', { name: 'bare' })).status, 422);
  assert.equal((await t.api.post('/records/tree', { name: 'bare', leaves: [{ name: 'a', n: 0 }] })).status, 422);
  const tree = await made('/records/tree', { name: 'full', leaves: [{ name: 'a', n: 4 }] });
  assert.equal((await t.api.patch('/records/tree/' + tree.id, { leaves: [] })).status, 422);
  const after = (await t.api.get('/records/tree/' + tree.id)).json;
  assert.deepEqual([after.total, after.leaves.length, after.version], [4, 1, 1]);
  assert.equal((await t.api.patch('/records/tree/' + tree.id, { leaves: [{ id: after.leaves[0].id, n: 5 }] })).status, 200);
  const r = await t.api.post('/records/tree/batch', { create: [{ name: 'x', leaves: [{ name: 'a', n: 0 }] }, { name: 'y', leaves: [{ name: 'b', n: 1 }] }], atomic: false });
  assert.equal((await t.api.get('/records/tree?count=true&limit=1&where=' + encodeURIComponent('name in ("x", "y")'))).json.total, 1, r.text);
  assert.equal((await t.api.get('/records/leaf?count=true&where=' + encodeURIComponent('name = "a" and n = 0'))).json.total, 0);
});
