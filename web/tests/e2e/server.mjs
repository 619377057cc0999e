/** Starts the real server on a new demo workspace; QUDAO_BIN names the program. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

async function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export async function realServer(binary) {
  const data = mkdtempSync(join(tmpdir(), 'qudao-e2e-'));
  const port = await freePort();
  const child = spawn(binary, ['serve', '--data', data, '--demo', '--listen', `127.0.0.1:${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const signIn = await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      said += chunk;
      const found = /sign in: (\S+)\s+password: (\S+)/.exec(said);
      if (found) resolve({ email: found[1], password: found[2] });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${said.slice(-800)}`)));
    setTimeout(() => reject(new Error(`the server did not start: ${said.slice(-800)}`)), 180_000).unref();
  });
  return {
    base: `http://127.0.0.1:${port}`,
    ...signIn,
    real: true,
    async close() {
      const ended = new Promise((resolve) => child.on('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}
