// The REST contract read sentence by sentence, from outside: every type of field with every option, all forms of a call and its refusals.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { running, client, userWith, qudao } from './server.mjs';

const L = { en: 'Thing', 'zh-CN': '东西' };
const options = [{ code: 'a', labels: L }, { code: 'b', labels: L }];
const enc = encodeURIComponent;
let t, api, dep;

before(async () => {
  t = await running('core');
  api = t.api;
  dep = (await api.post('/records/department', { name: '销售部' })).json.id;
  const made = await api.post('/modules', { name: '门店', labels: { en: 'Store', 'zh-CN': '门店' }, title: '名称', fields: [
    { name: '编号', type: 'text', unique: true, required: true }, { name: '名称', type: 'text', required: true }, { name: '面积', type: 'decimal', scale: 2, min: 0 }, { name: '开业', type: 'date' },
    { name: '类型', type: 'choice', options }, { name: '标签', type: 'choices', options }, { name: '上级', type: 'relation', module: '门店', related: '下级' }, { name: '时刻', type: 'datetime' },
    { name: '伙伴', type: 'relations', module: '门店' }] });
  assert.equal(made.status, 201, made.text);
  const line = await api.post('/modules', { name: '订货', labels: L, line: true, title: '货', fields: [{ name: '货', type: 'text' }, { name: '店', type: 'relation', module: '门店', required: true, on_delete: 'cascade', related: '全部订货' },
    { name: '数量', type: 'integer' }, { name: '单价', type: 'money' }, { name: '金额', type: 'formula', formula: '数量 * 单价', result: 'money' }] });
  assert.equal(line.status, 201, line.text);
  for (const f of [{ name: '明细', type: 'lines', module: '订货', via: '店' }, { name: '总额', type: 'rollup', formula: 'SUM(明细.金额)' }, { name: '行数', type: 'rollup', formula: 'COUNT(明细)' }])
    assert.equal((await api.post(`/modules/${enc('门店')}/fields`, f)).status, 201);
});
after(() => t?.end());

const M = '/records/' + enc('门店');
const q = (o) => '?' + Object.entries(o).map(([k, v]) => `${k}=${enc(v)}`).join('&');
const fieldsOf = (r) => (r.json.problems ?? []).map((p) => p.field).sort();
const refused = (r, status, ...fields) => {
  assert.equal(r.status, status, r.text.slice(0, 400));
  assert.match(r.headers.get('content-type'), /^application\/problem\+json/);
  for (const k of ['type', 'title', 'status', 'detail']) assert.ok(k in r.json, `no ${k}: ${r.text}`);
  assert.equal(r.json.status, status);
  for (const f of fields) assert.ok(fieldsOf(r).includes(f), `${f} is not named: ${r.text}`);
  assert.ok(!/SELECT |sqlite|postgres|\.c:\d/.test(r.text), r.text);
};
const made = (r, status = 201) => { assert.equal(r.status, status, r.text.slice(0, 400)); return r.json; };

// ---- fields ---------------------------------------------------------------------------------------------------------

//   type, its options, a good value, the same in an answer, a bad one, a default
const types = [
  ['text', { max_length: 5, pattern: '[A-Z]+' }, 'ABC', 'ABC', 'abc', 'DEF'], ['long_text', {}, 'l1\nl2', 'l1\nl2', 5, 'x'], ['integer', { min: 1, max: 10 }, 5, 5, 11, 3],
  ['decimal', { scale: 3, min: 0 }, '1.2', '1.200', '1.2345', '0.5'], ['money', { scale: 2, currency: 'CNY' }, 99.9, '99.90', 'x', 5], ['percent', { scale: 2 }, '0.1234', '0.1234', '0.12345', '0.05'],
  ['boolean', {}, true, true, 'yes', false], ['date', { min: '2026-01-01' }, '2026-01-31', '2026-01-31', '2026-02-30', '2026-02-01'],
  ['datetime', {}, '2026-01-31T16:00:00+08:00', '2026-01-31T08:00:00Z', '2026-01-31', '2026-01-31T08:00:00Z'], ['choice', { options }, 'a', 'a', 'c', 'b'],
  ['choices', { options }, ['a', 'b'], ['a', 'b'], ['c'], ['b']], ['email', {}, 'a@b.cn', 'a@b.cn', 'a@', 'd@e.cn'], ['phone', {}, '+86 138-0000', '+86 138-0000', 'abc', '110'],
  ['url', {}, 'https://a.cn', 'https://a.cn', 'ftp://x', 'https://b.cn'], ['json', {}, { a: [1, { b: null }] }, { a: [1, { b: null }] }, undefined, { z: 1 }],
  ['relation', { module: 'department' }, () => dep, () => ({ id: dep, title: '销售部' }), 99999, () => dep], ['relations', { module: 'department' }, () => [{ id: dep }], () => [{ id: dep, title: '销售部' }], [99999], () => [dep]],
  ['person', {}, 1, { id: 1, title: '管理员' }, 99999, '=ME()'], ['department', {}, () => dep, () => ({ id: dep, title: '销售部' }), 99999],
  ['address', {}, { detail: '人民路', postcode: '2' }, { region: null, detail: '人民路', postcode: '2' }, 'x', { detail: '南京路' }], ['auto_number', { pattern: 'V-{0000}' }, undefined, 'V-0001', undefined],
  ['formula', { formula: 'LEN(n) * 2', result: 'integer' }, undefined, 2, undefined], ['lookup', { path: 'd.name' }, undefined, '销售部', undefined]];
const now = (v) => (typeof v === 'function' ? v() : v);

