import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, unexpected, world } from './world.mjs';

let w;
const mark = `列表${Date.now()}`;
before(async () => {
  w = await world();
  for (const [i, tier] of ['gold', 'silver', 'gold'].entries())
    await w.call('POST', '/records/partner', {
      name: `${mark}公司${i}`,
      tier,
      registered_capital: String((i + 1) * 400000),
    });
});
after(() => w.close());
const rows = (page) => page.locator('.grid-row');
const count = (page, text) => page.locator('.list-head .count', { hasText: text }).waitFor();

test('filters are built by hand and read as a sentence; the address keeps them', async () => {
  const page = await w.open('/m/partner?view=all');
  await rows(page).first().waitFor();
  await page.getByRole('button', { name: '筛选' }).click();
  await page.getByRole('textbox', { name: '选择字段…' }).fill('企业全称');
  await page.keyboard.press('Enter');
  await page
    .getByRole('textbox', { name: '企业全称的值' })
    .or(page.getByRole('textbox', { name: '“企业全称”的值' }))
    .fill(mark);
  await page.getByRole('button', { name: '完成' }).click();
  await count(page, '3 条');
  await page.getByRole('button', { name: '条件', exact: true }).click();
  await page.getByRole('textbox', { name: '选择字段…' }).fill('注册资本');
  await page.keyboard.press('Enter');
  const capital = page.getByRole('dialog', { name: /注册资本/ });
  await capital.getByRole('textbox', { name: '“注册资本”的值' }).fill('50万');
  await capital.getByRole('button', { name: '完成' }).click();
  await count(page, '2 条');
  const sentence = (await page.locator('.filter').innerText()).replace(/\s+/g, ' ');
  assert.match(sentence, new RegExp(`企业全称 包含 ${mark} 且 注册资本 > 50万`));
  assert.equal(
    new URL(page.url()).searchParams.get('where'),
    `ISNUMBER(SEARCH("${mark}", name)) and registered_capital > 500000`,
  );
  assert.deepEqual(await accessible(page), []);
  await page.reload();
  await count(page, '2 条');
  await page.getByRole('button', { name: '移除“注册资本”条件' }).click();
  await count(page, '3 条');
  assert.deepEqual(unexpected(page), []);
});

test('a formula with an error shows where', async () => {
  const page = await w.open('/m/partner?view=all');
  await rows(page).first().waitFor();
  await page.getByRole('button', { name: '筛选' }).click();
  await page.getByRole('menuitem', { name: '直接写公式' }).click();
  const box = page.getByRole('textbox', { name: /须满足的公式/ });
  await box.fill('tier = "gold" and 没有的字段 > 1');
  await page.getByRole('button', { name: '应用' }).click();
  await page.getByRole('alert').locator('mark').waitFor();
  assert.equal(await page.getByRole('alert').locator('mark').innerText(), '没');
  await box.fill(`name = "${mark}公司1" or name = "${mark}公司2"`);
  await page.getByRole('button', { name: '应用' }).click();
  await count(page, '2 条');
  assert.deepEqual(unexpected(page, '422'), []);
});

test('a press on a head sorts, a second turns round, a third leaves it', async () => {
  const page = await w.open(
    `/m/partner?view=all&where=${encodeURIComponent(`LEFT(name, ${mark.length}) = "${mark}"`)}&columns=name,registered_capital`,
  );
  await count(page, '3 条');
  const head = page.getByRole('columnheader', { name: '企业全称' });
  const first = () => rows(page).first().innerText();
  await head.getByRole('button').click();
  await page.waitForURL(/sort=name/);
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
  await head.getByRole('button').click();
  await page.waitForURL(/sort=-name/);
  await page.waitForFunction((name) => document.querySelector('.grid-row')?.textContent.includes(name), `${mark}公司2`);
  assert.match(await first(), /公司2/);
  await head.getByRole('button').click();
  await page.waitForFunction(() => !location.search.includes('sort='));
});

test('search, keys and opening', async () => {
  const page = await w.open('/m/partner?view=all');
  await rows(page).first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type(mark);
  await count(page, '3 条');
  await page.waitForURL(/[?&]q=/);
  await page.getByRole('grid').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  const active = await page.evaluate(() =>
    document
      .getElementById(document.querySelector('.grid').getAttribute('aria-activedescendant'))
      ?.closest('[role=row]')
      .getAttribute('aria-rowindex'),
  );
  assert.equal(active, '3');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/m\/partner\/\d+$/);
  await page.goBack();
  await count(page, '3 条');
  assert.deepEqual(unexpected(page), []);
});

test('a selection is deleted, undone, deleted again and restored from the bin', async () => {
  const page = await w.open(`/m/partner?view=all&q=${encodeURIComponent(mark)}`);
  await count(page, '3 条');
  await page.getByRole('grid').focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByRole('button', { name: '删除 2 条' }).click();
  await count(page, '1 条');
  await page.getByRole('button', { name: '撤销' }).click();
  await count(page, '3 条');
  await rows(page).first().hover();
  await rows(page).first().locator('[data-mark]').click();
  await page.getByRole('button', { name: '删除 1 条' }).click();
  await count(page, '2 条');
  await page.getByRole('button', { name: '显示列' }).click();
  await page.getByRole('menuitem', { name: '回收站' }).click();
  await page.waitForURL(/deleted=true/);
  await count(page, '1 条');
  await page.getByRole('grid').focus();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: '恢复 1 条' }).click();
  await page
    .getByText('回收站是空的')
    .or(page.locator('.list-head .count', { hasText: '0 条' }))
    .first()
    .waitFor();
  assert.deepEqual(unexpected(page), []);
});

test('columns are resized with the keyboard and remembered', async () => {
  const page = await w.open('/m/partner?view=all');
  await rows(page).first().waitFor();
  const edge = page.getByRole('separator', { name: '企业全称的列宽' });
  const before = Number(await edge.getAttribute('aria-valuenow'));
  await edge.focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(Number(await edge.getAttribute('aria-valuenow')), before + 16);
  await page.reload();
  assert.equal(
    Number(await page.getByRole('separator', { name: '企业全称的列宽' }).getAttribute('aria-valuenow')),
    before + 16,
  );
});

test('a view is saved from what was changed, and deleted', async () => {
  const page = await w.open('/m/partner?view=all&sort=-name');
  await rows(page).first().waitFor();
  await page.getByRole('button', { name: '保存视图' }).click();
  await page.getByRole('menuitem', { name: '另存为新视图' }).click();
  await page.getByRole('textbox', { name: '视图名称' }).fill(`视图${mark}`);
  await page.getByRole('dialog').getByRole('button', { name: '保存视图' }).click();
  await page.getByRole('link', { name: `视图${mark}` }).waitFor();
  await page.waitForURL(/view=\d+/);
  await page.getByRole('button', { name: '视图', exact: true }).click();
  await page.getByRole('menuitem', { name: `删除“视图${mark}”` }).click();
  await page.getByRole('link', { name: `视图${mark}` }).waitFor({ state: 'detached' });
  assert.deepEqual(unexpected(page), []);
});

test('the palette finds records, pages and actions', async () => {
  const page = await w.open('/m/order');
  await rows(page).first().waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type(`${mark}公司1`);
  await page.getByRole('option', { name: new RegExp(`${mark}公司1`) }).waitFor();
  assert.deepEqual(await accessible(page), []);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: `${mark}公司1` }).waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('联系人');
  await page.getByRole('option', { name: '联系人' }).first().click();
  await page.waitForURL(/\/m\/contact/);
  assert.deepEqual(unexpected(page), []);
});
