/** Modules as data: one that is added while somebody works is there at once; every shipped one reads well. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, settled, tooWide, unexpected, world } from './world.mjs';

let w;
before(async () => {
  w = await world();
});
after(() => w.close());

test('a module and its fields, added through the API, are used at once: menu, form, list, filter, search', async (t) => {
  if (!w.server.real) return t.skip('the mock has no modules of its own');
  const name = `visit_${Date.now()}`;
  const page = await w.open('/m/partner');
  await page.locator('.grid-row').first().waitFor();
  await w.call('POST', '/modules', {
    name,
    labels: { en: 'Store visit', 'zh-CN': '巡店' },
    icon: 'map-pin',
    group: 'sales',
    title: 'code',
    fields: [
      { name: 'code', type: 'auto_number', pattern: 'V-{yyyy}-{0000}', labels: { en: 'Number', 'zh-CN': '巡店编号' } },
      {
        name: 'store',
        type: 'relation',
        module: 'partner',
        required: true,
        labels: { en: 'Partner', 'zh-CN': '门店' },
      },
      {
        name: 'score',
        type: 'decimal',
        scale: 1,
        min: 0,
        max: 10,
        labels: { en: 'Score', 'zh-CN': '评分' },
      },
    ],
  });
  // No reload: the menu of the open page has it.
  await page.getByRole('navigation').getByRole('link', { name: '巡店', exact: true }).first().click();
  await page.waitForURL(new RegExp(`/m/${name}$`));
  await page
    .getByRole('link', { name: '新建巡店' })
    .or(page.getByRole('button', { name: '新建巡店' }))
    .first()
    .click();
  await page.getByRole('textbox', { name: /评分/ }).waitFor();
  // While the form is open, somebody adds a field.
  await page.getByRole('textbox', { name: /评分/ }).fill('8.5');
  await w.call('POST', `/modules/${name}/fields`, {
    name: 'remark',
    type: 'text',
    labels: { en: 'Remark', 'zh-CN': '巡店备注' },
  });
  await page.getByRole('textbox', { name: /巡店备注/ }).fill('陈列整齐');
  assert.equal(await page.getByRole('textbox', { name: /评分/ }).inputValue(), '8.5', 'what was typed stays');
  await page.getByRole('button', { name: '创建' }).click();
  await page.getByText('请填写此项').waitFor();
  const partner = (await w.call('GET', '/records/partner?limit=1&fields=name')).records[0];
  await page.getByRole('textbox', { name: /门店/ }).fill(partner.name);
  await page.getByRole('option', { name: partner.name }).first().click();
  await page.getByRole('button', { name: '创建' }).click();
  await page.waitForURL(new RegExp(`/m/${name}/\\d+$`));
  await page.getByRole('heading', { level: 1, name: /^V-\d{4}-0001$/ }).waitFor();
  await w.call('POST', `/records/${name}`, { store: partner.id, score: '3', remark: '缺货' });

  await page.getByRole('navigation').getByRole('link', { name: '巡店', exact: true }).first().click();
  const row = page.locator('.grid-row');
  await row.filter({ hasText: '陈列整齐' }).waitFor();
  await page.getByRole('button', { name: '筛选' }).click();
  await page.getByRole('textbox', { name: '选择字段…' }).fill('评分');
  await page.keyboard.press('Enter');
  const score = page.getByRole('dialog', { name: /评分/ });
  await score.getByRole('textbox', { name: '“评分”的值' }).fill('5');
  await score.getByRole('button', { name: '完成' }).click();
  await row.filter({ hasText: '缺货' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: '移除“评分”条件' }).click();
  await row.filter({ hasText: '缺货' }).waitFor();
  await page.getByRole('searchbox', { name: '搜索巡店' }).fill('缺货');
  await row.filter({ hasText: '陈列整齐' }).waitFor({ state: 'detached' });
  assert.equal(await row.count(), 1);
  assert.deepEqual(await accessible(page), []);
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { level: 1, name: /Store visit/ }).waitFor();
  await page.getByRole('columnheader', { name: 'Remark' }).waitFor();
  assert.deepEqual(unexpected(page, '422'), []);
});

/** What no manager should ever read: a code, an instant as machines write it, the inside of a program. */
const RAW = /\d{4}-\d\d-\d\dT\d\d:|\bundefined\b|\bNaN\b|\[object |\bnull\b|(?<![\w@/.-])[a-z]+(_[a-z]+)+\b(?![@/.])/;

for (const [language, phone] of [
  ['zh-CN', false],
  ['en', true],
])
  test(`every shipped module reads well in ${language} at ${phone ? 390 : 1440} px`, async () => {
    const { modules } = await w.call('GET', '/modules');
    const page = await w.open('/', { language, phone });
    for (const { name, labels, line } of modules.filter((one) => !one.line && !/^visit_/.test(one.name))) {
      assert.equal(line ?? false, false);
      await page.goto(`/m/${name}`);
      await page.locator('.grid-row, .card, .empty').first().waitFor();
      await settled(page);
      const text = () => page.evaluate(() => document.querySelector('main').innerText);
      assert.match(await page.locator('h1').innerText(), language === 'en' ? /^[A-Za-z]/ : /[\u4e00-\u9fff]/, name);
      assert.doesNotMatch(await text(), RAW, `list of ${labels.en}`);
      assert.equal(await tooWide(page), false, `${name}: the list is wider than the window`);
      const [first] = (await w.call('GET', `/records/${name}?limit=1`)).records;
      if (!first) continue;
      await page.goto(`/m/${name}/${first.id}`);
      await page.locator('.fields input').first().waitFor();
      await settled(page);
      assert.doesNotMatch(await text(), RAW, `record of ${labels.en}`);
      assert.equal(await tooWide(page), false, `${name}: the record is wider than the window`);
    }
    assert.deepEqual(unexpected(page), []);
  });
