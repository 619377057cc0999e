// Many writers at once: numbers without twins, no update lost, roll-ups exact.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { running, qudaoBeside } from './server.mjs';

let t;
before(async () => {
  t = await running('core');
  for (const [path, body] of [
    ['/modules', { name: 'ticket', title: 'code', fields: [{ name: 'code', type: 'auto_number', pattern: 'T-{0000}' }, { name: 'who', type: 'integer' }] }],
    ['/modules', { name: 'account', title: 'name', fields: [{ name: 'name', type: 'text' }, { name: 'balance', type: 'integer', default: 0 }] }],
    ['/modules', { name: 'entry', title: 'note', fields: [{ name: 'note', type: 'text' }, { name: 'amount', type: 'decimal', scale: 2 },
      { name: 'account', type: 'relation', module: 'account', related: 'entries', required: true }] }],
    ['/modules/account/fields', { name: 'total', type: 'rollup', formula: 'SUM(entries.amount)', result: 'decimal', scale: 2 }],
    ['/modules/account/fields', { name: 'number', type: 'rollup', formula: 'COUNT(entries)', result: 'integer' }]]) {
    const r = await t.api.post(path, body);
    assert.equal(r.status, 201, r.text);
  }
});
after(() => t?.end());

const each = (n, f) => Promise.all(Array.from({ length: n }, (_, i) => f(i)));

test('32 writers get numbers without twins', async () => {
  const codes = (await each(32, async (who) => {
    const mine = [];
    for (let i = 0; i < 6; i++) {
      const r = await t.api.post('/records/ticket', { who });
      assert.equal(r.status, 201, r.text);
      mine.push(r.json.code);
    }
    assert.deepEqual(mine, [...mine].sort(), 'the numbers of one writer grow');
    return mine;
  })).flat();
  assert.equal(new Set(codes).size, 192);
  const stored = (await t.api.get('/records/ticket?limit=1000')).json.records.map((r) => r.code);
  assert.deepEqual(stored.sort(), codes.sort());
  assert.ok(codes.every((c) => /^T-\d{4}$/.test(c)));
});

test('16 clients that read, add and write back lose no update', async () => {
  const { id } = (await t.api.post('/records/account', { name: '往来', balance: 0 })).json;
  let refused = 0;
  await each(16, async () => {
    for (let done = 0; done < 5;) {
      const now = await t.api.get(`/records/account/${id}`);
      const r = await t.api.patch(`/records/account/${id}`, { balance: now.json.balance + 1 }, { 'if-match': now.headers.get('etag') });
      if (r.status === 200) {
        assert.equal(r.json.balance, now.json.balance + 1);
        done++;
      } else {
        assert.equal(r.status, 409, r.text);
        assert.ok(r.json.current.version > now.json.version, r.text);
        refused++;
      }
    }
  });
  const end = (await t.api.get(`/records/account/${id}`)).json;
  assert.deepEqual([end.balance, end.version], [80, 81]);
  assert.ok(refused > 0, 'nobody met anybody');
});

test('16 writers of lines keep the roll-up exact', async () => {
  const a = (await t.api.post('/records/account', { name: '甲' })).json, b = (await t.api.post('/records/account', { name: '乙' })).json;
  const want = new Map([[a.id, []], [b.id, []]]);
  await each(16, async (w) => {
    const account = w % 2 ? a.id : b.id, other = w % 2 ? b.id : a.id;
    const kept = [];
    for (let i = 0; i < 6; i++) {
      const amount = (w * 7 + i * 13) % 50 + 1;                 // in cents
      const r = await t.api.post('/records/entry', { note: `${w}-${i}`, amount: `0.${String(amount).padStart(2, '0')}`, account });
      assert.equal(r.status, 201, r.text);
      kept.push({ id: r.json.id, amount, account });
    }
    const changes = [['patch', { amount: '9.99' }], ['patch', { account: other }]];
    for (const [i, [, body]] of changes.entries()) assert.equal((await t.api.patch(`/records/entry/${kept[i].id}`, body)).status, 200);
    kept[0].amount = 999;
    kept[1].account = other;
    assert.equal((await t.api.delete(`/records/entry/${kept[2].id}`)).status, 204);
    kept.splice(2, 1);
    for (const k of kept) want.get(k.account).push(k.amount);
  });
  for (const [id, amounts] of want) {
    const now = (await t.api.get(`/records/account/${id}`)).json;
    assert.equal(now.number, amounts.length);
    assert.equal(now.total, (amounts.reduce((x, y) => x + y, 0) / 100).toFixed(2));
  }
});