for (const [type, more, good, answer, bad, otherwise] of types)
  test(`a field of the type ${type}, with each option, is usable at once`, async () => {
    const name = 'm_' + type, path = '/records/' + name, base = `/modules/${name}/fields`;
    const whole = await api.post('/modules', { name, labels: L, title: 'n', fields: [{ name: 'n', type: 'text' }, { name: 'd', type: 'department' }] });
    made(whole);
    const field = made(await api.post(base, { name: '值', type, labels: { en: 'Value', 'zh-CN': '值' }, help: { en: 'Help', 'zh-CN': '帮助' }, ...more }));
    assert.deepEqual([field.name, field.type, field.labels.en, field.help['zh-CN']], ['值', type, 'Value', '帮助']);
    const body = { n: 'x', d: dep, ...(good === undefined ? {} : { 值: now(good) }) };
    const record = made(await api.post(path, body));
    assert.deepEqual(record.值, now(answer));
    assert.deepEqual((await api.get(`${path}/${record.id}`)).json, record);
    const listed = (await api.get(path + q({ fields: '值' }))).json.records[0];
    assert.deepEqual(listed.值, now(answer));
    if (bad !== undefined) refused(await api.post(path, { 值: now(bad) }), 422, '值');
    assert.equal((await api.get('/openapi.json')).json.components.schemas['record_' + name].properties.值.title, '值');
    if (!['relations', 'address', 'json'].includes(type)) {
      assert.equal((await api.get(path + q({ where: 'not ISBLANK(值)' }))).json.records.length, 1);
      made(await api.get(path + q({ sort: '-值' })), 200);
      assert.equal(made(await api.post('/query', { from: name, group: { v: '值' }, select: { n: 'COUNT()' } }), 200).rows[0].at(-1), 1);
    }
    if (good !== undefined) {
      const empty = made(await api.patch(`${path}/${record.id}`, { 值: null }), 200).值;
      assert.ok(empty === null || empty.length === 0, 'null clears');
      made(await api.patch(`${base}/${enc('值')}`, { required: true }), 200);
      refused(await api.post(path, { n: 'y' }), 422, '值');
      made(await api.patch(`${base}/${enc('值')}`, { required: false }), 200);
    }
    if (type === 'lookup') refused(await api.post(base, { name: 'u', type, ...more, unique: true }), 422, 'u');
    else if (good !== undefined) {
      made(await api.patch(`${base}/${enc('值')}`, { unique: true }), 200);
      made(await api.patch(`${path}/${record.id}`, { 值: now(good) }), 200);
      refused(await api.post(path, { n: 'z', 值: now(good) }), 409);
      made(await api.patch(`${base}/${enc('值')}`, { unique: false }), 200);
    }
    if (otherwise !== undefined) {
      made(await api.patch(`${base}/${enc('值')}`, { default: now(otherwise) }), 200);
      const filled = made(await api.post(path, { n: 'w' })).值;
      assert.ok(filled !== null && String(filled) !== '', `${type} has its default`);
      if (typeof otherwise === 'object') assert.equal(JSON.stringify(filled).includes(JSON.stringify(Object.values(otherwise)[0])), true, JSON.stringify(filled));
    }
    made(await api.patch(`${base}/${enc('值')}`, { name: '新名', labels: { en: 'Renamed', 'zh-CN': '改名' } }), 200);
    assert.ok('新名' in (await api.get(`${path}/${record.id}`)).json);
    assert.equal((await api.delete(`${base}/${enc('新名')}`)).status, 204);
    assert.ok(!('新名' in (await api.get(`${path}/${record.id}`)).json));
  });

test('definitions that are wrong are refused and name what is wrong', async () => {
  const cases = [
    [{ name: 'w', bogus: 1 }, 'bogus'], [{ name: 'w', fields: 'x' }, 'fields'], [{ name: 'w', title: 'nothing', fields: [] }, 'title'], [{ name: 'w', labels: { fr: 'x' } }, 'labels'],
    ...[{ type: 'nonsense' }, { type: 'text', bogus: 1 }, { type: 'text', required: 'yes' }, { type: 'text', pattern: '(' }, { type: 'choice' }, { type: 'choice', options: [{ code: 'a' }, { code: 'a' }] },
      { type: 'decimal', scale: 12 }, { type: 'decimal', min: 2, max: 1 }, { type: 'integer', default: 'x' }, { type: 'relation' }, { type: 'relation', module: 'nothing' },
      { type: 'relation', module: 'department', on_delete: 'x' }, { type: 'auto_number', pattern: 'X' }, { type: 'auto_number', pattern: '{foo}{00}' }, { type: 'formula', formula: '1 +' }, { type: 'formula', formula: '"x"', result: 'integer' },
      { type: 'lookup', path: 'nothing.x' }, { type: 'rollup', formula: 'SUM(nothing.x)' }, { type: 'text', visible_when: '1 +' }, { type: 'money', currency: 'X' }]
      .map((f) => [{ name: 'w', fields: [{ name: 'f', ...f }] }, 'f'])];
  for (const [def, field] of cases) refused(await api.post('/modules', def), 422, field);
  refused(await api.get('/modules/w'), 404);
  made(await api.post('/modules', { name: 'twice', fields: [] }));
  refused(await api.post('/modules', { name: 'TWICE', fields: [] }), 409);
  refused(await api.patch('/modules/twice', { fields: [] }), 422);
  refused(await api.delete('/modules/user'), 409);
  refused(await api.delete('/modules/user/fields/email'), 409);
  assert.equal((await api.delete('/modules/twice')).status, 204);
});

test('renames keep data, formulas, views and rights; a deletion says what is in its way', async () => {
  made(await api.post('/modules', { name: 'firm', labels: L, title: 'name', fields: [{ name: 'name', type: 'text' }, { name: 'rate', type: 'decimal' }] }));
  made(await api.post('/modules', { name: 'deal', labels: L, title: 'name', fields: [{ name: 'name', type: 'text' }, { name: 'firm', type: 'relation', module: 'firm' }, { name: 'value', type: 'decimal' },
    { name: 'weighted', type: 'formula', formula: 'value * firm.rate', result: 'decimal' }, { name: 'rate_of_firm', type: 'lookup', path: 'firm.rate' }] }));
  made(await api.post('/modules/firm/fields', { name: 'total', type: 'rollup', formula: 'SUM(deal.value)' }));
  const firm = made(await api.post('/records/firm', { name: '甲', rate: 2 }));
  const deal = made(await api.post('/records/deal', { name: '单', firm: firm.id, value: '1.50' }));
  const view = made(await api.post('/views', { module: 'deal', labels: L, columns: ['name', 'firm.rate'], where: 'value > 1', sort: '-value' }));
  made(await api.post('/roles', { name: 'reader', labels: L, modules: { deal: { read: 'value > 1', fields: { value: 'read' } } } }));
  for (const [f, users] of [['deal/fields/value', /firm\.total.*deal\.weighted|deal\.weighted.*firm\.total/], ['firm/fields/rate', /deal\.weighted/], ['deal/fields/firm', /firm\.total/]]) {
    const r = await api.delete('/modules/' + f);
    refused(r, 409);
    assert.match(r.json.title, users);
  }
  refused(await api.delete('/modules/deal'), 409);
  made(await api.patch('/modules/deal/fields/value', { name: '价值' }), 200);
  made(await api.patch('/modules/firm/fields/rate', { name: '系数' }), 200);
  made(await api.patch('/modules/deal', { name: '商机' }), 200);
  made(await api.patch('/modules/firm', { name: '公司' }), 200);
  refused(await api.get('/modules/deal'), 404);
  const formulas = (m) => Object.fromEntries(m.fields.map((f) => [f.name, (f.formula ?? f.path ?? '').replace(/\s/g, '')]));
  const is = formulas((await api.get('/modules/' + enc('商机'))).json), of = formulas((await api.get('/modules/' + enc('公司'))).json);
  assert.deepEqual([is.weighted, is.rate_of_firm, of.total], ['价值*firm.系数', 'firm.系数', 'SUM(商机.价值)']);
  const after = (await api.get(`/records/${enc('商机')}/${deal.id}`)).json;
  assert.deepEqual([after.价值, after.weighted, after.rate_of_firm], ['1.50', '3.00', '2.00']);
  made(await api.patch(`/modules/${enc('商机')}/fields/firm`, { related: 'deals' }), 200);
  assert.equal(formulas((await api.get('/modules/' + enc('公司'))).json).total.replace(/\s/g, ''), 'SUM(deals.价值)');
  const seen = (await api.get('/views?module=' + enc('商机'))).json.views.find((v) => v.id === view.id);
  assert.deepEqual([seen.columns[1], seen.where.replace(/\s/g, ''), seen.sort], ['firm.系数', '价值>1', '-价值']);
  const role = (await api.get('/roles/reader')).json;
  assert.deepEqual([role.modules.商机.read.replace(/\s/g, ''), role.modules.商机.fields], ['价值>1', { 价值: 'read' }]);
  made(await api.patch(`/records/${enc('商机')}/${deal.id}`, { 价值: 4 }), 200);
  assert.equal((await api.get(`/records/${enc('公司')}/${firm.id}`)).json.total, '4.00');
});

