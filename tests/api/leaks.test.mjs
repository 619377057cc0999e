// A crawl for leaks.  Every field of every shipped module gets a value of its own in two families of records: one around the sales person and
// the partner that sign in here, one around others.  Then each shipped role asks everything that can be asked, straight and sideways.  What a
// role must not see is worked out from roles.json alone; none of it may appear in any answer, and no answer may depend on it.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { running, userWith, qudao, client } from './server.mjs';

const shipped = JSON.parse(readFileSync(join(import.meta.dirname ?? '.', '../../app/channel/roles.json'), 'utf8')).roles;
const MINE = 1, THEIRS = 2;
// What must be as it is for the rows to be of their family, or for the role to see the first family at all.
const fixed = { target: { dimension: 'partner' }, product: { status: 'active' }, contact: { customer: undefined }, currency: { code: 'QQ' } };

let t, modules, actors, next = 0;
const refusals = {};   // module -> what the last try was told
const records = [];         // { module, family, id, values: { field: [token, …] } }

// ---- data ----------------------------------------------------------------------------------------------------------------------

const serial = () => ++next;
const tokensOf = (text) => String(text).match(/qz\d{4}z|(?<![\da-f.])\d{8,11}(?![\da-f])|\b19[0-4]\d-\d\d-\d\d\b/g) ?? [];

function valueFor(f, family, made) {
  const n = serial(), word = `qz${String(n).padStart(4, '0')}z`;
  switch (f.type) {
    case 'text': case 'long_text': return word;
    case 'email': return `${word}@example.com`;
    case 'url': return `https://${word}.example.com/`;
    case 'phone': return `139${String(40000000 + n)}`;
    case 'integer': return 61000000 + n;
    case 'decimal': case 'money': return `${62000000 + n}`;
    case 'date': return new Date(Date.UTC(1901, 0, 1) + n * 86400000).toISOString().slice(0, 10);
    case 'percent': return String(1 + (n % 50));
    case 'boolean': return true;
    case 'choice': return f.options?.[0]?.code;
    case 'choices': return f.options?.length ? [f.options[0].code] : undefined;
    case 'person': return family === MINE ? actors.sales.id : actors.admin.id;
    case 'relation': return f.module === 'user' ? (family === MINE ? actors.sales.id : actors.admin.id) : made.get(`${f.module} ${family}`);
    case 'relations': return made.has(`${f.module} ${family}`) ? [made.get(`${f.module} ${family}`)] : undefined;
    default: return undefined;
  }
}

