// Workbooks: exported, imported again, made by others, and made to harm.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';

const { crc32, deflateRawSync } = zlib;         // crc32 since Node 20.15
import { running, qudao } from './server.mjs';

const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
let t, dir;
test.before(async () => {
  t = await running('core');
  dir = mkdtempSync(join(tmpdir(), 'qudao-books-'));
  const module = { name: 'shop', labels: { en: 'Shop', 'zh-CN': '门店' }, title: 'name', fields: [
    { name: 'code', type: 'text', unique: true, labels: { en: 'Code', 'zh-CN': '编号' } },
    { name: 'name', type: 'text', required: true, labels: { en: 'Name', 'zh-CN': '名称' } },
    { name: 'turnover', type: 'money', labels: { en: 'Turnover', 'zh-CN': '营业额' } },
    { name: 'opened', type: 'date', labels: { en: 'Opened', 'zh-CN': '开业日期' } },
    { name: 'seen', type: 'datetime', labels: { en: 'Seen', 'zh-CN': '到访' } },
    { name: 'active', type: 'boolean', labels: { en: 'Active', 'zh-CN': '有效' } },
    { name: 'level', type: 'choice', labels: { en: 'Level', 'zh-CN': '级别' }, options: [{ code: 'a', labels: { en: 'Gold', 'zh-CN': '金牌' } }, { code: 'b', labels: { en: 'Silver', 'zh-CN': '银牌' } }] }] };
  assert.equal((await t.api.post('/modules', module)).status, 201);
  const create = [
    { code: 'A1', name: '=1+1', turnover: '-5.10', opened: '2026-01-31', seen: '2026-01-31T08:00:01Z', active: true, level: 'a' },
    { code: '0012', name: '𠮷野家 "店"', turnover: '99999999999.99', active: false, level: 'b' },
    { code: 'A3', name: ' blanks ' }];
  assert.equal((await t.api.post('/records/shop/batch', { create })).status, 200);
});
test.after(async () => {
  await t.end();
  rmSync(dir, { recursive: true, force: true });
});

const auth = () => ({ authorization: `Bearer ${t.token}`, 'accept-language': 'en' });
const download = async (q, headers = {}) => {
  const a = await fetch(`${t.server.base}/api/v1/exports/shop?format=xlsx&${q}`, { headers: { ...auth(), ...headers } });
  return { status: a.status, headers: a.headers, bytes: Buffer.from(await a.arrayBuffer()) };
};
const send = async (bytes, fields = {}) => {
  const form = new FormData();
  for (const [k, v] of Object.entries({ module: 'shop', key: 'code', ...fields })) form.append(k, v);
  form.append('file', new Blob([bytes]), 'x.xlsx');
  const a = await fetch(`${t.server.base}/api/v1/imports`, { method: 'POST', body: form, headers: auth() });
  let json = await a.json();
  for (let n = 0; n < 12000 && ['waiting', 'running'].includes(json.state); n++) {
    await new Promise((r) => setTimeout(r, 50));
    json = (await t.api.get(`/imports/${json.id}`)).json;
  }
  return { status: a.status, json };
};
const counts = (i) => [i.rows, i.created, i.updated, i.unchanged, i.rejected];
const fields = `fields=code,name,turnover,opened,seen,active,level&sort=code&where=${encodeURIComponent('code = "A1" or code = "0012" or code = "A3"')}`;

test('an exported workbook is read again in both languages and changes nothing', async () => {
  for (const [q, lang] of [['', 'en'], ['', 'zh-CN'], ['&header=names', 'en']]) {
    const a = await download(fields + q, { 'accept-language': lang });
    assert.equal(a.status, 200, a.bytes.toString().slice(0, 300));
    assert.equal(a.headers.get('content-type'), type);
    assert.match(a.headers.get('content-disposition'), /^attachment; filename=".*\.xlsx"; filename\*=UTF-8''.*\.xlsx$/);
    const i = (await send(a.bytes)).json;
    assert.deepEqual(counts(i), [3, 0, 0, 3, 0], JSON.stringify(i));
  }
  assert.deepEqual(readdirSync(join(t.dir, 'spool')), []);
});

test('the command line reads and writes workbooks', () => {
  const file = join(dir, 'cli.xlsx');
  qudao('export', '--data', t.dir, '--module', 'shop', '--fields', 'code,name,turnover,opened,seen,active,level', file);
  assert.equal(readFileSync(file).subarray(0, 2).toString(), 'PK');
  assert.equal(qudao('import', '--data', t.dir, '--module', 'shop', '--key', 'code', file), '{"rows":3,"created":0,"updated":0,"unchanged":3,"rejected":0}\n');
});

