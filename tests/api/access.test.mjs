// Rights on every read path: rows, fields, counts, sorts, search, history, titles, formulas, error texts.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { running, userWith } from './server.mjs';

let t, low, mine, theirs;
const canary = 'canary7391';
before(async () => {
  t = await running('core');
  let r = await t.api.post('/modules', { name: 'deal', title: 'name', labels: { en: 'Deal', 'zh-CN': '商机' }, fields: [
    { name: 'name', type: 'text' }, { name: 'secret', type: 'text' }, { name: 'amount', type: 'money', scale: 2 }] });
  assert.equal(r.status, 201, r.text);
  r = await t.api.post('/modules', { name: 'step', title: 'name', labels: { en: 'Step', 'zh-CN': '步骤' }, fields: [
    { name: 'name', type: 'text' }, { name: 'deal', type: 'relation', module: 'deal', related: 'steps' }] });
  assert.equal(r.status, 201, r.text);
  r = await t.api.post('/roles', { name: 'low', labels: { en: 'Low', 'zh-CN': '低' }, modules: {
    deal: { read: 'owner = ME()', create: true, update: 'owner = ME()', delete: false, fields: { secret: 'none', amount: 'read' } },
    step: { read: true, create: true, update: true, delete: true } } });
  assert.equal(r.status, 201, r.text);
  low = await userWith(t, 'low@example.com', ['low']);
  mine = (await t.api.post('/records/deal', { name: '我的商机', secret: canary, amount: '10.00', owner: low.id })).json;
  theirs = (await t.api.post('/records/deal', { name: '别人的商机', secret: canary, amount: '20.00' })).json;
});
after(() => t?.end());

const where = (f) => '/records/deal?where=' + encodeURIComponent(f);

test('rows and fields that are hidden are absent from lists, counts and single reads', async () => {
  const list = await low.api.get('/records/deal?count=true');
  assert.equal(list.status, 200, list.text);
  assert.equal(list.json.total, 1);
  assert.deepEqual(list.json.records.map((x) => x.id), [mine.id]);
  assert.ok(!list.text.includes(canary) && !('secret' in list.json.records[0]));
  const hidden = await low.api.get(`/records/deal/${theirs.id}`), absent = await low.api.get('/records/deal/424242');
  assert.equal(hidden.status, 404);
  assert.equal(hidden.json.title, absent.json.title);
});

test('a hidden field is no field in conditions, sorts, formulas and queries', async () => {
  for (const f of [`secret = "${canary}"`, 'secret = "wrong"', 'LEFT(secret, 1) = "c"', 'ISERROR(1 / LEN(secret))'])
    assert.equal((await low.api.get(where(f))).status, 422, f);
  const right = await low.api.get(where(`secret = "${canary}"`)), wrong = await low.api.get(where('secret = "xanary7391"'));
  assert.equal(right.json.title.replace(canary, ''), wrong.json.title.replace('xanary7391', ''));
  assert.equal((await low.api.get('/records/deal?sort=secret')).status, 422);
  assert.equal((await low.api.get('/records/deal?fields=secret')).status, 422);
  assert.equal((await low.api.post('/formula', { formula: 'secret', module: 'deal', id: mine.id })).status, 422);
  assert.equal((await low.api.post('/query', { from: 'deal', select: { x: 'MAX(secret)' } })).status, 422);
  assert.equal((await low.api.post('/query', { from: 'deal', group: { s: 'secret' }, select: { n: 'COUNT()' } })).status, 422);
  const sum = await low.api.post('/query', { from: 'deal', select: { sum: 'SUM(amount)' } });
  assert.equal(sum.status, 200, sum.text);
  assert.equal(Number(sum.json.rows[0][0]), 10);
  const path = await low.api.get('/records/step?where=' + encodeURIComponent(`deal.secret = "${canary}"`));
  assert.equal(path.status, 422);
});

