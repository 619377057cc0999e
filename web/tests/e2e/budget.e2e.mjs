/** How many bytes travel before a page is there. Sizes are of dist/, compressed as any server does. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const dist = new URL('../../dist/', import.meta.url).pathname;
const size = (name) => gzipSync(readFileSync(join(dist, name)), { level: 9 }).length / 1024;
const assets = readdirSync(join(dist, 'assets'));
const html = readFileSync(join(dist, 'index.html'), 'utf8');
const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, name]) => name);

test('the shell is at most 230 KiB of script', () => {
  // What the first page imports without asking, and the texts of one language
  const seen = new Set();
  const follow = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const [, target] of readFileSync(join(dist, name), 'utf8').matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g))
      follow(`assets/${target}`);
  };
  first.forEach(follow);
  const total = [...seen].reduce((sum, name) => sum + size(name), 0);
  console.log(`shell ${total.toFixed(1)} KiB in ${seen.size} files`);
  assert.ok(
    total <= 230,
    `${total.toFixed(1)} KiB: ${[...seen].map((name) => `${name} ${size(name).toFixed(1)}`).join(', ')}`,
  );
  assert.ok(![...seen].some((name) => /echarts/.test(name)), 'charts are loaded when one is shown');
});

test('a page is at most 40 KiB of script', () => {
  for (const name of assets.filter((one) => /Page-.*\.js$/.test(one))) {
    console.log(`${name} ${size(`assets/${name}`).toFixed(1)} KiB`);
    assert.ok(size(`assets/${name}`) <= 40, name);
  }
});

test('no script stands in the page itself', () => assert.doesNotMatch(html, /<script(?![^>]*src=)/));
