import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, settled, tooWide, unexpected, world } from './world.mjs';

let w;
before(async () => {
  w = await world();
});
after(() => w.close());

test('signs in from either language; what is wrong is said in words', async () => {
  const page = await w.open('/m/partner', { signedIn: false });
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByText('请填写邮箱和密码。').waitFor();
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByLabel('E-mail').fill(w.server.email);
  await page.getByRole('textbox', { name: 'Password' }).fill('not this one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This e-mail and password do not belong together.').waitFor();
  assert.deepEqual(await accessible(page), []);
  await page.getByRole('textbox', { name: 'Password' }).fill(w.server.password);
  await page.keyboard.press('Enter');
  // Where one wanted to go, in the language that was chosen
  await page.getByRole('heading', { name: 'Partners', level: 1 }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/m/partner');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
  assert.deepEqual(unexpected(page, '401'), []);
});

test('too many tries: how long to wait', async () => {
  const page = await w.open('/', { signedIn: false });
  await page.route('**/api/v1/session', (route) =>
    route.fulfill({
      status: 429,
      headers: { 'retry-after': '30', 'content-type': 'application/problem+json' },
      body: '{"title":"Too many"}',
    }),
  );
  await page.getByLabel('邮箱').fill('a@b.c');
  await page.getByRole('textbox', { name: '密码' }).fill('x');
  await page.keyboard.press('Enter');
  await page.getByText('尝试次数过多，请在 30 秒后再试。').waitFor();
});

test('the language is kept with the person', async () => {
  const page = await w.open('/m/partner', { language: 'zh-CN' });
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Partners', level: 1 }).waitFor();
  await page.waitForFunction(async () => (await (await fetch('/api/v1/me')).json()).user.locale === 'en');
  await page.reload();
  await page.getByRole('heading', { name: 'Partners', level: 1 }).waitFor();
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('heading', { name: '合作伙伴', level: 1 }).waitFor();
  assert.deepEqual(unexpected(page), []);
});

test('a session that ends does not take what was typed', async () => {
  const page = await w.open('/m/partner/new');
  const name = `会话测试 ${Date.now()}`;
  await page.getByRole('textbox', { name: /企业全称/ }).fill(name);
  await page.context().clearCookies();
  await page.keyboard.press('Control+s');
  const again = page.getByRole('dialog', { name: '请重新登录' });
  await again.getByRole('textbox', { name: '密码' }).fill(w.server.password);
  await again.getByRole('button', { name: '登录', exact: true }).click();
  // The refused save went on by itself.
  await page.getByRole('heading', { name }).waitFor();
  assert.match(page.url(), /\/m\/partner\/\d+$/);
  assert.deepEqual(unexpected(page, '401'), []);
});

test('a server that cannot be reached is said calmly, and comes back', async () => {
  const page = await w.open('/m/partner');
  await page.getByRole('gridcell').first().waitFor();
  await page.context().setOffline(true);
  await page.getByRole('columnheader', { name: '企业全称' }).getByRole('button').click();
  await page.getByText('无法连接服务器。已填写的内容仍保留在此').waitFor();
  await page.context().setOffline(false);
  await page.getByRole('columnheader', { name: '企业全称' }).getByRole('button').click();
  await page.getByText('无法连接服务器。已填写的内容仍保留在此').waitFor({ state: 'hidden' });
});

test('what does not exist is said in words', async () => {
  const page = await w.open('/m/partner/999999999');
  await page.getByText('记录不存在，或你无权查看。').waitFor();
  await page.goto('/m/no_such_module');
  await page.getByText('没有“no_such_module”这个模块').waitFor();
  await page.goto('/no/such/page');
  await page.getByText('没有这个页面。').waitFor();
  assert.deepEqual(unexpected(page, '404'), []);
});

test("a partner's person sees what is theirs, without riddles", async (t) => {
  if (!w.server.real) return t.skip('the mock has one person');
  const page = await w.open('/', { signedIn: false });
  await page.getByLabel('邮箱').fill('partner@demo.qudao');
  await page.getByRole('textbox', { name: '密码' }).fill(w.server.password);
  await page.keyboard.press('Enter');
  await page.locator('.kpi strong').first().waitFor();
  await settled(page);
  // Costs are not theirs to read: the tile of margins is not there, and nobody asked for it in vain.
  await page.getByRole('region', { name: '订单数' }).waitFor();
  assert.equal(await page.getByRole('region', { name: '毛利' }).count(), 0);
  await page.goto('/m/order');
  await page.locator('.grid-row').first().click();
  await page.waitForURL(/\/m\/order\/\d+$/);
  await page.locator('.fields input').first().waitFor();
  await settled(page);
  const seen = await page.evaluate(() =>
    [...document.querySelectorAll('main input')]
      .map(({ value }) => value)
      .concat(document.querySelector('main').innerText),
  );
  assert.ok(seen.includes('（无权查看）'), 'the salesperson of the order');
  assert.deepEqual(
    seen.filter((text) => /(^|\s)#\d+/.test(text)),
    [],
  );
  assert.deepEqual(await accessible(page), []);
  assert.deepEqual(unexpected(page), []);
});

test('signs out', async () => {
  const page = await w.open('/m/partner', { signedIn: false });
  await page.getByLabel('邮箱').fill(w.server.email);
  await page.getByRole('textbox', { name: '密码' }).fill(w.server.password);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /当前用户/ }).click();
  await page.getByRole('menuitem', { name: '退出登录' }).click();
  await page.getByLabel('邮箱').waitFor();
  assert.equal(await tooWide(page), false);
  assert.deepEqual(unexpected(page), []);
});