test('search, history, relation titles and the feed know the same rights', async () => {
  assert.equal((await low.api.get('/search?q=' + canary)).json.hits.length, 0);
  assert.equal((await low.api.get('/search?q=' + encodeURIComponent('商机'))).json.hits.filter((h) => h.module === 'deal').length, 1);
  await t.api.patch(`/records/deal/${mine.id}`, { secret: canary + '2' });
  const history = await low.api.get(`/records/deal/${mine.id}/history`);
  assert.ok(!history.text.includes(canary), history.text);
  assert.equal((await low.api.get(`/records/deal/${theirs.id}/history`)).status, 404);
  const step = (await t.api.post('/records/step', { name: '拜访', deal: theirs.id })).json;
  const seen = (await low.api.get(`/records/step/${step.id}`)).json;
  assert.ok(!seen.deal || seen.deal.title === undefined, JSON.stringify(seen));
  const through = await low.api.get('/records/step?where=' + encodeURIComponent('deal.name = "别人的商机"'));
  assert.equal(through.json.records.length, 0);
  const feed = await low.api.get('/changes?since=0&limit=1000');
  assert.equal(feed.status, 200, feed.text);
  assert.ok(!feed.text.includes(canary));
  assert.ok(feed.json.changes.every((c) => c.module !== 'deal' || c.id === mine.id));
});

// The stream of somebody, as far as it has come.
async function stream(token) {
  const stop = new AbortController(), s = { text: '', end: () => stop.abort() };
  const r = await fetch(`${t.server.base}/api/v1/events`, { headers: { authorization: `Bearer ${token}` }, signal: stop.signal });
  assert.equal(r.status, 200);
  (async () => { const d = new TextDecoder(); for await (const piece of r.body) s.text += d.decode(piece, { stream: true }); })().catch(() => {});
  s.told = () => [...s.text.matchAll(/^data: (\{.*"op".*\})$/gm)].map((x) => JSON.parse(x[1]));
  s.until = async (what) => {
    for (const end = Date.now() + 60000; !s.told().some(what) && Date.now() < end;) await new Promise((done) => setTimeout(done, 20));
    assert.ok(s.told().some(what), `not told: ${s.text}`);
  };
  return s;
}

