// The command line as the contract writes it: forms, options, exit codes 0 done, 1 refused with a reason, 2 wrong usage.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, onPostgres, place, running, client } from './server.mjs';

let t, dir;
const run = (args, { input, env } = {}) => {
  const at = args.indexOf('--data');
  const r = spawnSync(bin, at >= 0 ? [...args, ...place(args[at + 1])] : args, { encoding: 'utf8', input, env: { ...process.env, QUDAO_DATA: '', QUDAO_DATABASE: '', ...env } });
  return { code: r.status, out: r.stdout, err: r.stderr };
};
const ends = (code, args, more) => {
  const r = run(args, more);
  assert.equal(r.code, code, `${args.join(' ')}: ${r.code}\n${r.out}${r.err}`);
  if (code) assert.ok(r.err.trim(), `${args.join(' ')} says why`);
  return r;
};

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'qudao-cli-'));
  writeFileSync(join(dir, 'pw'), 'correct-horse-7\n');
  t = await running('core');
});
after(async () => {
  await t?.end();
  rmSync(dir, { recursive: true, force: true });
});

test('help and version, of the program and of every command', () => {
  assert.match(ends(0, ['--version']).out, /^qudao \d+\.\d+/);
  const all = ends(0, ['--help']).out;
  const promised = {
    serve: ['--data', '--listen', '--database', '--demo'], init: ['--data', '--email', '--password-file', '--app', '--locale'], token: ['--data', '--email', '--name', '--days'], eval: ['--batch'],
    import: ['--data', '--module', '--key', '--map', '--dry-run', '.csv', '.xlsx'], export: ['--data', '--module', '--where', '--fields', '.csv', '.xlsx'], backup: ['--data'], restore: ['--data'], check: ['--data'] };
  for (const [command, options] of Object.entries(promised)) {
    assert.ok(all.includes(command), command);
    const help = ends(0, [command, '--help']).out;
    for (const o of options) assert.ok(help.includes(o), `${command} --help names ${o}`);
  }
  ends(2, []);
  ends(2, ['nonsense']);
  ends(2, ['token', '--bogus', 'x']);
  ends(2, ['check', '--data', t.dir, 'extra']);
  ends(2, ['check']);
});

test('init makes a workspace once', () => {
  const data = join(dir, 'made'), base = ['init', '--data', data, '--email', 'boss@example.com', '--password-file', join(dir, 'pw')];
  ends(2, ['init', '--data', data]);
  ends(2, [...base, '--locale', 'fr']);
  ends(1, [...base, '--app', 'nonsense']);
  ends(1, ['init', '--data', data, '--email', 'boss@example.com', '--password-file', join(dir, 'absent')]);
  ends(1, ['init', '--data', data, '--email', 'no address', '--password-file', join(dir, 'pw'), '--app', 'core']);
  ends(0, [...base, '--app', 'core', '--locale', 'en']);
  ends(0, ['init', '--data', data, '--email', 'other@example.com', '--password-file', join(dir, 'pw')]);
  ends(0, ['token', '--data', data, '--email', 'boss@example.com']);
  ends(1, ['token', '--data', data, '--email', 'other@example.com']);
  assert.equal(ends(0, ['check', '--data', data]).out.trim(), 'ok');
});

test('a token is good for its days and for its person', async () => {
  const token = ends(0, ['token', '--data', t.dir, '--email', 'admin@example.com', '--name', 'robot', '--days', '7']).out;
  assert.match(token, /^\S+\n$/, 'one token and nothing else');
  assert.equal((await client(t.server.base, token.trim()).get('/me')).status, 200);
  ends(2, ['token', '--data', t.dir]);
  ends(2, ['token', '--data', t.dir, '--email', 'admin@example.com', '--days', '0']);
  ends(1, ['token', '--data', t.dir, '--email', 'nobody@example.com']);
  const nowhere = join(dir, 'nowhere');
  if (!onPostgres) {
    ends(1, ['token', '--data', nowhere, '--email', 'admin@example.com']);
    ends(1, ['serve', '--data', nowhere, '--listen', '127.0.0.1:0']);
    assert.ok(!existsSync(nowhere), 'looking for a workspace makes none');
    assert.equal(run(['token', '--email', 'admin@example.com'], { env: { QUDAO_DATA: t.dir } }).code, 0);
  } else {
    const [, database, , schema] = place(t.dir);
    assert.equal(run(['token', '--email', 'admin@example.com', '--workspace', schema], { env: { QUDAO_DATA: t.dir, QUDAO_DATABASE: database } }).code, 0);
  }
});