test('record types, conditions and choices that depend on each other', async () => {
  made(await api.post('/modules', { name: 'visit', labels: L, title: 'n', record_types: [{ code: 'shop', labels: L, fields: ['shelf'], required: ['shelf'] }, { code: 'phone', labels: L, fields: ['number'] }],
    rules: [{ name: 'order', when: 'upto < from', message: { en: 'The end is before the beginning', 'zh-CN': '结束早于开始' }, field: 'upto' }],
    fields: [{ name: 'n', type: 'text' }, { name: 'shelf', type: 'integer' }, { name: 'number', type: 'phone' }, { name: 'from', type: 'date' }, { name: 'upto', type: 'date' }, { name: 'done', type: 'boolean', default: false },
      { name: 'result', type: 'text', required_when: 'done', visible_when: 'done' }, { name: 'country', type: 'choice', options }, { name: 'city', type: 'choice', depends_on: 'country', options: [{ code: 'x', when: ['a'] }, { code: 'y', when: ['b'] }] }] }));
  refused(await api.post('/records/visit', { n: 'x' }), 422, 'record_type');
  refused(await api.post('/records/visit', { record_type: 'nothing' }), 422, 'record_type');
  refused(await api.post('/records/visit', { record_type: 'shop' }), 422, 'shelf');
  made(await api.post('/records/visit', { record_type: 'phone', number: '110' }));
  const v = made(await api.post('/records/visit', { record_type: 'shop', shelf: 2, country: 'a', city: 'x' }));
  refused(await api.patch(`/records/visit/${v.id}`, { city: 'y' }), 422, 'city');
  refused(await api.patch(`/records/visit/${v.id}`, { done: true }), 422, 'result');
  refused(await api.patch(`/records/visit/${v.id}`, { from: '2026-02-01', upto: '2026-01-01' }), 422, 'upto');
  const zh = await api.patch(`/records/visit/${v.id}`, { from: '2026-02-01', upto: '2026-01-01' }, { 'accept-language': 'zh' });
  assert.equal(zh.json.problems[0].message, '结束早于开始');
  assert.equal((await api.get('/records/visit' + q({ where: 'record_type = "shop"', count: true }))).json.total, 1);
});

// ---- finding --------------------------------------------------------------------------------------------------------

test('lists: limits, cursors, sorts, fields, counts', async () => {
  const create = Array.from({ length: 23 }, (_, i) => ({ 编号: `L${i}`, 名称: `列${i % 4}`, 面积: i % 3 ? `${i}.5` : null, 类型: i % 2 ? 'a' : 'b', 标签: i % 4 ? ['a'] : ['a', 'b'] }));
  made(await api.post(M + '/batch', { create }), 200);
  const where = 'STARTSWITH(编号, "L")';
  for (const limit of ['0', '1001', '-1', 'x', '1.5']) refused(await api.get(M + q({ limit })), 422, 'limit');
  made(await api.get(M + q({ limit: 1000 })), 200);
  const page = made(await api.get(M + q({ where, limit: 5, sort: '名称,-面积', fields: '编号,面积', count: true })), 200);
  assert.equal(page.records.length, 5);
  assert.equal(page.total, 23);
  assert.deepEqual(Object.keys(page.records[0]).sort(), ['id', 'version', '编号', '面积'].sort());
  assert.ok(!('total' in made(await api.get(M + q({ where, limit: 5 })), 200)));
  for (const cursor of ['zz', '!', page.next + 'ab', page.next.slice(2)]) refused(await api.get(M + q({ where, sort: '名称,-面积', cursor })), 400);
  refused(await api.get(M + q({ where, sort: '-面积', cursor: page.next })), 400);
  const last = made(await api.get(M + q({ where, limit: 23 })), 200);
  assert.equal(last.next, null, 'a full last page has nothing after it');
  for (const sort of ['nothing', '-', ',', '上级.nothing', '伙伴']) refused(await api.get(M + q({ sort })), 422, 'sort');
  const unknown = await api.get(M + q({ fields: '编号,nothing,neither' }));
  refused(unknown, 422, 'fields');
  assert.equal(unknown.json.problems.length, 2);
  assert.equal(made(await api.get(M + q({ fields: '编号,编号', limit: 1 })), 200) && (await api.get(M + q({ fields: '编号,编号', limit: 1 }))).text.split('"编号"').length, 2);
  for (const flag of ['count', 'deleted']) refused(await api.get(M + q({ [flag]: 'perhaps' })), 422, flag);
  refused(await api.get(M + q({ ids: '1,x' })), 422, 'ids');
  const boss = made(await api.post(M, { 编号: 'B', 名称: '总店' })), kid = made(await api.post(M, { 编号: 'K', 名称: '分店', 上级: { 编号: 'B' } }));
  const byPath = made(await api.get(M + q({ ids: `${boss.id},${kid.id}`, sort: '-上级.名称', fields: '上级.名称,上级.上级.编号,created_by.name' })), 200).records;
  assert.deepEqual(byPath.map((r) => r['上级.名称']), ['总店', null]);
  assert.deepEqual([byPath[0]['上级.上级.编号'], byPath[0]['created_by.name']], [null, '管理员']);
  assert.ok(made(await api.get(M + q({ q: '总' })), 200).records.some((r) => r.id === boss.id));
  assert.ok(made(await api.get(M + q({ q: 'zd' })), 200).records.some((r) => r.id === boss.id), 'by pinyin initials');
});

