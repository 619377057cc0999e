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