test('eval', () => {
  assert.equal(ends(0, ['eval', '0.1 + 0.2 = 0.3']).out, 'true\n');
  assert.equal(ends(0, ['eval', '=SUM(1, 2, 3) & "元"']).out, '6元\n');
  assert.equal(ends(0, ['eval', '-1 + 2']).out, '1\n');
  const failed = ends(1, ['eval', '1 / 0']);
  assert.equal(failed.out, '');
  assert.match(failed.err, /#DIV\/0!/);
  assert.match(ends(1, ['eval', '1 +']).err, /missing/i);
  ends(2, ['eval']);
  ends(2, ['eval', '1', '2']);
  const lines = ends(0, ['eval', '--batch'], { input: '1+1\n1/0\n1+\n="中"\n5%\r\n\nNOFN(1)\n' }).out.split('\n');
  assert.equal(lines.length, 8, 'one value a line');
  assert.deepEqual([lines[0], lines[3], lines[4]], ['2', '中', '0.05']);
  assert.match(lines[1], /^#/);
  for (const i of [2, 5, 6]) assert.match(lines[i], /^#ERROR: \S/);
});

test('import and export beside a running server', async () => {
  const made = await t.api.post('/modules', { name: 'shop', labels: { en: 'Shop', 'zh-CN': '门店' }, title: 'name', fields: [
    { name: 'code', type: 'text', unique: true, labels: { en: 'Code', 'zh-CN': '编号' } }, { name: 'name', type: 'text', required: true, labels: { en: 'Name', 'zh-CN': '名称' } }, { name: 'area', type: 'decimal', scale: 2 }] });
  assert.equal(made.status, 201, made.text);
  const csv = join(dir, 'in.csv'), out = join(dir, 'out.csv');
  writeFileSync(csv, 'No,名称,area\nS1,南京路店,12.50\nS2,"国贸, 店",3\n');
  const shops = async () => (await t.api.get('/records/shop?sort=code&fields=code,name,area')).json.records.map((r) => [r.code, r.name, r.area]);
  const load = ['import', '--data', t.dir, '--module', 'shop', '--key', 'code', '--map', 'No=code,名称=name,area=area'];
  ends(0, [...load, '--dry-run', csv]);
  assert.deepEqual(await shops(), []);
  ends(0, [...load, csv]);
  assert.deepEqual(await shops(), [['S1', '南京路店', '12.50'], ['S2', '国贸, 店', '3.00']]);
  ends(0, [...load, csv]);
  assert.equal((await shops()).length, 2, 'the key finds what is there');
  ends(0, ['export', '--data', t.dir, '--module', 'shop', '--where', 'area > 5', '--fields', 'code,name,area', out]);
  assert.deepEqual(readFileSync(out, 'utf8').replace(/^\ufeff/, '').trim().split(/\r?\n/), ['code,name,area', 'S1,南京路店,12.50']);
  ends(2, ['import', '--data', t.dir]);
  ends(1, ['import', '--data', t.dir, '--module', 'shop', join(dir, 'absent.csv')]);
  ends(1, ['import', '--data', t.dir, '--module', 'nothing', csv]);
  ends(2, ['export', '--data', t.dir]);
  ends(1, ['export', '--data', t.dir, '--module', 'nothing', out]);
  const before = readFileSync(out, 'utf8');
  ends(1, ['export', '--data', t.dir, '--module', 'shop', '--where', 'nothing = 1', out]);
  assert.equal(readFileSync(out, 'utf8'), before, 'a refused export leaves the file that was there');
  assert.ok(!existsSync(out + '.part'));
});

test('backup, restore and check', { skip: onPostgres ? 'PostgreSQL has its own' : false }, async () => {
  await t.api.post('/records/department', { name: '备份前' });
  const file = join(dir, 'copy.db'), there = join(dir, 'restored');
  ends(0, ['backup', '--data', t.dir, file]);
  for (const made of [file, join(t.dir, 'qudao.db')]) assert.equal(statSync(made).mode & 0o077, 0, `${made} is for other eyes`);
  await t.api.post('/records/department', { name: '备份后' });
  ends(2, ['backup', '--data', t.dir]);
  ends(1, ['restore', '--data', there, join(dir, 'absent')]);
  ends(1, ['restore', '--data', join(dir, 'bad'), join(dir, 'pw')]);
  ends(0, ['restore', '--data', there, file]);
  ends(1, ['restore', '--data', there, file]);
  assert.equal(ends(0, ['check', '--data', there]).out.trim(), 'ok');
  const rows = ends(0, ['export', '--data', there, '--module', 'department', '--fields', 'name', '-']).out;
  assert.ok(rows.includes('备份前') && !rows.includes('备份后'));
  assert.equal(ends(0, ['check', '--data', t.dir]).out.trim(), 'ok');
});