// One record with a value in every field; what a rule or a limit refuses is left out.
async function make(m, family, made) {
  const body = { owner: family === MINE ? actors.sales.id : actors.admin.id };
  for (const f of m.fields) {
    const v = valueFor(f, family, made);
    if (v !== undefined && f.module !== m.name) body[f.name] = v;
  }
  if (m.record_types?.length) body.record_type = m.record_types[0].code;
  Object.assign(body, fixed[m.name]);
  if (m.name === 'currency') body.code += 'XAB'[family];
  for (let i = 0; i < 12; i++) {
    const r = await t.api.post(`/records/${m.name}`, body);
    if (r.status === 201) return r.json;
    const bad = (r.json.problems ?? []).map((p) => p.field.split(/[.[]/)[0]).filter((f) => body[f] !== undefined);
    if (!bad.length) { refusals[m.name] = r.text.slice(0, 300); return null; }      // something it needs is not there yet
    for (const f of bad) {              // a number that is too large becomes a small one, once
      const number = ['integer', 'decimal', 'money', 'percent'].includes(m.fields.find((x) => x.name === f)?.type);
      if (number && body[f] !== '1' && body[f] !== 1) body[f] = typeof body[f] === 'number' ? 1 : '1';
      else delete body[f];
    }
  }
  return null;
}

async function furnish() {
  const made = new Map(), todo = [];
  for (const m of modules) if (m.name !== 'user') for (const family of [MINE, THEIRS]) todo.push([m, family]);
  const first = ['region', 'product_line', 'brand', 'currency', 'team', 'salesperson', 'partner', 'product', 'customer', 'agreement', 'order'];
  const rank = (m) => { const i = first.indexOf(m.name); return i < 0 ? 99 : i; };
  todo.sort((a, b) => rank(a[0]) - rank(b[0]));
  for (let left = -1; left !== todo.length && todo.length;) {
    left = todo.length;
    for (const [m, family] of todo.splice(0)) {
      const r = await make(m, family, made);
      if (!r) { todo.push([m, family]); continue; }
      made.set(`${m.name} ${family}`, r.id);
      records.push({ module: m.name, family, id: r.id });
    }
  }
  assert.deepEqual(todo.map(([m]) => m.name), [], `modules without a record ${JSON.stringify(refusals)}`);
  return made;
}

// Every text is changed once, so that histories have something to tell.
async function edit(suffix) {
  for (const r of records) {
    const now = (await t.api.get(`/records/${r.module}/${r.id}`)).json, body = {};
    for (const f of moduleOf(r.module).fields)
      if (['text', 'long_text'].includes(f.type) && /^qz\d{4}z/.test(now[f.name] ?? '')) body[f.name] = now[f.name] + suffix;
    const done = Object.keys(body).length ? await t.api.patch(`/records/${r.module}/${r.id}`, body) : { status: 200 };
    assert.ok([200, 422].includes(done.status), done.text);
  }
}

const moduleOf = (name) => modules.find((m) => m.name === name);

async function readBack() {
  for (const r of records) {
    const now = (await t.api.get(`/records/${r.module}/${r.id}`)).json;
    r.values = {};
    for (const f of moduleOf(r.module).fields) {
      const v = now[f.name];
      if (f.type === 'relation' || f.type === 'person' || v === null || typeof v === 'object') continue;
      r.values[f.name] = tokensOf(f.type === 'money' || f.type === 'decimal' ? String(v).split('.')[0] : v);
    }
  }
}

// ---- what a role may see, by roles.json -------------------------------------------------------------------------------------------

const rightsIn = (role, module) => role.modules[module] ?? role.modules['*'];
const asks = (cond) => typeof cond === 'string' && /ME\(\)|MYPARTNER\(\)/.test(cond);
const moduleHidden = (role, m) => !rightsIn(role, m)?.read;
const fieldHidden = (role, m, f) => moduleHidden(role, m) || rightsIn(role, m).fields?.[f] === 'none';
const rowHidden = (role, r) => moduleHidden(role, r.module) || (r.family === THEIRS && asks(rightsIn(role, r.module).read));

function secretsOf(role) {
  const hidden = new Map(), seen = new Set();
  for (const r of records)
    for (const [f, tokens] of Object.entries(r.values))
      for (const k of tokens)
        if (fieldHidden(role, r.module, f) || rowHidden(role, r)) hidden.set(k, `${r.module} ${r.id}.${f}`);
        else seen.add(k);
  for (const k of seen) hidden.delete(k);       // computed or copied into something that may be seen
  return hidden;
}

// ---- the crawl ----------------------------------------------------------------------------------------------------------------------

class Crawl {
  constructor(name, api = actors[name].api) {
    this.name = name;
    this.api = api;
    this.role = shipped.find((r) => r.name === name);
    this.secrets = secretsOf(this.role);
    this.leaks = [];
    this.met = new Set();
    this.asked = 0;
  }

  scan(what, text, sent = '') {
    const known = new Set(tokensOf(decodeURIComponent(sent)));
    for (const k of tokensOf(text)) {
      if (known.has(k)) continue;
      if (this.secrets.has(k)) this.leaks.push(`${what}: ${this.secrets.get(k)} (${k})`);
      this.met.add(k);
    }
  }

  async ask(method, path, body) {
    this.asked++;
    const r = await this.api.call(method, path, body);
    this.scan(`${method} ${path} ${body ? JSON.stringify(body) : ''}`.slice(0, 200), r.text, `${path} ${body ? JSON.stringify(body) : ''}`.replace(/%(?![0-9A-F]{2})/gi, ''));
    if (r.status >= 500) this.leaks.push(`${method} ${path}: ${r.status} ${r.text.slice(0, 200)}`);
    return r;
  }

  get(path) { return this.ask('GET', path); }

  // That something happened to a record that one may not see is hidden as well.
  rowsOf(what, list) {
    for (const e of list)
      if (records.some((r) => r.module === e.module && r.id === e.id && rowHidden(this.role, r))) this.leaks.push(`${what} names ${e.module} ${e.id}`);
  }

  async refused(what, method, path, body) {
    const r = await this.ask(method, path, body);
    if (r.status < 400) this.leaks.push(`${what} was answered: ${method} ${path} ${JSON.stringify(body ?? '')} ${r.text.slice(0, 150)}`);
    return r;
  }

  // A right and a wrong guess are answered alike.
  async alike(what, right, wrong, send) {
    const [a, b] = [await send(right), await send(wrong)];
    const plain = (r, guess) => r.text.replaceAll(guess, '?').replace(/"(trace|ms|took_ms)":("[^"]*"|[\d.]+)/g, '');
    if (a.status !== b.status || plain(a, right) !== plain(b, wrong)) this.leaks.push(`${what} tells: ${a.text.slice(0, 150)} / ${b.text.slice(0, 150)}`);
  }
}

const enc = encodeURIComponent;
const wrongFor = (k) => (k.startsWith('qz') ? 'qz9999z' : k.includes('-') ? '1899-01-02' : '69999999'.padEnd(k.length, '9'));
const textTypes = ['text', 'long_text', 'email', 'url', 'phone', 'auto_number', 'choice'];

async function crawlModule(c, m) {
  const hidden = moduleHidden(c.role, m.name), mine = records.filter((r) => r.module === m.name);
  for (const more of ['', '&count=true', '&deleted=true', '&sort=-updated_at', '&q=qz', '&q=13'])
    await c.get(`/records/${m.name}?limit=1000${more}`);
  await c.get(`/modules/${m.name}`);
  for (const kind of ['csv', 'xlsx']) await c.get(`/exports/${m.name}?format=${kind}`);
  await c.ask('POST', '/query', { from: m.name, group: { id: 'id' }, select: { n: 'COUNT()' } });
  for (const r of mine) {
    for (const more of ['', '/history', '/history?limit=1']) {
      const x = await c.get(`/records/${m.name}/${r.id}${more}`);
      if (rowHidden(c.role, r) && x.status !== 404) c.leaks.push(`hidden ${m.name} ${r.id}${more}: ${x.status}`);
    }
  }
  for (const f of m.fields) {
    const text = textTypes.includes(f.type), secret = mine.map((r) => r.values[f.name]?.[0]).find(Boolean);
    if (!fieldHidden(c.role, m.name, f.name)) {
      if (text) await c.ask('POST', '/query', { from: m.name, group: { k: f.name }, select: { n: 'COUNT()' } });
      await c.get(`/records/${m.name}?sort=${f.name}&limit=1`);
      continue;
    }
    for (const more of [`sort=${f.name}`, `sort=-${f.name}`, `fields=${f.name}`, `where=${enc(`ISBLANK(${f.name})`)}`, `where=${enc(`ISERROR(1/LEN(${f.name}))`)}`])
      await c.refused('hidden field', 'GET', `/records/${m.name}?${more}`);
    await c.refused('hidden field', 'GET', `/exports/${m.name}?fields=${f.name}`);
    for (const q of [{ select: { x: `MAX(${f.name})` } }, { group: { k: f.name }, select: { n: 'COUNT()' } }, { select: { n: 'COUNT()' }, where: `ISBLANK(${f.name})` }, { select: { n: `COUNT(${f.name})` } }])
      await c.refused('hidden field', 'POST', '/query', { from: m.name, ...q });
    for (const r of mine) await c.refused('hidden field', 'POST', '/formula', { module: m.name, id: r.id, formula: f.name });
    if (secret)
      await c.alike(`${m.name}.${f.name}`, secret, wrongFor(secret), (k) => c.get(`/records/${m.name}?where=${enc(text ? `${f.name} = "${k}"` : `${f.name} = ${k.includes('-') ? `DATE(${k.split('-').map(Number)})` : k}`)}`));
  }
  if (!hidden) for (const f of m.fields) if (f.module && !fieldHidden(c.role, m.name, f.name)) await crawlPath(c, m, f);
  if (!hidden) for (const list of m.related ?? []) await crawlList(c, m, list);
}

// What lies behind a relation that may be seen: fields that may not, and fields of records that may not.
async function crawlPath(c, m, f) {
  const target = moduleOf(f.module), many = f.type !== 'relation';
  for (const g of target?.fields ?? []) {
    const path = `${f.name}.${g.name}`;
    if (fieldHidden(c.role, target.name, g.name) && !many) {
      for (const more of [`sort=${path}`, `fields=${path}`, `where=${enc(`ISBLANK(${path})`)}`])
        await c.refused('hidden field behind a relation', 'GET', `/records/${m.name}?${more}`);
      await c.refused('hidden field behind a relation', 'POST', '/query', { from: m.name, group: { k: path }, select: { n: 'COUNT()' } });
    } else if (g.type === 'text') {
      for (const r of records.filter((x) => x.module === target.name && rowHidden(c.role, x))) {
        const k = r.values[g.name]?.[0], cond = (v) => (many ? `COUNT(${f.name}, LEFT(${g.name}, 7) = "${v}") > 0` : `LEFT(${path}, 7) = "${v}"`);
        if (k && c.secrets.has(k)) await c.alike(`${m.name} by ${path}`, k, wrongFor(k), (v) => c.get(`/records/${m.name}?count=true&where=${enc(cond(v))}`));
      }
      if (!many) await c.get(`/records/${m.name}?fields=${path}&sort=${path}`);
    }
  }
}

// What lies in a list of related records: rows and fields that may not be seen, by counting and summing.
async function crawlList(c, m, list) {
  const target = moduleOf(list.module);
  for (const g of target?.fields ?? []) {
    if (fieldHidden(c.role, target.name, g.name)) {
      if (m.fields.some((f) => f.name === g.name && !fieldHidden(c.role, m.name, f.name))) continue;      // then that one is meant
      for (const f of [`COUNT(${list.name}, ISBLANK(${g.name})) > 0`, `COUNT(${list.name}.${g.name}) > 0`])
        await c.refused('hidden field in a list', 'GET', `/records/${m.name}?where=${enc(f)}`);
      continue;
    }
    for (const r of records.filter((x) => x.module === target.name && rowHidden(c.role, x))) {
      const k = r.values[g.name]?.[0];
      if (!k || !c.secrets.has(k) || !['text', 'long_text'].includes(g.type)) continue;
      const cond = (v) => `COUNT(${list.name}, LEFT(${g.name}, 7) = "${v}")`;
      await c.alike(`${m.name} by the list ${list.name}`, k, wrongFor(k), (v) => c.get(`/records/${m.name}?count=true&where=${enc(`${cond(v)} > 0`)}`));
      await c.alike(`a question about ${m.name} by the list ${list.name}`, k, wrongFor(k), (v) => c.ask('POST', '/query', { from: m.name, select: { n: 'COUNT()' }, where: `${cond(v)} > 0` }));
      for (const x of records.filter((y) => y.module === m.name && !rowHidden(c.role, y)))
        await c.alike(`a formula about ${m.name} by the list ${list.name}`, k, wrongFor(k), (v) => c.ask('POST', '/formula', { module: m.name, id: x.id, formula: cond(v) }));
    }
  }
}

async function crawlSearch(c) {
  for (const k of c.secrets.keys()) {
    const [name] = c.secrets.get(k).split(' ');
    const hits = await c.get(`/search?q=${k}`);
    if (hits.json?.hits?.length) c.leaks.push(`search finds ${c.secrets.get(k)}: ${hits.text.slice(0, 200)}`);
    const list = await c.get(`/records/${name}?q=${k}&count=true`);
    if (list.json?.records?.length || list.json?.total) c.leaks.push(`a list is searched by ${c.secrets.get(k)}`);
  }
}

async function crawlRest(c) {
  for (const path of ['/me', '/modules', '/views', '/dashboards', '/openapi.json', '/imports', '/calendars', '/health', '/search?q=qz&limit=100', '/search?q=139']) await c.get(path);
  for (const path of ['/users', '/roles', `/users/${actors.sales.id}`]) await c.refused('administration', 'GET', path);
  const boards = await c.get('/dashboards');
  for (const d of boards.json?.dashboards ?? []) await c.get(`/dashboards/${d.name}`);
  for (let since = '0', i = 0; i < 200; i++) {
    const r = await c.get(`/changes?since=${since}&limit=100`);
    c.rowsOf('the feed', r.json?.changes ?? []);
    const at = r.json?.next ?? r.json?.seq ?? since;
    if (String(at) === String(since)) break;
    since = at;
  }
}

// Writes that are refused, or meet what is hidden, do not tell either.
async function crawlWrites(c) {
  for (const m of modules.filter((x) => x.name !== 'user'))
    for (const r of records.filter((x) => x.module === m.name && rowHidden(c.role, x))) {
      await c.refused('hidden record', 'PATCH', `/records/${m.name}/${r.id}`, { owner: null });
      await c.refused('hidden record', 'DELETE', `/records/${m.name}/${r.id}`);
      await c.refused('hidden record', 'POST', `/records/${m.name}/${r.id}/restore`);
      for (const f of m.fields.filter((x) => x.unique && r.values[x.name]?.length)) {
        await c.ask('POST', `/records/${m.name}`, { [f.name]: r.values[f.name][0] });
        await c.ask('POST', `/records/${m.name}/batch`, { key: f.name, create: [{ [f.name]: r.values[f.name][0] }] });
      }
    }
}

// ---- streams --------------------------------------------------------------------------------------------------------------------------

const changesOf = (text) => [...text.matchAll(/^data: (\{.*\})$/gm)].map((m) => JSON.parse(m[1])).filter((e) => e.module);

function listen(name) {
  const stop = new AbortController(), s = { text: '', stop: () => stop.abort() };
  s.ready = fetch(`${t.server.base}/api/v1/events`, { headers: { authorization: `Bearer ${actors[name].token}` }, signal: stop.signal }).then((r) => {
    assert.equal(r.status, 200);
    s.done = (async () => { const d = new TextDecoder(); for await (const part of r.body) s.text += d.decode(part, { stream: true }); })().catch(() => {});
  });
  return s;
}

before(async () => {
  t = await running('channel');
  const me = (await t.api.get('/me')).json;
  actors = { admin: { id: me.user?.id ?? me.id, api: t.api, token: t.token } };
  for (const name of ['sales', 'finance', 'channel_manager']) actors[name] = await userWith(t, `${name}@example.com`, [name]);
  modules = [];
  for (const m of (await t.api.get('/modules')).json.modules) modules.push((await t.api.get(`/modules/${m.name}`)).json);
  const made = await furnish();
  actors.partner = await userWith(t, 'partner@example.com', ['partner'], { partner: made.get('partner 1') });
  await edit('b');
  await readBack();
});
after(() => t?.end());

test('the crawl finds leaks where there are some', { timeout: 600000 }, async () => {
  const c = new Crawl('partner', actors.admin.api);      // an administrator takes for a partner
  for (const m of ['partner', 'order', 'product', 'salesperson']) await crawlModule(c, moduleOf(m));
  await crawlRest(c);
  const kinds = new Set(c.leaks.map((x) => x.replace(/[/:. ].*/s, '')));
  for (const kind of ['GET', 'POST', 'hidden', 'administration', 'partner', 'salesperson']) assert.ok(kinds.has(kind), `${kind} is not among ${[...kinds]}`);
  const found = new Set(c.leaks.flatMap((x) => tokensOf(x)));
  for (const r of records.filter((x) => ['partner', 'order', 'salesperson'].includes(x.module)))
    for (const [f, tokens] of Object.entries(r.values))
      for (const k of tokens) assert.ok(!c.secrets.has(k) || found.has(k), `${r.module}.${f} of family ${r.family} was not met`);
});

for (const name of ['partner', 'sales', 'finance', 'channel_manager'])
  test(`nothing hidden reaches the role ${name}`, { timeout: 1200000 }, async (x) => {
    const c = new Crawl(name), stream = listen(name);
    await stream.ready;
    assert.ok(c.secrets.size > 5, `only ${c.secrets.size} secrets`);
    await crawlRest(c);
    await Promise.all(modules.map((m) => crawlModule(c, m)));
    await crawlSearch(c);
    await crawlWrites(c);
    const before = stream.text.length, own = records.find((r) => r.module === 'partner' && r.family === MINE);
    await edit('c');
    const last = await t.api.patch(`/records/partner/${own.id}`, { short_name: `end ${name}` });
    assert.equal(last.status, 200, last.text);
    const ends = () => changesOf(stream.text.slice(before)).some((e) => e.module === 'partner' && e.id === own.id && e.version === last.json.version);
    for (let i = 0; !ends() && i < 600; i++) await new Promise((done) => setTimeout(done, 100));
    stream.stop();
    assert.ok(ends(), `the stream does not come to the end: ${stream.text.slice(-300)}`);
    c.scan('the event stream', stream.text);
    c.rowsOf('the event stream', changesOf(stream.text));
    x.diagnostic(`${name}: ${c.asked} questions, ${c.secrets.size} secrets, ${c.met.size} values that may be seen`);
    assert.deepEqual([...new Set(c.leaks)].slice(0, 40), []);
    assert.ok(c.met.size > 40, `only ${c.met.size} values were seen at all`);
  });