test('who follows the feed by number misses nothing while 16 write and the command line imports', async () => {
  const seen = new Set(), made = [];
  let since = 0, done = false;
  const reader = (async () => {
    for (;;) {
      const end = done, r = await t.api.get(`/changes?since=${since}&limit=500`);
      assert.equal(r.status, 200, r.text);
      for (const c of r.json.changes) {
        assert.ok(c.seq > since, 'in order');
        since = c.seq;
        if (c.op !== 'create') continue;
        const key = `${c.module} ${c.id}`;
        assert.ok(!seen.has(key), `${key} twice`);
        seen.add(key);
      }
      if (end && !r.json.changes.length) return;
    }
  })();
  const account = (await t.api.post('/records/account', { name: '丙' })).json.id;
  const file = join(t.dir, 'tickets.csv');
  writeFileSync(file, 'who\n' + Array.from({ length: 5000 }, (_, i) => `${100000 + i}\n`).join(''));
  const importing = qudaoBeside('import', '--data', t.dir, '--module', 'ticket', file);
  await each(16, async (w) => {
    for (let i = 0; i < 10; i++) {
      const one = { note: `${w}-${i}`, amount: 1, account };
      const r = i % 5 ? await t.api.post('/records/entry', one) : await t.api.post('/records/entry/batch', { create: Array(10).fill(one) });
      assert.ok(r.status < 300, r.text);
      made.push(...(r.json.create ?? [r.json]).map((x) => x.id ?? x.record.id));
    }
  });
  await importing;
  done = true;
  await reader;
  assert.deepEqual(made.filter((id) => !seen.has(`entry ${id}`)), []);
  const tickets = await t.api.post('/query', { from: 'ticket', where: 'who >= 100000', select: { n: 'COUNT()' } });
  assert.equal(tickets.json.rows[0][0], 5000);
  const imported = [];
  for (let next = ''; next !== null;) {
    const page = (await t.api.get(`/records/ticket?where=${encodeURIComponent('who >= 100000')}&limit=1000&fields=who&cursor=${next}`)).json;
    imported.push(...page.records.map((r) => r.id));
    next = page.next;
  }
  assert.deepEqual(imported.filter((id) => !seen.has(`ticket ${id}`)), []);
});

test('an import beside 16 who write to the same records gets through, and the roll-ups stay exact', async () => {
  const a = (await t.api.post('/records/account', { name: '丁' })).json.id, b = (await t.api.post('/records/account', { name: '戊' })).json.id;
  const file = join(t.dir, 'entries.csv'), rows = 3000;
  writeFileSync(file, 'note,amount,account\n' + Array.from({ length: rows }, (_, i) => `${i},1.00,${i % 2 ? a : b}\n`).join(''));
  let busy = true, wrote = 0;
  const importing = qudaoBeside('import', '--data', t.dir, '--module', 'entry', file).finally(() => { busy = false; });
  await each(16, async (w) => {
    while (busy) {
      const r = await t.api.post('/records/entry', { note: 'beside', amount: 1, account: w % 2 ? a : b });
      assert.equal(r.status, 201, r.text);
      wrote++;
    }
  });
  await importing;
  const [x, y] = (await t.api.get(`/records/account?ids=${a},${b}`)).json.records;
  assert.equal(x.number + y.number, rows + wrote);
  assert.equal(Number(x.total) + Number(y.total), rows + wrote);
});
