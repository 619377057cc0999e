// The server is killed at random moments under load, many times.  Afterwards the workspace is whole, every answered write is
// there, every unanswered one is there wholly or not at all, nothing else is there, and sending the unanswered ones again
// under their idempotency keys does them exactly once.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { rmSync } from 'node:fs';
import { workspace, start, client, qudao } from './server.mjs';

const ROUNDS = Number(process.env.QUDAO_CRASH_ROUNDS ?? 50), CLIENTS = 8;
const lines = (mark, n) => Array.from({ length: n }, (_, i) => ({ stamp: mark, qty: i + 1 }));
const bill = (code, mark, n) => ({ code, mark, twin: mark, n, lines: lines(mark, n) });
const size = (i) => 1 + (i * 7) % 5;

async function design(api) {
  for (const [path, body] of [
    ['/modules', { name: 'bill', title: 'code', fields: [{ name: 'code', type: 'text', unique: true, required: true },
      { name: 'mark', type: 'text' }, { name: 'twin', type: 'text' }, { name: 'n', type: 'integer' }] }],
    ['/modules', { name: 'bill_line', title: 'stamp', fields: [{ name: 'stamp', type: 'text' }, { name: 'qty', type: 'integer' },
      { name: 'bill', type: 'relation', module: 'bill', related: 'rows', required: true, on_delete: 'cascade' }] }],
    ['/modules/bill/fields', { name: 'lines', type: 'lines', module: 'bill_line', via: 'bill' }],
    ['/modules/bill/fields', { name: 'total', type: 'rollup', formula: 'SUM(rows.qty)', result: 'integer' }]]) {
    const r = await api.post(path, body);
    assert.equal(r.status, 201, r.text);
  }
}

// One client: writes one after the other; `sent` holds the write without an answer, `kept` what answers have promised.
async function load(api, name, state) {
  for (let i = 0; ; i++) {
    const mark = `${name}-${i}`, n = size(i), mine = [...state.kept.values()].filter((b) => b.client === name);
    const w = { key: `k-${mark}`, after: [] };
    if (i % 3 === 2 && mine.length) {
      const old = mine[i % mine.length];
      w.after = [{ code: old.code, mark, n, client: name, id: old.id, version: old.version + 1 }];
      w.send = (a) => a.patch(`/records/bill/${old.id}`, { mark, twin: mark, n, lines: lines(mark, n) }, { 'idempotency-key': w.key, 'if-match': `"${old.version}"` });
    } else {
      const two = i % 2 ? [`${mark}-a`, `${mark}-b`] : [mark];
      w.after = two.map((code) => ({ code, mark, n, client: name, version: 1 }));
      w.send = two.length === 1
        ? (a) => a.post('/records/bill', bill(mark, mark, n), { 'idempotency-key': w.key })
        : (a) => a.post('/records/bill/batch', { create: two.map((code) => bill(code, mark, n)) }, { 'idempotency-key': w.key });
    }
    state.sent.set(name, w);
    let r;
    do {
      try { r = await w.send(api); } catch { return; }      // killed: nobody knows whether it was done
    } while (r.status === 503);                             // busy, says the server: not done, please again
    assert.ok(r.status === 200 || r.status === 201, `${r.status} ${r.text}`);
    settle(state, w, r.json);
    state.sent.delete(name);
  }
}

function settle(state, w, json) {
  w.after.forEach((b, i) => {
    const made = json.create ? json.create[i] : json;
    state.kept.set(b.code, { ...b, id: b.id ?? made.id ?? made.record?.id, version: made.version ?? b.version });
  });
}

async function all(api, path) {
  const rows = [];
  let cursor = '';
  do {
    const r = await api.get(`${path}&limit=1000&cursor=${cursor}`);
    assert.equal(r.status, 200, r.text);
    rows.push(...r.json.records);
    cursor = r.json.next;
  } while (cursor);
  return rows;
}