test('conditions: operators, lists, paths, aggregates of lists; errors have their place', async () => {
  const a = made(await api.post(M, { 编号: 'W1', 名称: '甲店', 面积: '10.50', 开业: '2026-01-31', 类型: 'a', 标签: ['a', 'b'], 明细: [{ 货: '茶', 数量: 2, 单价: '1.50' }, { 货: '水', 数量: 1, 单价: '20' }] }));
  const b = made(await api.post(M, { 编号: 'W2', 名称: '乙店', 上级: a.id, 伙伴: [a.id], 明细: [{ 货: '茶', 数量: 9, 单价: 1 }] }));
  assert.deepEqual([a.总额, a.行数, b.总额], ['23.00', 2, '9.00']);
  const find = async (f) => { const r = await api.get(M + q({ fields: '编号', sort: '编号', where: `编号 in ("W1", "W2") and (${f})` })); assert.equal(r.status, 200, `${f}: ${r.text}`); return r.json.records.map((x) => x.编号).join(); };
  for (const [f, found] of [['面积 > 10', 'W1'], ['面积 >= 10.5 and 面积 < 11', 'W1'], ['not (面积 > 10)', 'W2'], ['面积 != 10.5', 'W2'], ['面积 <> 10.5', 'W2'], ['面积 == 10.5', 'W1'], ['面积 > 5%', 'W1'],
    ['类型 in ("a", "c")', 'W1'], ['"b" in 标签', 'W1'], ['开业 = "2026-01-31"', 'W1'], ['开业 >= DATE(2026, 1, 31)', 'W1'], ['YEAR(开业) = 2026', 'W1'], ['ISBLANK(面积)', 'W2'], ['CONTAINS(名称, "乙")', 'W2'],
    ['owner = ME()', 'W1,W2'], ['created_at > NOW() - 1', 'W1,W2'], ['上级.名称 = "甲店"', 'W2'], ['上级.面积 * 2 = 21', 'W2'], ['1 / 0 > 1', ''], ['面积 / 0 > 1', ''], ['总额 > 10', 'W1'],
    ['COUNT(明细) = 2', 'W1'], ['SUM(明细.金额) < 10', 'W2'], ['COUNT(明细, 货 = "茶" and 数量 > 5) > 0', 'W2'], ['AVERAGE(明细.单价) > 10', 'W1'], ['MEDIAN(明细.数量) = 9', 'W2'], ['MAX(上级.明细.单价) = 20', 'W2'],
    ['COUNT(下级) = 1', 'W1'], ['COUNT(伙伴, 名称 = "甲店") = 1', 'W2']])
    assert.equal(await find(f), found, f);
  for (const [where, place] of [['面积 >', 8], ['nothing = 1', 0], ['面积 = 1 or 没有 = 2', 14], ['面积 = "x"', 9], ['1 + * 2', 4], ['FOO(1)', 0], ['标签 = "a"', 7], ['COUNT(下级, COUNT(明细) > 1) > 0', 14]]) {
    const r = await api.get(M + q({ where }));
    refused(r, 422);
    assert.equal(r.json.problems[0].field, String(place), `${where}: ${r.text}`);
  }
  refused(await api.get(M + q({ where: '('.repeat(500) + '1' + ')'.repeat(500) })), 422);
});

// ---- writing --------------------------------------------------------------------------------------------------------

test('all that is wrong with a record is said at once', async () => {
  const r = await api.post(M, { bogus: 1, 面积: 'x', 开业: '2026-13-01', 类型: 'zz', 标签: 'a', 上级: 'x', 时刻: 5, 伙伴: [7777777], 明细: [{ 货: 1 }, { nothing: 2, 数量: 'x' }] });
  refused(r, 422, 'bogus', '面积', '开业', '类型', '标签', '上级', '时刻', '伙伴', '编号', '名称', '明细[0].货', '明细[1].nothing', '明细[1].数量');
  refused(await api.post(M, { 面积: -1, 类型: 'zz' }), 422, '编号', '名称', '面积', '类型');
  refused(await api.post(M, '[1]'), 400);
  refused(await api.post(M, '{"编号": '), 400);
  refused(await api.post(M, '{"编号":"a","编号":"b"}'), 400);
  refused(await api.post(M, '{"编号":' + '['.repeat(500) + ']'.repeat(500) + '}'), 400);
  const raw = (body, type) => fetch(`${t.server.base}/api/v1${M}`, { method: 'POST', headers: { authorization: `Bearer ${t.token}`, 'content-type': type }, body })
    .then(async (x) => { const text = await x.text(); return { status: x.status, text, json: JSON.parse(text), headers: x.headers }; });
  refused(await raw(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'application/json'), 400);
  refused(await raw('编号=x', 'application/x-www-form-urlencoded'), 415);
});

test('numbers are exact, instants are instants, relations come in three forms', async () => {
  let n = 0;
  const keeps = async (given, kept) => assert.equal(made(await api.post(M, `{"编号":"X${++n}","名称":"x","面积":${given}}`)).面积, kept);
  for (const [given, kept] of [['"1234.50"', '1234.50'], ['1234.5', '1234.50'], ['0.1', '0.10'], ['123456789012345.67', '123456789012345.67'], ['1e2', '100.00'], ['"0"', '0.00']]) await keeps(given, kept);
  for (const bad of ['"1,5"', '"0x1"', '1.005', '"NaN"', '1e30', 'true', '[]', '""'])
    refused(await api.post(M, `{"编号":"X","名称":"x","面积":${bad}}`), 422, '面积');
  const at = async (v) => made(await api.post(M, { 编号: `X${++n}`, 名称: 'x', 时刻: v })).时刻;
  assert.equal(await at('2026-01-31T16:00:00+08:00'), '2026-01-31T08:00:00Z');
  assert.equal(await at('2026-01-31T08:00:00Z'), '2026-01-31T08:00:00Z');
  const boss = made(await api.post(M, { 编号: 'REL', 名称: '总' }));
  for (const form of [boss.id, { id: boss.id }, { 编号: 'REL' }, { id: boss.id, title: '总' }])
    assert.deepEqual(made(await api.post(M, { 编号: `X${++n}`, 名称: 'x', 上级: form })).上级, { id: boss.id, title: '总' });
  for (const form of [{ 名称: '总' }, { id: 'x' }, { 编号: 'absent' }, 99999999, [], true]) refused(await api.post(M, { 编号: `X${++n}`, 名称: 'x', 上级: form }), 422, '上级');
});

