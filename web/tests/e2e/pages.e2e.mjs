import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { accessible, settled, tooSmall, tooWide, unexpected, world } from './world.mjs';

let w;
let order;
let territory;
const shots = process.env.QUDAO_SHOTS;
before(async () => {
  w = await world();
  order = (await w.call('GET', '/records/order?limit=1&sort=-order_date&fields=number,partner,territory')).records[0];
  territory = order.territory;
  if (shots) mkdirSync(shots, { recursive: true });
});
after(() => w.close());

const pages = {
  'sign-in': { path: () => '/', ready: '.sign-in-form input', signedIn: false },
  dashboard: { path: () => '/', ready: '.attainment li, .tile-none' },
  list: { path: () => '/m/order', ready: '.grid-row, .card' },
  record: { path: () => `/m/order/${order.id}`, ready: '.fields input' },
  create: { path: () => '/m/partner/new', ready: '.fields input' },
  filtered: {
    path: () => `/m/partner?view=all&where=${encodeURIComponent('tier = "gold" and status = "active"')}`,
    ready: '.chip',
  },
  bin: { path: () => '/m/partner?deleted=true', ready: '.list-head h1' },
};
for (const [name, { path, ready, signedIn }] of Object.entries(pages))
  for (const phone of [false, true])
    for (const [language, dark] of [
      ['zh-CN', false],
      ['en', true],
    ])
      test(`${name} at ${phone ? 390 : 1440} px in ${language}, ${dark ? 'dark' : 'light'}`, async () => {
        const page = await w.open(path(), { phone, dark, language, signedIn });
        await page.locator(ready).first().waitFor();
        await settled(page);
        if (shots)
          await page.screenshot({
            path: `${shots}/${name}-${phone ? 'phone' : 'desk'}-${language}-${dark ? 'dark' : 'light'}.png`,
          });
        assert.equal(await tooWide(page), false, 'the page is wider than the window');
        if (phone) assert.deepEqual(await tooSmall(page), [], 'too small for a thumb');
        assert.deepEqual(await accessible(page), []);
        if (language === 'en') {
          const said = await page.evaluate(() => document.querySelector('main')?.innerText ?? '');
          assert.doesNotMatch(said, /[\u4e00-\u9fff]{2,}(?=[：:])/, 'a Chinese label on an English page');
        }
        assert.deepEqual(unexpected(page), []);
        await page.context().close();
      });

test('the dashboard moves when an order is added in another window', async () => {
  const page = await w.open('/dashboard/sales_targets?period=month');
  const bars = page.getByRole('region', { name: '各大区目标达成' });
  await bars.locator('li').first().waitFor();
  await settled(page);
  const amount = () => page.getByRole('region', { name: '销售额', exact: true }).locator('.kpi strong').innerText();
  const before = await amount();
  const product = (await w.call('GET', '/records/product?limit=1&fields=name')).records[0];
  const made = await w.call('POST', '/records/order', {
    partner: order.partner.id,
    territory: territory?.id,
    status: 'confirmed',
    lines: [{ product: product.id, quantity: '1000', unit_price: '98765' }],
  });
  await page.waitForFunction((was) => document.querySelector('.kpi strong')?.textContent !== was, before);
  assert.notEqual(await amount(), before);
  await w.call('DELETE', `/records/order/${made.id}`);
  await page.waitForFunction((was) => document.querySelector('.kpi strong')?.textContent === was, before);
  assert.deepEqual(unexpected(page), []);
});

test('a bar leads to its records, with the filter as a sentence', async () => {
  const page = await w.open('/dashboard/sales_targets?period=year');
  const bars = page.getByRole('region', { name: '各大区目标达成' });
  await bars.getByRole('link').first().click();
  await page.waitForURL(/\/m\/order\?/);
  await page.locator('.chip').first().waitFor();
  assert.match(await page.locator('.filter').innerText(), /订单状态[\s\S]*且[\s\S]*下单日期[\s\S]*销售大区/);
  await page.goBack();
  await bars.getByRole('button', { name: '以表格显示' }).click();
  await bars.getByRole('table').waitFor();
  assert.deepEqual(await accessible(page), []);
  assert.deepEqual(unexpected(page), []);
});

test('the period is chosen and kept in the address', async () => {
  const page = await w.open('/dashboard/sales_targets');
  await page.getByRole('radiogroup', { name: '期间' }).getByText('季度').click();
  await page.waitForURL(/period=quarter/);
  await page.getByRole('button', { name: '上一期' }).click();
  await page.waitForURL(/at=\d{4}-\d{2}-01/);
  await page.getByRole('button', { name: '本期' }).click();
  await page.waitForFunction(() => !location.search.includes('at='));
  assert.deepEqual(unexpected(page), []);
});

test('one event stream for all tabs of a browser', async () => {
  const page = await w.open('/m/partner');
  await page.locator('.grid-row').first().waitFor();
  const second = await page.context().newPage();
  const streams = [];
  second.on('request', (request) => request.url().endsWith('/events') && streams.push(request.url()));
  await second.goto('/m/partner?view=all&sort=-id');
  await second.locator('.grid-row').first().waitFor();
  const name = `实时${Date.now()}`;
  const made = await w.call('POST', '/records/partner', { name });
  await second.locator('.grid-row', { hasText: name }).waitFor();
  assert.deepEqual(streams, []);
  await w.call('DELETE', `/records/partner/${made.id}`);
  await second.locator('.grid-row', { hasText: name }).waitFor({ state: 'detached' });
});

test('the page runs under the strict policy of the server', async () => {
  const page = await w.open('/', { signedIn: false });
  const answer = await page.request.get('/');
  const policy = answer.headers()['content-security-policy'] ?? '';
  assert.match(policy, /script-src 'self'/);
  assert.doesNotMatch(policy, /script-src[^;]*unsafe-inline/);
});