// ---- workbooks by hand: a zip of parts
function zip(parts) {
  const local = [], central = [];
  let at = 0;
  for (const [name, text, lie] of parts) {
    const data = Buffer.from(text), packed = deflateRawSync(data), n = Buffer.from(name);
    const head = Buffer.alloc(30), dirent = Buffer.alloc(46);
    const sum = crc32 ? crc32(data) : crcOf(data);
    head.writeUInt32LE(0x04034b50, 0); head.writeUInt16LE(20, 4); head.writeUInt16LE(8, 8);
    head.writeUInt32LE(sum, 14); head.writeUInt32LE(packed.length, 18); head.writeUInt32LE(lie ?? data.length, 22); head.writeUInt16LE(n.length, 26);
    dirent.writeUInt32LE(0x02014b50, 0); dirent.writeUInt16LE(20, 4); dirent.writeUInt16LE(20, 6); dirent.writeUInt16LE(8, 10);
    dirent.writeUInt32LE(sum, 16); dirent.writeUInt32LE(packed.length, 20); dirent.writeUInt32LE(lie ?? data.length, 24); dirent.writeUInt16LE(n.length, 28); dirent.writeUInt32LE(at, 42);
    local.push(head, n, packed);
    central.push(dirent, n);
    at += 30 + n.length + packed.length;
  }
  const size = central.reduce((a, b) => a + b.length, 0), end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0); end.writeUInt16LE(parts.length, 8); end.writeUInt16LE(parts.length, 10); end.writeUInt32LE(size, 12); end.writeUInt32LE(at, 16);
  return Buffer.concat([...local, ...central, end]);
}
function crcOf(data) {
  let c = ~0;
  for (const b of data) {
    c ^= b;
    for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (0xedb88320 & -(c & 1));
  }
  return ~c >>> 0;
}
const relation = (id, what, target) => `<Relationship Id="${id}" Type="http://x/${what}" Target="${target}"/>`;
const book = (sheet, more = {}) => [
  ['_rels/.rels', `<Relationships>${relation('r1', 'officeDocument', 'xl/workbook.xml')}</Relationships>`],
  ['xl/workbook.xml', more.workbook ?? '<workbook><sheets><sheet name="One" r:id="r1"/><sheet name="二" r:id="r2"/></sheets></workbook>'],
  ['xl/_rels/workbook.xml.rels', more.rels ?? `<Relationships>${relation('r1', 'worksheet', 's1.xml')}${relation('r2', 'worksheet', 's2.xml')}${relation('r3', 'sharedStrings', 't.xml')}</Relationships>`],
  ['xl/t.xml', more.strings ?? '<sst/>'],
  ['xl/s1.xml', sheet],
  ['xl/s2.xml', '<worksheet><sheetData><row><c t="str"><v>code</v></c><c t="str"><v>name</v></c></row><row><c t="str"><v>S2</v></c><c t="str"><v>second</v></c></row></sheetData></worksheet>'],
];
const rows = (xml) => `<worksheet><sheetData><row><c t="str"><v>code</v></c><c t="str"><v>name</v></c></row>${xml}</sheetData></worksheet>`;

test('a named sheet is read; a wrong name is told which there are', async () => {
  assert.deepEqual(counts((await send(zip(book(rows(''))), { sheet: '二' })).json), [1, 1, 0, 0, 0]);
  const a = await send(zip(book(rows(''))), { sheet: 'Three' });
  assert.equal(a.status, 422);
  assert.match(a.json.problems[0].message, /One, 二/);
});

test('rejected rows of a workbook say the row of the sheet', async () => {
  const i = (await send(zip(book(rows('<row r="7"><c t="str"><v>X7</v></c></row><row r="9"><c t="str"><v>X9</v></c><c t="str"><v>fine</v></c></row>'))))).json;
  assert.deepEqual(counts(i), [2, 1, 0, 0, 1]);
  assert.deepEqual([i.problems[0].line, i.problems[0].column], [7, 'name']);
});