test('a change of what is hidden is told to nobody from whom it is hidden', async () => {
  const L = (x) => ({ en: x, 'zh-CN': x });
  const made = async (path, body) => { const r = await t.api.post(path, body); assert.equal(r.status, 201, r.text); return r.json; };
  await made('/modules', { name: 'row', title: 'name', labels: L('Row'), line: true, fields: [{ name: 'name', type: 'text' }, { name: 'cost', type: 'integer' }] });
  await made('/modules', { name: 'case', title: 'name', labels: L('Case'), fields: [
    { name: 'name', type: 'text' }, { name: 'secret', type: 'text' }, { name: 'cost', type: 'integer' }, { name: 'place', type: 'address' },
    { name: 'twice', type: 'formula', formula: 'cost * 2', result: 'integer' }, { name: 'shadow', type: 'formula', formula: 'secret & "!"', result: 'text' }] });
  await made('/modules/row/fields', { name: 'of', type: 'relation', module: 'case', related: 'all_rows', on_delete: 'cascade', labels: L('Of') });
  await made('/modules/case/fields', { name: 'rows', type: 'lines', module: 'row', via: 'of', labels: L('Rows') });
  await made('/modules/case/fields', { name: 'total', type: 'rollup', formula: 'SUM(all_rows.cost)', result: 'integer', labels: L('Total') });
  const closed = { secret: 'none', shadow: 'none', cost: 'none', place: 'none', total: 'none' };
  const role = (name, rights) => made('/roles', { name, labels: L(name), modules: rights });
  await role('reader', { case: { read: true, fields: closed }, row: { read: true } });
  await role('outsider', { case: { read: true, fields: { ...closed, twice: 'none', rows: 'none' } } });
  await role('keeper', { case: { read: 'owner = ME()', fields: { total: 'read' } }, row: { read: true } });
  const who = { reader: await userWith(t, 'reader@example.com', ['reader']), outsider: await userWith(t, 'outsider@example.com', ['outsider']),
    both: await userWith(t, 'both2@example.com', ['outsider', 'keeper']) };
  who.admin = { token: t.token, api: t.api };
  const ids = {}, streams = {}, start = (await t.api.get('/changes?since=0&limit=1000')).json.next;
  for (const name in who) streams[name] = await stream(who[name].token);
  const set = async (name, body) => {
    const r = await t.api.patch(`/records/case/${ids[name]}`, body);
    assert.equal(r.status, 200, r.text);
    return r.json;
  };
  for (const name of ['a', 'own'])
    ids[name] = (await made('/records/case', { name, secret: 's', cost: 1, rows: [{ name: 'r', cost: 1 }], owner: name === 'own' ? who.both.id : null })).id;
  const expect = { reader: [], outsider: [], both: ['own 1 total'], admin: ['a 1 total', 'own 1 total'] };     // “record version”, by who is told
  const step = async (name, body, ...told) => {
    const { version } = await set(name, body);
    for (const w of [...told, 'admin']) expect[w].push(`${name} ${version}`);
  };
  for (const name of ['a', 'own']) {
    const own = name === 'own' ? ['both'] : [];
    const [line] = (await t.api.get(`/records/case/${ids[name]}`)).json.rows;
    await step(name, { secret: 's2' }, ...own);                 // and the computed shadow
    await step(name, { place: { detail: 'X' } }, ...own);
    await step(name, { cost: 7 }, 'reader', ...own);            // hidden itself, but twice follows
    await step(name, { secret: 's3', name: `${name}!` }, 'reader', 'outsider', 'both');
    await step(name, { rows: [{ id: line.id, name: 'r2' }] }, 'reader', ...own);
    await step(name, { secret: 's4', rows: [{ id: line.id, name: 'r3' }] }, 'reader', ...own);
    await step(name, { secret: 's5', rows: [{ id: line.id, name: 'r3' }] }, ...own);
    const r = await t.api.patch(`/records/row/${line.id}`, { cost: 50 });       // the total follows on its own
    assert.equal(r.status, 200, r.text);
    for (const w of [...own, 'admin']) expect[w].push(`${name} 8 total`);
  }
  for (const op of ['delete', 'restore'])
    assert.ok((await (op === 'delete' ? t.api.delete(`/records/case/${ids.a}`) : t.api.post(`/records/case/${ids.a}/restore`))).status < 300);
  expect.admin.push('a 9 total', 'a 10 total');        // the total goes and comes back with the rows
  const last = await made('/records/case', { name: 'end' });
  const nameOf = (id) => Object.keys(ids).find((n) => ids[n] === id);
  const updates = (list) => {
    let before = '';
    return list.filter((c) => c.module === 'case' && c.op === 'update' && nameOf(c.id)).map((c) => {
      const now = `${nameOf(c.id)} ${c.version}`, shown = now === before || [1, 9, 10].includes(c.version) ? `${now} total` : now;
      before = now;
      return shown;
    });
  };
  for (const w in who) {
    await streams[w].until((c) => c.module === 'case' && c.id === last.id);
    streams[w].end();
    const feed = [];
    for (let since = start, next; ; since = next) {
      const page = (await who[w].api.get(`/changes?since=${since}&limit=3`)).json;
      feed.push(...page.changes);
      next = page.next;
      if (next === since) break;
    }
    assert.deepEqual(updates(feed), expect[w], `the feed of ${w}`);
    assert.deepEqual(updates(streams[w].told()), expect[w], `the stream of ${w}`);
    assert.deepEqual(feed.filter((c) => c.id === ids.a && c.module === 'case' && c.op !== 'update').map((c) => c.op), ['create', 'delete', 'restore'], w);
    for (const name in ids) {
      const h = (await who[w].api.get(`/records/case/${ids[name]}/history`)).json.history;
      assert.deepEqual(h.filter((e) => e.op === 'update').map((e) => `${name} ${e.version}`).reverse(),
        expect[w].filter((x) => x.startsWith(name) && !x.endsWith('total')), `the history of ${name} for ${w}`);
    }
  }
});

test('what may not be written is refused and leaves no trace', async () => {
  assert.equal((await low.api.patch(`/records/deal/${theirs.id}`, { name: 'x' })).status, 404);
  assert.equal((await low.api.patch(`/records/deal/${mine.id}`, { amount: 99 })).status, 403);
  assert.equal((await low.api.patch(`/records/deal/${mine.id}`, { secret: 'x' })).status, 422);
  assert.equal((await low.api.delete(`/records/deal/${mine.id}`)).status, 403);
  assert.equal((await low.api.patch(`/records/deal/${mine.id}`, { owner: 1 })).status, 422);      // users are not visible either
  assert.equal((await low.api.post('/modules', { name: 'mine', fields: [] })).status, 403);
  assert.equal((await low.api.get('/users')).status, 403);
  const now = (await t.api.get(`/records/deal/${mine.id}`)).json;
  assert.deepEqual([now.amount, now.owner.id], ['10.00', low.id]);
});

