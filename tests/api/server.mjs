// Starts the built program on a new workspace and talks to it, for the tests of the API.
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const bin = resolve(process.env.QUDAO_BIN ?? '../../build/qudao');
export const shared = process.env.QUDAO_SHARED ?? resolve(import.meta.dirname ?? '.', '../../../shared');
export const hasShared = existsSync(join(shared, 'data'));
const password = 'correct-horse-7';

export function qudao(...args) {
  return execFileSync(bin, args, { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

export function workspace(app = 'channel') {
  const dir = mkdtempSync(join(tmpdir(), 'qudao-'));
  const file = join(dir, 'password');
  writeFileSync(file, password + '\n');
  qudao('init', '--data', dir, '--email', 'admin@example.com', '--password-file', file, '--app', app);
  return dir;
}

export async function start(dir, more = []) {
  const child = spawn(bin, ['serve', '--data', dir, '--listen', '127.0.0.1:0', ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
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