test('what means harm is refused in words, and the rest are served meanwhile', { timeout: 900000 }, async () => {
  const good = (await download(fields)).bytes;
  const spaces = ' '.repeat(200 << 20);
  const harms = {
    bomb: zip(book(rows(spaces))),
    'bomb with a lying size': zip([...book(rows('')).filter((p) => p[0] !== 'xl/s1.xml'), ['xl/s1.xml', rows(spaces.slice(0, 100 << 20)), 0]]),
    'many strings': zip(book(rows(''), { strings: '<sst>' + '<si><t>x</t></si>'.repeat(6000000) + '</sst>' })),
    doctype: zip(book('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + rows('<row><c t="str"><v>&x;</v></c></row>'))),
    laughs: zip(book(rows(''), { workbook: '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><workbook>&b;</workbook>' })),
    deep: zip(book('<a>'.repeat(200000))),
    path: zip(book(rows(''), { rels: `<Relationships>${relation('r1', 'worksheet', '../../../../etc/passwd')}</Relationships>` })),
    truncated: good.subarray(0, good.length - 200),
    half: good.subarray(0, good.length >> 1),
    'no workbook': zip([['evil.txt', 'x'], ['../../evil', 'x']]),
    'only a head': Buffer.from('PK\x03\x04'),
    entries: zip(Array.from({ length: 20000 }, (_, i) => [`p${i}`, ''])),
    'old kind': Buffer.from('d0cf11e0a1b11ae10000', 'hex'),
  };
  for (const [what, bytes] of Object.entries(harms)) {
    const sent = send(bytes);
    assert.equal((await t.api.get('/me')).status, 200);
    const a = await sent;
    const failed = a.status === 422 || a.status === 413 || a.json.state === 'failed';
    assert.equal(failed, true, `${what}: ${a.status} ${JSON.stringify(a.json).slice(0, 300)}`);
    assert.equal((a.json.created ?? 0), 0, what);
    assert.equal(/[a-z_]+\.c:|zip_|XML_/.test(JSON.stringify(a.json)), false, what);
  }
  assert.equal((await send(good)).json.unchanged, 3);
  assert.deepEqual(readdirSync(join(t.dir, 'spool')), []);
});

// Another program's eyes and hands, where it is installed.
const python = ['/usr/bin/python3'].find((p) => existsSync(p) && spawnSync(p, ['-c', 'import openpyxl']).status === 0);
test('another program reads our workbooks and we read its', { skip: !python && 'python3-openpyxl is not installed' }, async () => {
  const ours = join(dir, 'ours.xlsx'), theirs = join(dir, 'theirs.xlsx');
  writeFileSync(ours, (await download(fields, { 'accept-language': 'zh-CN' })).bytes);
  const seen = JSON.parse(execFileSync(python, ['-c', `
import openpyxl, json, sys
ws = openpyxl.load_workbook(sys.argv[1]).active
print(json.dumps({'title': ws.title, 'freeze': ws.freeze_panes, 'bold': ws['A1'].font.b, 'format': ws['D3'].number_format, 'rows': [[(c.isoformat() if hasattr(c, 'isoformat') else c) for c in r] for r in ws.iter_rows(values_only=True)]}))
`, ours], { encoding: 'utf8' }));
  assert.deepEqual(seen, { title: '门店', freeze: 'A2', bold: true, format: 'yyyy-mm-dd', rows: [
    ['编号', '名称', '营业额', '开业日期', '到访', '有效', '级别'],
    ['0012', '𠮷野家 "店"', 99999999999.99, null, null, false, '银牌'],
    ['A1', '=1+1', -5.1, '2026-01-31T00:00:00', '2026-01-31T16:00:01', true, '金牌'],
    ['A3', ' blanks ', null, null, null, null, null]] });
  execFileSync(python, ['-c', `
import openpyxl, datetime, sys
from decimal import Decimal
wb = openpyxl.Workbook()
ws = wb.active
ws.append(['编号', '名称', '营业额', '开业日期', '到访', '有效', '级别'])
ws.append(['P1', '江苏 店', Decimal('1234567890.12'), datetime.date(2026, 1, 31), datetime.datetime(2026, 1, 31, 8, 30, 15), True, '金牌'])
ws.append(['P2', 'sum', 0.1 + 0.2, datetime.datetime(2024, 2, 29), None, False, 'Silver'])
ws.append(['P3', 42, '=1+1', None, None, None, None])
wb.create_sheet('other')
wb.save(sys.argv[1])
`, theirs]);
  const i = (await send(readFileSync(theirs))).json;
  assert.deepEqual(counts(i), [3, 3, 0, 0, 0], JSON.stringify(i));
  const got = (await t.api.get('/records/shop?sort=code&where=' + encodeURIComponent('LEFT(code, 1) = "P"'))).json.records;
  assert.deepEqual(got.map((r) => [r.code, r.name, r.turnover, r.opened, r.seen, r.active, r.level]), [
    ['P1', '江苏 店', '1234567890.12', '2026-01-31', '2026-01-31T00:30:15Z', true, 'a'], ['P2', 'sum', '0.30', '2024-02-29', null, false, 'b'], ['P3', '42', null, null, null, null, null]]);
});
