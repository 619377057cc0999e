import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, unexpected, world } from './world.mjs';

let w;
let product;
let partner;
const mark = `记录${Date.now()}`;
before(async () => {
  w = await world();
  product = (await w.call('GET', '/records/product?limit=1&fields=name,code')).records[0];
  partner = await w.call('POST', '/records/partner', { name: `${mark}公司` });
});
after(() => w.close());

test('an order is made with lines; the server computes; history tells it in words', async () => {
  const page = await w.open(`/m/order/new?partner=${partner.id}`);
  await page.getByRole('button', { name: '添加一行' }).click();
  const cell = page.getByRole('textbox', { name: '第 1 行 产品' });
  await cell.fill(product.name);
  await page.getByRole('option', { name: product.name }).first().click();
  await page.getByRole('textbox', { name: '第 1 行 数量' }).fill('3');
  await page.getByRole('textbox', { name: '第 1 行 单价' }).fill('100');
  await page.getByRole('button', { name: '创建' }).click();
  await page.waitForURL(/\/m\/order\/\d+$/);
  const id = Number(page.url().split('/').at(-1));
  const made = await w.call('GET', `/records/order/${id}`);
  assert.equal(Number(made.amount), 300);
  assert.equal(made.partner.id, partner.id);
  await page.getByText('创建了记录').waitFor();

  await page.getByRole('textbox', { name: '第 1 行 数量' }).fill('5');
  await page.keyboard.press('Control+s');
  await page.getByText('已保存').first().waitFor();
  assert.equal(Number((await w.call('GET', `/records/order/${id}`)).amount), 500);
  await page.waitForFunction(() => document.querySelector('[data-field=amount] input')?.value === '¥500.00');

  await page
    .getByRole('textbox', { name: /客户采购单号/ })
    .or(page.getByRole('button', { name: /交付/ }))
    .first()
    .waitFor();
  if (!(await page.getByRole('textbox', { name: /客户采购单号/ }).count()))
    await page.getByRole('button', { name: /^交付/ }).click();
  await page.getByRole('textbox', { name: /客户采购单号/ }).fill('PO-1');
  await page.keyboard.press('Control+s');
  const line = page.locator('.timeline li', { hasText: '客户采购单号' }).first();
  await line.waitFor();
  assert.match((await line.innerText()).replace(/\s+/g, ' '), /（空） → (改为 )?PO-1/);
  assert.deepEqual(await accessible(page), []);
  assert.deepEqual(unexpected(page), []);
});

test('what is missing is said at its field, by the page and by the server', async () => {
  const page = await w.open('/m/partner/new');
  await page.getByRole('button', { name: '创建' }).click();
  const name = page.getByRole('textbox', { name: /企业全称/ });
  await page.getByText('请填写此项').waitFor();
  assert.equal(await name.getAttribute('aria-invalid'), 'true');
  await name.fill(`${mark}甲`);
  if (w.server.real) {
    const code = page.getByRole('textbox', { name: /统一社会信用代码/ });
    const save = page.getByRole('button', { name: '创建' });
    await code.fill('91330100000000000X');
    await save.click();
    await page.getByText(/校验/).first().waitFor();
    assert.equal(await code.getAttribute('aria-invalid'), 'true');
    const where = encodeURIComponent('uscc <> ""');
    const [other] = (await w.call('GET', `/records/partner?limit=1&fields=uscc&where=${where}`)).records;
    await code.fill(other.uscc);
    await save.click();
    await page.getByText('已有其他记录使用此值', { exact: true }).waitFor();
    assert.equal(await code.getAttribute('aria-invalid'), 'true');
    await code.fill('');
  }
  await page.getByRole('button', { name: '创建' }).click();
  await page.waitForURL(/\/m\/partner\/\d+$/);
  assert.deepEqual(unexpected(page, '422', '409'), []);
});

test('two people in one record: other fields merge, the same field is asked about', async () => {
  const record = await w.call('POST', '/records/partner', { name: `${mark}冲突` });
  const page = await w.open(`/m/partner/${record.id}`);
  await page.getByRole('textbox', { name: '简称' }).fill('我的简称');
  await page.getByRole('textbox', { name: /别名/ }).fill('我的别名');
  const theirs = await w.call('PATCH', `/records/partner/${record.id}`, {
    short_name: '对方简称',
    name: `${mark}冲突改`,
  });
  await page.getByRole('heading', { name: `${mark}冲突改` }).waitFor();
  const banner = page.getByRole('alert').filter({ hasText: '修改了同样的字段' });
  await banner.waitFor();
  assert.match(await banner.innerText(), /对方简称[\s\S]*我的简称/);
  assert.deepEqual(await accessible(page), []);
  await banner.getByRole('button', { name: '保留我的' }).click();
  await page.keyboard.press('Control+s');
  await page.getByText('已保存').first().waitFor();
  const now = await w.call('GET', `/records/partner/${record.id}`);
  assert.deepEqual([now.name, now.short_name, now.other_names], [`${mark}冲突改`, '我的简称', '我的别名']);
  assert.ok(now.version > theirs.version);
  assert.deepEqual(unexpected(page), []);
});