// What is in the workspace under the prefix, each record checked to be of one piece.
async function found(api, prefix) {
  const where = (path) => encodeURIComponent(`STARTSWITH(${path}, "${prefix}")`);
  const bills = new Map((await all(api, `/records/bill?where=${where('code')}`)).map((b) => [b.id, { ...b, stamps: [], sum: 0 }]));
  for (const l of await all(api, `/records/bill_line?where=${where('stamp')}`)) {
    const b = bills.get(l.bill.id);
    assert.ok(b, `line ${l.id} without its bill`);
    b.stamps.push(l.stamp);
    b.sum += l.qty;
  }
  for (const b of bills.values()) {
    assert.equal(b.twin, b.mark, `${b.code} is half written`);
    assert.equal(b.stamps.length, b.n, `${b.code}: ${b.stamps.length} of ${b.n} lines`);
    assert.ok(b.stamps.every((s) => s === b.mark), `${b.code} (${b.mark}) has lines of another write: ${b.stamps}`);
    assert.equal(b.total, b.sum, `${b.code}: roll-up ${b.total}, lines ${b.sum}`);
  }
  return new Map([...bills.values()].map((b) => [b.code, b]));
}

const same = (b, want) => b && b.mark === want.mark && b.n === want.n;

async function verify(api, prefix, state) {
  const have = await found(api, prefix), open = [...state.sent.values()];
  let lost = 0;
  for (const w of open) {
    const done = w.after.map((b) => same(have.get(b.code), b));
    assert.ok(done.every((d) => d === done[0]), `half a write: ${JSON.stringify(w.after)}`);
    if (!done[0]) lost++;
  }
  const ahead = new Map(open.flatMap((w) => w.after.map((b) => [b.code, b])));
  for (const [code, want] of state.kept) {
    const b = have.get(code), other = ahead.get(code);
    assert.ok(b, `${code} was answered and is gone`);
    assert.ok(same(b, want) || (other && same(b, other)), `${code}: answered ${want.mark}, found ${b.mark}`);
    assert.equal(b.version, same(b, want) ? want.version : other.version, code);
  }
  for (const code of have.keys()) assert.ok(state.kept.has(code) || ahead.has(code), `${code} was never sent`);
  for (const w of open) {                                    // again: done exactly once, whether it was before or not
    const r = await w.send(api);
    assert.ok(r.status === 200 || r.status === 201, `again: ${r.status} ${r.text}`);
    settle(state, w, r.json);
  }
  const now = await found(api, prefix);
  assert.equal(now.size, state.kept.size);
  for (const [code, want] of state.kept) {
    assert.ok(same(now.get(code), want), code);
    assert.equal(now.get(code).version, want.version, code);
  }
  for (const w of open.slice(0, 2)) {
    const h = await api.get(`/records/bill/${state.kept.get(w.after[0].code).id}/history`);
    assert.equal(h.status, 200, `${w.after[0].code} ${JSON.stringify(state.kept.get(w.after[0].code))}: ${h.text}`);
    assert.deepEqual(h.json.history.map((x) => x.op), [...Array(w.after[0].version - 1).fill('update'), 'create'], h.text);
  }
  return { open: open.length, lost, kept: state.kept.size };
}

test(`killed ${ROUNDS} times under load`, { timeout: 900000 }, async (t) => {
  const dir = workspace('core');
  const token = qudao('token', '--data', dir, '--email', 'admin@example.com').trim();
  let state = { kept: new Map(), sent: new Map() }, previous = null;
  const sum = { open: 0, lost: 0, kept: 0 };
  for (let round = 0; round <= ROUNDS; round++) {
    const server = await start(dir), api = client(server.base, token);
    if (round === 0) await design(api);
    if (previous !== null) {
      const r = await verify(api, previous, state);
      for (const k of Object.keys(sum)) sum[k] += r[k];
    }
    if (round === ROUNDS) {
      assert.equal((await api.get('/records/bill?limit=1&count=true')).json.total, sum.kept, 'all of all rounds');
      await server.stop();
      break;
    }
    state = { kept: new Map(), sent: new Map() };
    previous = `r${round}-`;
    const clients = Array.from({ length: CLIENTS }, (_, i) => load(api, `r${round}-${i}`, state));
    await sleep(20 + Math.random() * 280);
    await server.stop('SIGKILL');
    await Promise.all(clients);
    qudao('check', '--data', dir);
  }
  t.diagnostic(`${sum.kept} records kept, ${sum.open} writes without an answer, ${sum.lost} of them not done`);
  assert.ok(sum.kept > ROUNDS * 2 && sum.open > ROUNDS, `too little was tried: ${JSON.stringify(sum)}`);
  rmSync(dir, { recursive: true, force: true });
});
