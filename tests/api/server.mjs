// Starts the built program on a new workspace and talks to it, for the tests of the API.
import { spawn, execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, existsSync, readdirSync, appendFileSync, readFileSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const bin = resolve(process.env.QUDAO_BIN ?? '../../build/qudao');
export const shared = process.env.QUDAO_SHARED ?? resolve(import.meta.dirname ?? '.', '../../../shared');
export const hasShared = existsSync(join(shared, 'data'));
const password = 'correct-horse-7';

// ---- the database: a SQLite file in the folder, or with QUDAO_TEST_DB=postgresql a schema in a server of this process's own
export const onPostgres = process.env.QUDAO_TEST_DB === 'postgresql';
const places = new Map();       // folder of a workspace -> the options that say where its data is
let postgres;

export function postgresPrograms() {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).map(Number).sort((a, b) => a - b) : [];
  const dir = versions.length ? `${root}/${versions.at(-1)}/bin` : '';
  return dir && existsSync(`${dir}/postgres`) && existsSync(`${dir}/initdb`) ? dir : null;
}

// The server refuses to run as root.  It ends with this process, however that ends.
function asServerUser(...command) {
  const user = process.getuid() === 0 ? ['--reuid', 'postgres', '--regid', 'postgres', '--clear-groups'] : [];
  return ['setpriv', [...user, '--pdeathsig', 'QUIT', ...command]];
}

// A server of its own: url, and up and down at will.
export function ownPostgres() {
  const programs = postgresPrograms();
  if (!programs) throw new Error('PostgreSQL is not installed');
  const dir = mkdtempSync('/tmp/qudao-pg-');          // short: socket names are limited to 107 bytes
  const data = join(dir, 'data'), log = join(dir, 'log');
  if (process.getuid() === 0) execFileSync('chown', ['postgres', dir]);
  execFileSync(...asServerUser(`${programs}/initdb`, '-D', data, '-A', 'trust', '-U', 'qudao', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'), { stdio: 'pipe', cwd: dir });
  appendFileSync(join(data, 'postgresql.conf'), `listen_addresses=''\nunix_socket_directories='${dir}'\nfsync=off\nfull_page_writes=off\n` +
    'max_connections=200\nshared_buffers=64MB\nmax_pred_locks_per_transaction=256\ndeadlock_timeout=100ms\nlog_min_error_statement=error\n');
  const out = openSync(log, 'a');
  let child;
  const pid = join(data, 'postmaster.pid');
  const ready = () => existsSync(`${dir}/.s.PGSQL.5432`) && existsSync(pid) && /^ready/m.test(readFileSync(pid, 'utf8'));
  const up = () => {
    rmSync(pid, { force: true });       // of one that was killed
    child = spawn(...asServerUser(`${programs}/postgres`, '-D', data), { stdio: ['ignore', out, out], cwd: dir });
    child.unref();
    for (let i = 0; i < 1500 && !ready(); i++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    if (!ready()) throw new Error(`PostgreSQL does not start: ${readFileSync(log, 'utf8').slice(-2000)}`);
  };
  const down = (signal) => new Promise((done) => { child.once('exit', done); child.kill(signal); });
  up();
  process.on('exit', () => {
    child.kill('SIGQUIT');
    if (process.env.QUDAO_KEEP_LOG) writeFileSync(process.env.QUDAO_KEEP_LOG, readFileSync(log));
    rmSync(dir, { recursive: true, force: true, maxRetries: 20 });
  });
  return { url: `postgresql://qudao@/postgres?host=${dir}`, dir, up, down };
}

// The workspace of this folder is at another URL from now on.
export const placeAt = (dir, url, schema = 'w') => places.set(dir, ['--database', url, '--workspace', schema]);

export function place(dir) {
  if (!onPostgres && !places.has(dir)) return [];
  if (!places.has(dir)) places.set(dir, ['--database', postgres ??= ownPostgres().url, '--workspace', `w${places.size + 1}`]);
  return places.get(dir);
}

export function qudao(...args) {
  const at = args.indexOf('--data');
  if (at >= 0) args.push(...place(args[at + 1]));
  return execFileSync(bin, args, { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

// The same beside what the test does meanwhile.
export function qudaoBeside(...args) {
  args.push(...place(args[args.indexOf('--data') + 1]));
  return new Promise((done, fail) => execFile(bin, args, { encoding: 'utf8' }, (e, out, err) => (e ? fail(new Error(out + err)) : done(out))));
}

export function workspace(app = 'channel', dir = mkdtempSync(join(tmpdir(), 'qudao-'))) {
  const file = join(dir, 'password');
  writeFileSync(file, password + '\n');
  qudao('init', '--data', dir, '--email', 'admin@example.com', '--password-file', file, '--app', app);
  return dir;
}

// under: a program that starts ours, as sh -c '… exec "$0" "$@"'
export async function start(dir, more = [], under = []) {
  const [program, ...before] = [...under, bin];
  const child = spawn(program, [...before, 'serve', '--data', dir, '--listen', '127.0.0.1:0', ...place(dir), ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const port = await new Promise((done, fail) => {
    child.stderr.on('data', (d) => {
      log += d;
      const m = /event=listening.*port=(\d+)/.exec(log);
      if (m) done(Number(m[1]));
    });
    child.on('exit', (code) => fail(new Error(`the server ended with ${code}: ${log}`)));
  });
  const exited = new Promise((r) => child.on('exit', r));
  return {
    base: `http://127.0.0.1:${port}`,
    child,
    log: () => log,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await exited;
      const found = /^.*(Sanitizer|runtime error:)[^]*/m.exec(log);       // in a build that looks for such things
      if (found) throw new Error(found[0].slice(0, 6000));
    },
  };
}

// One running server with an administrator's token, removed at the end.
export async function running(app = 'channel') {
  const dir = workspace(app);
  const server = await start(dir);
  const token = qudao('token', '--data', dir, '--email', 'admin@example.com').trim();
  const api = client(server.base, token);
  return { dir, server, token, api, password, end: async () => { await server.stop(); rmSync(dir, { recursive: true, force: true }); } };
}

export function client(base, token, headers = {}) {
  const call = async (method, path, body, more = {}) => {
    const h = { ...headers, ...more };
    if (token) h.authorization = `Bearer ${token}`;
    if (body !== undefined) h['content-type'] = 'application/json';
    const answer = await fetch(`${base}/api/v1${path}`, { method, headers: h, body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body) });
    const text = await answer.text();
    let json = null;
    try { json = text ? JSON.parse(text) : null; } catch { /* not JSON */ }
    return { status: answer.status, json, text, headers: answer.headers };
  };
  return {
    get: (p, h) => call('GET', p, undefined, h),
    post: (p, b, h) => call('POST', p, b, h),
    put: (p, b, h) => call('PUT', p, b, h),
    patch: (p, b, h) => call('PATCH', p, b, h),
    delete: (p, h) => call('DELETE', p, undefined, h),
    call,
  };
}

// A user with one role, and a client signed in as that user.
export async function userWith(t, email, roles, more = {}) {
  const made = await t.api.post('/users', { email, name: email, password: 'another-horse-8', roles, active: true, ...more });
  if (made.status !== 201) throw new Error(made.text);
  const token = qudao('token', '--data', t.dir, '--email', email).trim();
  return { id: made.json.id, token, api: client(t.server.base, token) };
}