test('a stale save is refused by the server and mended on the page', async () => {
  const record = await w.call('POST', '/records/partner', { name: `${mark}过期` });
  const page = await w.open(`/m/partner/${record.id}`);
  await page.getByRole('textbox', { name: '简称' }).fill('我的');
  // Events do not arrive: the page learns of the other change by the 409 only.
  await page.route('**/api/v1/events', (route) => route.abort());
  await page.route(`**/api/v1/records/partner/${record.id}`, async (route) => {
    if (route.request().method() === 'PATCH' && !page.told) {
      page.told = true;
      await w.call('PATCH', `/records/partner/${record.id}`, { short_name: '对方' });
    }
    await route.continue();
  });
  await page.keyboard.press('Control+s');
  await page
    .getByRole('alert')
    .filter({ hasText: '修改了同样的字段' })
    .getByRole('button', { name: '采用对方' })
    .click();
  await page.waitForFunction(() => document.querySelector('[data-field=short_name] input')?.value === '对方');
  assert.equal((await w.call('GET', `/records/partner/${record.id}`)).short_name, '对方');
  assert.deepEqual(unexpected(page, '409', 'ERR_FAILED', 'events'), []);
});

test('leaving with changes asks first', async () => {
  const page = await w.open(`/m/partner/${partner.id}`);
  await page.getByRole('textbox', { name: '简称' }).fill('未保存');
  await page.getByRole('link', { name: '联系人' }).first().click();
  const dialog = page.getByRole('dialog', { name: '不保存就离开吗？' });
  await dialog.getByRole('button', { name: '留在本页' }).click();
  assert.equal(await page.getByRole('textbox', { name: '简称' }).inputValue(), '未保存');
  await page.getByRole('link', { name: '联系人' }).first().click();
  await dialog.getByRole('button', { name: '保存并离开' }).click();
  await page.waitForURL(/\/m\/contact/);
  assert.equal((await w.call('GET', `/records/partner/${partner.id}`)).short_name, '未保存');
  assert.deepEqual(unexpected(page), []);
});

test('deleted with undo, and restored from its own page', async () => {
  const record = await w.call('POST', '/records/partner', { name: `${mark}删除` });
  const page = await w.open(`/m/partner/${record.id}`);
  await page.getByRole('button', { name: '更多操作' }).click();
  await page.getByRole('menuitem', { name: '删除' }).click();
  await page.waitForURL(/\/m\/partner$/);
  await page.getByRole('button', { name: '撤销' }).click();
  await page.getByText('已撤销').waitFor();
  assert.equal((await w.call('GET', `/records/partner/${record.id}`)).name, `${mark}删除`);
  await w.call('DELETE', `/records/partner/${record.id}`);
  await page.goto('/m/partner?deleted=true');
  await page.locator('.grid-row', { hasText: `${mark}删除` }).click();
  await page.getByRole('button', { name: '恢复', exact: true }).click();
  await page.getByRole('button', { name: '恢复', exact: true }).waitFor({ state: 'detached' });
  assert.deepEqual(unexpected(page), []);
});

test('a stage is one press; what applies then appears', async () => {
  const record = await w.call('POST', '/records/partner', { name: `${mark}阶段`, status: 'active' });
  const page = await w.open(`/m/partner/${record.id}`);
  await page.getByRole('list', { name: '合作状态' }).getByRole('button', { name: '观察中' }).click();
  await page.getByText('已保存').first().waitFor();
  assert.equal((await w.call('GET', `/records/partner/${record.id}`)).status, 'watch');
  assert.deepEqual(unexpected(page), []);
});

test('related records are listed and added from there', async () => {
  await w.call('POST', '/records/contact', { name: `${mark}联系人`, partner: partner.id });
  const page = await w.open(`/m/partner/${partner.id}`);
  const list = page.getByRole('region', { name: '联系人' });
  await list.getByText(`${mark}联系人`).waitFor();
  await list.getByRole('link', { name: '新建联系人' }).click();
  await page.waitForURL(/\/m\/contact\/new\?partner=/);
  await page.waitForFunction(
    (name) => document.querySelector('[data-field=partner] input')?.value === name,
    `${mark}公司`,
  );
  assert.deepEqual(unexpected(page), []);
});

test('every kind of dangerous text shows as itself', async () => {
  const evil = `"><img src=x onerror=alert(1)> {{7*7}} ${'\u202e'}abc`;
  const record = await w.call('POST', '/records/partner', { name: evil });
  const page = await w.open(`/m/partner/${record.id}`);
  page.on('dialog', () => page.problems.push('a dialog was opened'));
  await page.getByRole('heading', { level: 1 }).filter({ hasText: 'onerror=alert(1)' }).waitFor();
  await page.goto(`/m/partner?view=all&q=${encodeURIComponent('onerror')}`);
  await page.locator('.grid-row', { hasText: 'onerror=alert(1)' }).waitFor();
  await w.call('DELETE', `/records/partner/${record.id}`);
  assert.deepEqual(unexpected(page), []);
});
