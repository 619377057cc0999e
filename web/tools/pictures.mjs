/** Takes the pictures of the README from the demo: make pictures. */
import { mkdirSync, statSync } from 'node:fs';
import { realServer } from '../tests/e2e/server.mjs';
import { settled, world } from '../tests/e2e/world.mjs';

const folder = new URL('../../docs/pictures/', import.meta.url).pathname;
const MOST_KB = 300;

const server = await realServer(process.env.QUDAO_BIN);
const { close, ...told } = server;
process.env.QUDAO_SERVER = JSON.stringify(told);
const w = await world();
try {
  mkdirSync(folder, { recursive: true });
  const where = encodeURIComponent('status = "completed" and line_count = 4');
  const [order] = (await w.call('GET', `/records/order?limit=1&sort=-order_date&fields=number&where=${where}`)).records;
  const filter = encodeURIComponent('status = "shipped" and amount > 50000');
  const pictures = {
    'dashboard-zh': { path: '/', ready: '.attainment li' },
    'dashboard-en': { path: '/', ready: '.attainment li', language: 'en' },
    'list-zh': { path: `/m/order?where=${filter}`, ready: '.grid-row' },
    'record-zh': { path: `/m/order/${order.id}`, ready: '.timeline li' },
  };
  for (const [name, { path, ready, language }] of Object.entries(pictures)) {
    const page = await w.open(path, { language });
    await page.locator(ready).first().waitFor();
    await settled(page);
    await page.screenshot({ path: `${folder}${name}.png` });
    const kb = Math.round(statSync(`${folder}${name}.png`).size / 1024);
    console.log(`docs/pictures/${name}.png ${kb} KB`);
    if (kb > MOST_KB) throw new Error(`more than ${MOST_KB} KB`);
  }
} finally {
  await w.close();
  await close();
}
