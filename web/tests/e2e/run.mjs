/** Runs the page tests one after another against one real server; its demo workspace is made once for all of them. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { realServer } from './server.mjs';

const here = new URL('.', import.meta.url).pathname;
const files = readdirSync(here).filter((name) => name.endsWith('.e2e.mjs') && name.includes(process.argv[2] ?? ''));
const server = await realServer(process.env.QUDAO_BIN);
const { close, ...told } = server;
let code = 1;
try {
  const page = await fetch(server.base);
  if (!page.headers.get('content-type')?.includes('text/html')) {
    console.log('# the server was built without the client: pages are not tested\n# pass 0\n# fail 0');
    code = 0;
  } else
    code = await new Promise((resolve) =>
      spawn(process.execPath, ['--test', '--test-reporter=tap', '--test-concurrency=1', ...files], {
        cwd: here,
        stdio: 'inherit',
        env: { ...process.env, QUDAO_SERVER: JSON.stringify(told) },
      }).on('exit', resolve),
    );
} finally {
  await close();
}
process.exitCode = code ?? 1;