test('a version in If-Match or in the body guards a change', async () => {
  const s = made(await api.post(M, { 编号: 'V', 名称: '一' })), path = `${M}/${s.id}`;
  assert.equal(s.version, 1);
  assert.equal((await api.get(path)).headers.get('etag'), '"1"');
  for (const [h, status] of [['"1"', 200], ['"1"', 409], ['W/"1"', 409], ['1', 409], ['"2"', 200], ['3', 200], ['W/"4"', 200], ['*', 200], ['"x"', 400], ['"0"', 400]]) {
    const r = await api.patch(path, { 面积: Math.round(Math.random() * 1e6) }, { 'if-match': h });
    assert.equal(r.status, status, `${h}: ${r.text}`);
    if (status === 409) assert.ok(r.json.current.id === s.id && r.json.current.version > 1, r.text);
  }
  const v = (await api.get(path)).json.version;
  refused(await api.patch(path, { 名称: '二', version: v - 1 }), 409);
  for (const version of ['x', 1.5, 0, true]) refused(await api.patch(path, { 名称: '二', version }), 422, 'version');
  assert.equal(made(await api.patch(path, { 名称: '二', version: v }), 200).version, v + 1);
  assert.equal(made(await api.patch(path, { 名称: '二' }), 200).version, v + 1, 'nothing changed, nothing counted');
  const stale = await api.delete(path, { 'if-match': '"1"' });
  refused(stale, 409);
  assert.equal(stale.json.current.名称, '二');
  assert.equal((await api.delete(path, { 'if-match': `"${v + 1}"` })).status, 204);
  refused(await api.patch(path, { 名称: '三' }), 404);
  refused(await api.delete(path), 404);
  assert.ok(made(await api.get(M + q({ deleted: true, ids: s.id })), 200).records.length);
  made(await api.post(path + '/restore'), 200);
  const history = made(await api.get(path + '/history?limit=2'), 200);
  assert.deepEqual(history.history.map((h) => h.op), ['restore', 'delete']);
  const more = made(await api.get(`${path}/history?cursor=${history.next}`), 200).history;
  const renamed = more.find((h) => h.changes.some((c) => c.field === '名称' && c.from === '一' && c.to === '二'));
  assert.deepEqual([renamed.actor.title, renamed.way, renamed.op], ['管理员', 'api', 'update']);
  assert.match(renamed.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  for (const id of ['0', '-1', 'x', '1.5', '99999999999999999999']) refused(await api.get(`${M}/${id}`), 404);
});

test('lines belong to their record: with an id they change, without one they are new, missing ones go', async () => {
  const s = made(await api.post(M, { 编号: 'LI', 名称: '明', 明细: [{ 货: '茶', 数量: 1, 单价: 2 }, { 货: '水', 数量: 2, 单价: 3 }] })), path = `${M}/${s.id}`;
  const [tea] = s.明细;
  const changed = made(await api.patch(path, { 明细: [{ id: tea.id, 数量: 5 }, { 货: '酒', 数量: 1, 单价: 100 }] }, { 'if-match': '"1"' }), 200);
  assert.deepEqual(changed.明细.map((l) => [l.货, l.金额]), [['茶', '10.00'], ['酒', '100.00']]);
  assert.deepEqual([changed.总额, changed.行数, changed.version], ['110.00', 2, 2]);
  refused(await api.patch(path, { 明细: [] }, { 'if-match': '"1"' }), 409);
  refused(await api.patch(path, { 明细: [{ id: 99999 }] }), 422, '明细');
  assert.ok(!('明细' in made(await api.get(M + q({ ids: s.id })), 200).records[0]), 'lists leave lines out');
  assert.equal(made(await api.get(M + q({ ids: s.id, fields: '明细' })), 200).records[0].明细.length, 2);
  assert.deepEqual(made(await api.patch(path, { 明细: null }), 200).明细, []);
});

test('an option that records have is not taken away', async () => {
  const one = '/modules/m_opt';
  made(await api.post('/modules', { name: 'm_opt', labels: L, fields: [{ name: 'c', type: 'choice', options }, { name: 'cs', type: 'choices', options }] }));
  made(await api.post('/records/m_opt', { c: 'a', cs: ['b'] }));
  refused(await api.patch(one + '/fields/c', { options: [options[1]] }), 409);
  refused(await api.patch(one + '/fields/cs', { options: [options[0]] }), 409);
  made(await api.patch(one + '/fields/c', { options: [options[0], { code: 'z', labels: L }] }), 200);
  assert.equal(made(await api.post('/records/m_opt', { c: 'z' })).c, 'z');
});

test('batches: all or nothing, or each for itself; upsert by a unique field', async () => {
  const B = M + '/batch', all = (r) => ['create', 'update', 'delete'].map((k) => r.json[k].map((x) => x.status ?? x.error.status));
  const first = await api.post(B, { create: [{ 编号: 'BA', 名称: '甲' }, { 编号: 'BB', 名称: '乙' }] });
  assert.deepEqual(made(first, 200).create.map((x) => x.index), [0, 1]);
  const [a, b] = first.json.create.map((x) => x.id);
  assert.deepEqual(all(await api.post(B, { create: [{ 编号: 'BC', 名称: '丙' }], update: [{ id: a, 名称: '甲二' }], delete: [b] })), [['created'], ['updated'], ['deleted']]);
  const wrong = await api.post(B, { create: [{ 编号: 'BD', 名称: '丁' }, { 名称: 5 }, { 编号: 'BE', 名称: '戊', bogus: 1 }], update: [{ 名称: 'x' }] });
  refused(wrong, 422, 'create[1].名称', 'create[1].编号', 'create[2].bogus', 'update[0].id');
  assert.equal(made(await api.get(M + q({ where: '编号 = "BD"' })), 200).records.length, 0);
  const each = await api.post(B, { atomic: false, create: [{ 编号: 'BF', 名称: '己' }, { 名称: 5 }, { 编号: 'BF', 名称: '又' }, 7], update: [{ id: a, version: 77, 名称: 'x' }, { id: 9999999 }], delete: [{ id: a, version: 1 }, 9999999, 'x'] });
  assert.deepEqual(all(each), [['created', 422, 409, 422], [409, 404], [409, 404, 422]]);
  assert.equal(each.json.create[1].index, 1);
  const upsert = await api.post(B, { key: '编号', create: [{ 编号: 'BA', 面积: 3 }, { 编号: 'BG', 名称: '庚' }, { 编号: 'BG', 名称: '庚二' }] });
  assert.deepEqual(all(upsert)[0], ['updated', 'created', 'updated']);
  assert.equal(upsert.json.create[0].id, a);
  refused(await api.post(B, { key: '编号', create: [{ 名称: 'x' }] }), 422, 'create[0].编号');
  refused(await api.post(B, { key: '名称', create: [] }), 422, 'key');
  refused(await api.post(B, { bogus: [] }), 422, 'bogus');
  refused(await api.post(B, { atomic: 'x' }), 422, 'atomic');
  refused(await api.post(B, { create: {} }), 422, 'create');
});

test('a repeat with the same Idempotency-Key gets the first answer', async () => {
  let n = 0;
  const again = async (call) => {
    const key = { 'idempotency-key': `contract-${++n}` }, first = await call(key), second = await call(key);
    assert.ok(first.status < 300, first.text);
    assert.deepEqual([second.status, second.text, second.headers.get('location')], [first.status, first.text, first.headers.get('location')]);
    return key;
  };
  const key = await again((k) => api.post(M, { 编号: 'IK', 名称: '一' }, k));
  refused(await api.post(M, { 编号: 'IK2', 名称: '二' }, key), 409);
  const id = made(await api.get(M + q({ where: '编号 = "IK"' })), 200).records[0].id;
  await again((k) => api.patch(`${M}/${id}`, { 名称: '改' }, k));
  assert.equal((await api.get(`${M}/${id}`)).json.version, 2);
  await again((k) => api.post(M + '/batch', { create: [{ 编号: 'IK3', 名称: '三' }] }, k));
  await again((k) => api.post('/modules', { name: 'once', fields: [] }, k));
  await again((k) => api.post('/modules/once/fields', { name: 'f', type: 'text' }, k));
  await again((k) => api.post('/users', { email: 'once@example.com', name: 'o', password: 'another-horse-8' }, k));
  await again((k) => api.delete(`${M}/${id}`, k));
  const failed = { 'idempotency-key': 'failed' };
  refused(await api.post(M, { bogus: 1 }, failed), 422);
  made(await api.post(M, { 编号: 'IK9', 名称: '九' }, failed));
  const all = await Promise.all(Array.from({ length: 8 }, () => api.post(M, { 编号: 'IKP', 名称: '并' }, { 'idempotency-key': 'parallel' })));
  assert.deepEqual([new Set(all.map((r) => r.status)), new Set(all.map((r) => r.text)).size], [new Set([201]), 1]);
  refused(await api.post(M, {}, { 'idempotency-key': 'k'.repeat(300) }), 400);
});

// ---- questions and formulas -------------------------------------------------------------------------------------------

test('questions: groups, periods, having, sort, limit, totals, ratios; what is wrong is named', async () => {
  made(await api.post('/modules', { name: 'sale', labels: L, fields: [{ name: 'day', type: 'date' }, { name: 'store', type: 'relation', module: '门店' }, { name: 'amount', type: 'money' }, { name: 'cost', type: 'money' }] }));
  const s = made(await api.post(M, { 编号: 'Q', 名称: '问店' })).id;
  const rows = [['2025-12-31', '0.10', '0.05'], ['2026-01-01', '0.20', '0.05'], ['2026-02-15', '100.00', '33.33'], ['2026-07-01', '3.00', '1.00'], [null, '7.00', '0']];
  made(await api.post('/records/sale/batch', { create: rows.map(([day, amount, cost], i) => ({ day, amount, cost, store: i % 2 ? null : s })) }), 200);
  const ask = async (body) => { const r = await api.post('/query', { from: 'sale', ...body }); assert.equal(r.status, 200, JSON.stringify(body) + r.text); return r.json; };
  const groups = async (g) => (await ask({ group: { g }, select: { n: 'COUNT()' } })).rows.map((r) => r[0]);
  for (const [g, expected] of [['YEAR(day)', [null, 2025, 2026]], ['QUARTER(day)', [null, 1, 3, 4]], ['MONTH(day)', [null, 1, 2, 7, 12]], ['MONTHSTART(day)', [null, '2025-12-01', '2026-01-01', '2026-02-01', '2026-07-01']],
    ['QUARTERSTART(day)', [null, '2025-10-01', '2026-01-01', '2026-07-01']], ['YEARSTART(day)', [null, '2025-01-01', '2026-01-01']], ['WEEKSTART(day)', [null, '2025-12-29', '2026-02-09', '2026-06-29']],
    ['PERIOD(day, "month")', [null, '2025-12', '2026-01', '2026-02', '2026-07']], ['PERIOD(day, "quarter")', [null, '2025-Q4', '2026-Q1', '2026-Q3']], ['PERIOD(day, "half")', [null, '2025-H2', '2026-H1', '2026-H2']],
    ['PERIOD(day, "week")', [null, '2026-W01', '2026-W07', '2026-W27']], ['FISCALYEAR(day)', [null, 2025, 2026]], ['FISCALQUARTER(day)', [null, 1, 3, 4]], ['amount > 1', [false, true]]])
    assert.deepEqual(await groups(g), expected, g);
  const all = await ask({ group: { s: 'store', name: 'store.名称' }, select: { sales: 'SUM(amount)', rate: 'ROUND(SUM(amount - cost) / SUM(amount), 4)', n: 'COUNTDISTINCT(day)', big: 'COUNT(amount, amount > 1)' }, sort: '-sales', totals: true });
  assert.deepEqual(all.columns.map((c) => c.name), ['s', 'name', 'sales', 'rate', 'n', 'big']);
  assert.ok(all.columns.every((c) => c.type && c.label) && ['sql', 'columns'].includes(all.engine) && all.took_ms >= 0);
  assert.deepEqual(all.rows, [[{ id: s, title: '问店' }, '问店', '107.10', '0.6883', 2, 2], [null, null, '3.20', '0.6719', 2, 1]]);
  assert.deepEqual(all.totals, [null, null, '110.30', '0.6879', 4, 3]);
  assert.deepEqual((await ask({ group: { y: 'YEAR(day)' }, select: { s: 'SUM(amount)' }, having: 's > 1', sort: '-s', limit: 1 })).rows, [[2026, '103.20']]);
  assert.deepEqual((await ask({ where: '1 = 2', select: { n: 'COUNT()', s: 'SUM(amount)', m: 'MAX(amount)' } })).rows, [[0, '0.00', null]]);
  assert.deepEqual((await ask({ where: '1 = 2', group: { y: 'YEAR(day)' }, select: { n: 'COUNT()' } })).rows, []);
  assert.deepEqual((await ask({ group: { y: 'YEAR(day)' }, select: { x: 'SUM(amount) / 0' }, limit: 1 })).rows, [[null, null]]);
  for (const [body, field] of [[{ from: 'nothing' }, 'from'], [{ select: {} }, 'select'], [{ select: { n: 'SUM(nothing)' } }, 'select.n'], [{ select: { n: 'amount' } }, 'select.n'], [{ select: { n: '1 +' } }, 'select.n'],
    [{ select: { n: 'COUNT()' }, where: 'amount >' }, 'where'], [{ select: { n: 'COUNT()' }, group: { g: 'nothing' } }, 'group.g'], [{ select: { n: 'COUNT()' }, having: 'nothing > 1' }, 'having'],
    [{ select: { n: 'COUNT()' }, sort: 'nothing' }, 'sort'], [{ select: { n: 'COUNT()' }, limit: 0 }, 'limit'], [{ select: { n: 'COUNT()' }, bogus: 1 }, 'bogus'], [{ select: 'x' }, 'select'],
    [{ group: { n: 'day' }, select: { n: 'COUNT()' } }, 'select.n']])
    refused(await api.post('/query', { from: 'sale', ...body }), 422, field);
  assert.equal((await api.post('/query', { from: 'sale', select: { n: 'SUM(amount) + * 2' } })).json.problems[0].position, 14);
  refused(await api.post('/query', '{"from"'), 400);
});

test('formulas are tried alone, on a saved record, and on a form', async () => {
  const r = made(await api.post(M, { 编号: 'F', 名称: '式', 面积: '2.50', 明细: [{ 数量: 2, 单价: '3' }, { 数量: 1, 单价: '0.5' }] }));
  const value = async (body) => { const x = await api.post('/formula', body); assert.equal(x.status, 200, JSON.stringify(body) + x.text); return [x.json.value, x.json.type]; };
  assert.deepEqual(await value({ formula: '0.1 + 0.2' }), ['0.3', 'decimal']);
  assert.deepEqual(await value({ formula: '=0.1 + 0.2 = 0.3' }), [true, 'boolean']);
  assert.deepEqual(await value({ formula: '1 / 0' }), ['#DIV/0!', 'error']);
  assert.deepEqual(await value({ formula: 'IFERROR(1 / 0, "无")' }), ['无', 'text']);
  assert.deepEqual(await value({ formula: 'DATE(2026, 1, 31) + 1' }), ['2026-02-01', 'date']);
  assert.deepEqual(await value({ formula: '面积 * 2', module: '门店', id: r.id }), ['5.00', 'decimal']);
  assert.deepEqual(await value({ formula: 'SUM(明细.金额)', module: '门店', id: r.id }).then(([v, k]) => [Number(v), k]), [6.5, 'decimal']);
  assert.deepEqual(await value({ formula: '面积 & "㎡"', module: '门店', id: r.id, record: { 面积: 7 } }), ['7㎡', 'text']);
  assert.deepEqual(await value({ formula: 'SUM(明细.金额)', module: '门店', record: { 明细: [{ 数量: 2, 单价: 5 }, { 数量: 1, 单价: '0.5' }] } }).then(([v, k]) => [Number(v), k]), [10.5, 'decimal']);
  for (const [formula, place] of [['1 + * 2', '4'], ['', '0'], ['"中" & nothing', '8'], ['FOO(1)', '0']]) {
    const x = await api.post('/formula', { formula });
    refused(x, 422, place);
  }
  refused(await api.post('/formula', { formula: 5 }), 422, 'formula');
  refused(await api.post('/formula', { formula: '1', module: 'nothing' }), 404);
  refused(await api.post('/formula', { formula: '面积', module: '门店', id: 9999999 }), 404);
});

// ---- people ---------------------------------------------------------------------------------------------------------

test('users and roles; several roles add up row by row', async () => {
  made(await api.post('/modules', { name: 'file', labels: L, title: 'name', fields: [{ name: 'name', type: 'text' }, { name: 'secret', type: 'text' }, { name: 'amount', type: 'money' }] }));
  refused(await api.post('/users', { email: 'bad', bogus: 1 }), 422, 'email', 'name', 'bogus');
  refused(await api.post('/users', { email: 'x@example.com', name: 'x', password: 'short' }), 422, 'password');
  refused(await api.post('/users', { email: 'x@example.com', name: 'x', roles: ['nothing'] }), 422, 'roles');
  refused(await api.post('/users', { email: 'ADMIN@example.com', name: 'x' }), 409, 'email');
  for (const [role, field] of [[{ name: 'a b' }, 'name'], [{ name: 'r', bogus: 1 }, 'bogus'], [{ name: 'r', modules: { file: { raed: true } } }, 'modules.file'], [{ name: 'r', modules: { file: { read: true, fields: { secret: 'x' } } } }, 'modules.file.fields.secret']])
    refused(await api.post('/roles', role), 422, field);
  for (const modules of [{ nothing: { read: true } }, { file: { read: 'nothing = 1' } }, { file: { read: 5 } }, { file: { read: true, fields: { nothing: 'none' } } }]) refused(await api.post('/roles', { name: 'r', modules }), 422);
  const role = await api.post('/roles', { name: 'own', labels: L, modules: { file: { read: 'owner = ME()', create: true, update: 'owner = ME()', delete: 'owner = ME()' } } });
  made(role);
  assert.equal((await api.get(role.headers.get('location').replace('/api/v1', ''))).json.name, 'own');
  refused(await api.post('/roles', { name: 'own' }), 409);
  made(await api.post('/roles', { name: 'peek', labels: L, modules: { file: { read: true, fields: { secret: 'none', amount: 'read' } } } }));
  const u = await userWith(t, 'two@example.com', ['own', 'peek']);
  const mine = made(await u.api.post('/records/file', { name: 'mine', secret: 's1', amount: 5 }));
  const theirs = made(await api.post('/records/file', { name: 'theirs', secret: 's2', amount: 6 }));
  const seen = (await u.api.get('/records/file?sort=name&fields=name,secret,amount')).json.records;
  assert.deepEqual(seen.map((r) => [r.name, r.secret, r.amount]), [['mine', 's1', '5.00'], ['theirs', null, '6.00']]);
  assert.equal((await u.api.get('/records/file' + q({ where: 'secret = "s2"' }))).json.records.length, 0);
  assert.equal((await u.api.post('/formula', { formula: 'secret', module: 'file', id: theirs.id })).json.value, null);
  assert.ok(!(await u.api.get(`/records/file/${theirs.id}/history`)).text.includes('s2'));
  made(await u.api.patch(`/records/file/${mine.id}`, { amount: 7 }), 200);
  refused(await u.api.patch(`/records/file/${theirs.id}`, { name: 'x' }), 403);
  refused(await u.api.delete(`/records/file/${theirs.id}`), 403);
  for (const call of ['/users', '/roles']) refused(await u.api.get(call), 403);
  refused(await u.api.post('/modules', { name: 'z', fields: [] }), 403);
  refused(await u.api.get(M), 404);
  made(await api.patch('/roles/own', { modules: { file: { read: false } } }), 200);
  assert.deepEqual((await u.api.get('/records/file?sort=name')).json.records.map((r) => 'secret' in r), [false, false], 'rights change at once');
  made(await api.patch(`/users/${u.id}`, { active: false }), 200);
  refused(await u.api.get('/me'), 401);
  refused(await api.patch('/users/1', { active: false }), 409);
  refused(await api.patch('/users/1', { roles: [] }), 409);
  refused(await api.patch('/roles/administrator', { admin: false }), 409);
  refused(await api.delete('/records/user/1'), 409);
  const fresh = await api.post('/users', { email: 'fresh@example.com', name: '新', password: 'another-horse-8', roles: ['peek'], active: true });
  assert.deepEqual([made(fresh).roles, (await api.get(fresh.headers.get('location').replace('/api/v1', ''))).json.email], [['peek'], 'fresh@example.com']);
  assert.ok(!(await api.get('/users')).text.includes('password'));
});

test('sessions by cookie, from the same site only', async () => {
  const call = (method, path, headers, body) => fetch(`${t.server.base}/api/v1${path}`, { method, headers: { 'content-type': 'application/json', ...headers }, body: body && JSON.stringify(body) });
  const wrong = await call('POST', '/session', {}, { email: 'admin@example.com', password: 'wrong' });
  assert.equal(wrong.status, 401);
  assert.equal((await call('POST', '/session', {}, {})).status, 422);
  const signed = await call('POST', '/session', {}, { email: 'Admin@Example.com', password: t.password });
  assert.equal(signed.status, 200);
  const set = signed.headers.get('set-cookie'), cookie = set.split(';')[0];
  assert.match(set, /HttpOnly/i);
  assert.match(set, /SameSite=(Lax|Strict)/i);
  assert.equal((await signed.json()).user.email, 'admin@example.com');
  const dept = (headers) => call('POST', '/records/department', { cookie, ...headers }, { name: '会话' }).then((r) => r.status);
  assert.equal((await call('GET', '/me', { cookie })).status, 200);
  assert.equal(await dept({ origin: t.server.base }), 201);
  assert.equal(await dept({ 'sec-fetch-site': 'same-origin' }), 201);
  for (const h of [{ origin: 'http://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) assert.equal(await dept(h), 403, JSON.stringify(h));
  assert.equal((await call('DELETE', '/session', { cookie, origin: t.server.base })).status, 204);
  assert.equal((await call('GET', '/me', { cookie })).status, 401);
  for (const authorization of ['Bearer nonsense', 'Basic YTpi']) {
    const r = await call('GET', '/me', { authorization });
    assert.equal(r.status, 401);
    assert.match(r.headers.get('www-authenticate'), /Bearer/);
  }
  made(await api.post('/users', { email: 'locked@example.com', name: 'l', password: 'another-horse-8' }));
  let status = 401;
  for (let i = 0; i < 30 && status === 401; i++) {
    const r = await call('POST', '/session', {}, { email: 'locked@example.com', password: `wrong-${i}` });
    status = r.status;
    if (status === 429) assert.ok(Number(r.headers.get('retry-after')) > 0);
  }
  assert.equal(status, 429);
});

// ---- the rest ---------------------------------------------------------------------------------------------------------

test('search, changes, health, figures, methods', async () => {
  const r = made(await api.post(M, { 编号: 'S-77', 名称: '西湖龙井专卖店' }));
  for (const text of ['龙', '龙井', 'xhlj', 's-77']) {
    const hits = made(await api.get('/search' + q({ q: text, modules: '门店' })), 200).hits;
    assert.ok(hits.some((h) => h.module === '门店' && h.id === r.id && h.title === '西湖龙井专卖店' && h.field), text);
  }
  assert.equal(made(await api.get('/search?limit=1' + '&q=' + enc('店')), 200).hits.length, 1);
  for (const limit of ['0', 'x', '1000']) refused(await api.get('/search?q=a&limit=' + limit), 422, 'limit');
  refused(await api.get('/search?q=a&modules=nothing'), 404);
  let since = '0', seen = [], next;
  for (;;) {
    const page = made(await api.get(`/changes?since=${since}&limit=7`), 200);
    seen.push(...page.changes);
    next = page.next;
    if (!page.changes.length) break;
    since = next;
  }
  assert.deepEqual(seen.map((c) => c.seq), seen.map((c) => c.seq).sort((x, y) => x - y));
  assert.equal(seen.filter((c) => c.module === '门店' && c.id === r.id && c.op === 'create').length, 1);
  await api.delete(`${M}/${r.id}`);
  const tail = made(await api.get(`/changes?since=${next}`), 200).changes;
  assert.deepEqual(tail.filter((c) => c.id === r.id).map((c) => [c.op, c.record]), [['delete', null]]);
  refused(await api.get('/changes?since=x'), 422, 'since');
  const open = (path) => fetch(`${t.server.base}/api/v1${path}`);
  assert.equal((await (await open('/health')).json()).status, 'ok');
  const figures = await open('/metrics');
  assert.match(figures.headers.get('content-type'), /^text\/plain/);
  for (const line of (await figures.text()).trim().split('\n')) assert.match(line, /^(# (HELP|TYPE) \w+ .+|[a-z_]+(\{[^}]*\})? -?[\d.e+]+)$/);
  assert.equal((await open('/records/department')).status, 401);
  const put = await api.call('PUT', M, {});
  refused(put, 405);
  assert.deepEqual(put.headers.get('allow').split(', ').sort(), ['GET', 'HEAD', 'POST']);
  for (const path of ['/nowhere', '/records', M + '/1/nowhere']) refused(await api.get(path), 404);
});

test('events tell of changes and of the catalog, and go on where they stopped', async () => {
  const stream = async (headers = {}) => {
    const stop = new AbortController(), answer = await fetch(`${t.server.base}/api/v1/events`, { headers: { authorization: `Bearer ${t.token}`, ...headers }, signal: stop.signal });
    assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
    const reader = answer.body.getReader();
    let text = '';
    return { until: async (what) => { while (!what.test(text)) { const { value, done } = await reader.read(); if (done) throw new Error(`the stream ended: ${text}`); text += Buffer.from(value).toString(); } return text; }, end: () => stop.abort() };
  };
  const s = await stream();
  const one = made(await api.post(M, { 编号: 'E1', 名称: '事件' }));
  const text = await s.until(new RegExp(`"id":${one.id}[^\\n]*\\n\\n`));
  assert.match(text, /event: change\n/);
  const data = JSON.parse(/data: (.*"op":"create".*)/.exec(text)[1]);
  assert.deepEqual([data.module, data.op, data.version], ['门店', 'create', 1]);
  made(await api.post('/modules', { name: 'noticed', fields: [] }));
  await s.until(/event: catalog\ndata: \{"version":\d+\}/);
  const last = [...text.matchAll(/^id: ?(.*)$/gm)].at(-1)[1];
  s.end();
  const two = made(await api.post(M, { 编号: 'E2', 名称: '错过' }));
  const again = await stream({ 'last-event-id': last });
  await again.until(new RegExp(`"id":${two.id}\\b`));
  again.end();
  assert.equal((await fetch(`${t.server.base}/api/v1/events`)).status, 401);
});

test('messages are in the language that is asked for', async () => {
  const zh = /^[^A-Za-z]*[\u4e00-\u9fff]/;
  const calls = [() => api.post(M, { bogus: 1, 面积: 'x', 类型: 'zz', 上级: 'x' }, { 'accept-language': 'zh-CN,zh;q=0.9' }), () => api.get(M + q({ where: '面积 >' }), { 'accept-language': 'zh' }),
    () => api.get('/records/nothing', { 'accept-language': 'zh' }), () => api.get('/nowhere', { 'accept-language': 'zh' }), () => api.call('PUT', M, {}, { 'accept-language': 'zh' }),
    () => api.post('/modules', { name: 'w', fields: [{ name: 'f', type: 'choice' }] }, { 'accept-language': 'zh' }), () => api.post('/query', { from: '门店', select: { n: 'SUM(x)' } }, { 'accept-language': 'zh' }),
    () => client(t.server.base, 'nonsense').get('/me', { 'accept-language': 'zh' }), () => api.get(M + '?limit=0', { 'accept-language': 'zh' }), () => api.get(M + '?cursor=zz', { 'accept-language': 'zh' }),
    () => api.post(M, '{', { 'accept-language': 'zh' }), () => api.delete('/modules/user', { 'accept-language': 'zh' })];
  for (const call of calls) {
    const r = await call();
    assert.ok(r.status >= 400);
    for (const text of [r.json.title, r.json.detail, ...(r.json.problems ?? []).map((p) => p.message)]) assert.ok(/[\u4e00-\u9fff]/.test(text), `${r.status}: ${text}`);
  }
  assert.match((await api.post(M, { bogus: 1 }, { 'accept-language': 'en' })).json.title, /^[\x20-\x7e]+$/);
  assert.match((await api.post(M, { bogus: 1 })).json.title, zh, 'without the header, the language of the person');
  assert.ok(qudao('eval', '1 + 1').trim() === '2');
});