test('a formula over a record knows the rights of that row, of what it points at and of its lists', async () => {
  for (const role of [
    { name: 'wide', modules: { deal: { read: true, fields: { secret: 'none' } }, step: { read: 'owner = ME()' } } },
    { name: 'own', modules: { deal: { read: 'owner = ME()', update: 'owner = ME()' } } }])
    assert.equal((await t.api.post('/roles', { labels: { en: role.name, 'zh-CN': role.name }, ...role })).status, 201);
  const both = await userWith(t, 'both@example.com', ['wide', 'own']);
  const own = (await t.api.post('/records/deal', { name: '本人', secret: canary, amount: 1, owner: both.id })).json;
  const other = (await t.api.post('/records/deal', { name: '他人', secret: canary, amount: 2 })).json;
  const steps = [];
  for (const [name, deal, owner] of [['a', own.id, both.id], ['b', own.id, null], ['c', other.id, both.id]])
    steps.push((await t.api.post('/records/step', { name, deal, owner })).json);
  const ask = async (api, formula, body) => {
    const r = await api.post('/formula', { formula, ...body });
    assert.ok(r.status === 200 || r.status === 422, r.text);
    return r.status === 200 ? r.json.value : r.status;
  };
  const on = (module, id) => ({ module, id });
  const shown = [
    ['secret', on('deal', own.id), canary], ['secret', on('deal', other.id), null], ['secret & "."', on('deal', other.id), '.'],
    ['name', on('deal', other.id), '他人'], ['COUNT(steps)', on('deal', own.id), 1], ['COUNT(steps, deal.secret <> "")', on('deal', other.id), 0],
    ['deal.secret', on('step', steps[0].id), canary], ['deal.secret', on('step', steps[2].id), null], ['deal.name', on('step', steps[2].id), '他人'],
    ['COUNT(deal.steps)', on('step', steps[0].id), 1],
    ['deal.secret', { module: 'step', record: { deal: own.id } }, canary], ['deal.secret', { module: 'step', record: { deal: other.id } }, null],
    ['COUNT(deal.steps)', { module: 'step', record: { deal: own.id } }, 1],
    ['secret', { module: 'deal', id: other.id, record: { secret: 'brought' } }, 'brought'],
    ['deal.secret', { module: 'step', id: steps[0].id, record: { deal: other.id } }, null]];
  for (const [formula, body, want] of shown) assert.deepEqual(await ask(both.api, formula, body), want, `${formula} ${JSON.stringify(body)}`);
  assert.equal(await ask(t.api, 'COUNT(steps)', on('deal', own.id)), 2);
  assert.equal(await ask(t.api, 'deal.secret', on('step', steps[2].id)), canary);
  assert.equal(await ask(low.api, 'deal.name', on('step', steps[2].id)), null);
  assert.equal(await ask(low.api, 'deal.name', { module: 'step', record: { deal: other.id } }), null);
  assert.equal((await low.api.post('/formula', { formula: 'name', module: 'deal', id: other.id })).status, 404);
  assert.equal((await both.api.post('/formula', { formula: '1', module: 'step', id: steps[1].id })).status, 404);
});

test('somebody switched off is out at once', async () => {
  const gone = await userWith(t, 'gone@example.com', ['low']);
  assert.equal((await gone.api.get('/me')).status, 200);
  assert.equal((await t.api.patch(`/users/${gone.id}`, { active: false })).status, 200);
  assert.equal((await gone.api.get('/me')).status, 401);
});

test('signing in by password sets a cookie; foreign sites may not use it', async () => {
  const url = `${t.server.base}/api/v1`;
  const body = JSON.stringify({ email: 'low@example.com', password: 'another-horse-8' });
  const wrong = await fetch(`${url}/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: body.replace('8', '9') });
  assert.equal(wrong.status, 401);
  const r = await fetch(`${url}/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  assert.equal(r.status, 200);
  const cookie = r.headers.get('set-cookie').split(';')[0];
  assert.match(r.headers.get('set-cookie'), /HttpOnly/i);
  assert.equal((await fetch(`${url}/me`, { headers: { cookie } })).status, 200);
  const foreign = await fetch(`${url}/records/step`, { method: 'POST', headers: { cookie, origin: 'https://evil.example', 'content-type': 'application/json' }, body: '{"name":"x"}' });
  assert.equal(foreign.status, 403);
  const own = await fetch(`${url}/records/step`, { method: 'POST', headers: { cookie, origin: t.server.base, 'content-type': 'application/json' }, body: '{"name":"x"}' });
  assert.equal(own.status, 201);
  assert.equal((await fetch(`${url}/session`, { method: 'DELETE', headers: { cookie, origin: t.server.base } })).status, 204);
  assert.equal((await fetch(`${url}/me`, { headers: { cookie } })).status, 401);
});
