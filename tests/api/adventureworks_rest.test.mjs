// The same real data set through the REST API: partners, and orders with their lines, in batches with a key.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { running, qudao, shared, onPostgres } from './server.mjs';

const data = join(shared, 'data', 'adventureworksdw');
const maps = resolve('../../app/channel/import/adventureworksdw');
const skip = existsSync(data) ? false : `no reference data at ${data}`;
const wholeFile = !onPostgres;      // there a part is enough: what differs between the databases is not the amount
let t, sales;

function csv(file) {
  const text = readFileSync(file, 'utf8'), rows = [[]];
  let cell = '', quoted = false;
  for (const c of text) {
    if (c === '"') quoted = !quoted;
    else if (c === ',' && !quoted) { rows.at(-1).push(cell); cell = ''; }
    else if (c === '\n' && !quoted) { rows.at(-1).push(cell.replace(/\r$/, '')); cell = ''; rows.push([]); }
    else cell += c;
  }
  const [head, ...rest] = rows.filter((r) => r.length > 1);
  return rest.map((r) => Object.fromEntries(head.map((h, i) => [h, r[i]])));
}
const units = (v) => { const [w, f = ''] = String(v ?? '0').split('.'); return BigInt(w + f.padEnd(4, '0').slice(0, 4)); };
const some = (v) => (v === '' ? null : v);

async function send(module, create, key) {
  let made = 0, changed = 0;
  for (let i = 0; i < create.length; i += 400) {
    const r = await t.api.post(`/records/${module}/batch`, { key, create: create.slice(i, i + 400) });
    assert.equal(r.status, 200, r.text.slice(0, 500));
    made += r.json.create.filter((x) => x.status === 'created').length;
    changed += r.json.create.filter((x) => x.status === 'updated').length;
  }
  return [made, changed];
}

before(async () => {
  if (skip) return;
  t = await running('channel');
  for (const file of readdirSync(maps).filter((f) => /^(0[1-7]|09|1[0-5]|25)_.*\.map$/.test(f)).sort()) {
    const head = (k) => new RegExp(`^# ${k}: (.*)$`, 'm').exec(readFileSync(join(maps, file), 'utf8'))[1];
    const source = existsSync(join(data, head('file'))) ? join(data, head('file')) : join(maps, head('file'));
    qudao('import', '--data', t.dir, '--module', head('module'), '--key', head('key'), '--map', '@' + join(maps, file), source);
  }
  sales = csv(join(data, 'FactResellerSales.csv'));
  if (!wholeFile) sales = sales.filter((r) => r.OrderDate < '2011-03-01');
});
after(() => t?.end());

test('partners are made by their code, and changed by it the second time', { skip }, async () => {
  const partners = csv(join(data, 'DimReseller.csv')).map((r) => ({ code: r.ResellerAlternateKey, external_id: r.ResellerKey, name: r.ResellerName, kinds: ['dealer'], status: 'active',
    business_type: some(r.BusinessType), region: { code: 'CITY-' + r.GeographyKey }, address: { region: { code: 'CITY-' + r.GeographyKey }, detail: some(r.AddressLine1) }, phone: some(r.Phone),
    employees: r.NumberEmployees ? Number(r.NumberEmployees) : null, annual_sales: some(r.AnnualSales) }));
  assert.deepEqual(await send('partner', partners, 'code'), [701, 0]);
  assert.deepEqual(await send('partner', partners.slice(0, 5).map((p) => ({ ...p, year_opened: 1999 })), 'code'), [0, 5]);
  const one = (await t.api.get('/records/partner?fields=name,annual_sales,address,region.name,year_opened&where=' + encodeURIComponent('code = "AW00000001"'))).json.records[0];
  assert.deepEqual([one.name, one.annual_sales, one.address.detail, one['region.name'], one.address.region.title, one.year_opened], ['A Bike Store', '300000.0000', '2251 Elliot Avenue', 'Seattle', 'Seattle', 1999]);
});

test('orders with their lines give the totals of the file', { skip }, async () => {
  const orders = new Map();
  for (const r of sales) {
    if (!orders.has(r.SalesOrderNumber))
      orders.set(r.SalesOrderNumber, { number: r.SalesOrderNumber, status: 'completed', partner: { external_id: r.ResellerKey }, salesperson: { code: r.EmployeeKey },
        territory: { code: 'TERRITORY-' + r.SalesTerritoryKey }, order_date: r.OrderDate, due_date: some(r.DueDate), ship_date: some(r.ShipDate), po_number: some(r.CustomerPONumber), lines: [] });
    orders.get(r.SalesOrderNumber).lines.push({ line_key: r.SalesOrderNumber + '-' + r.SalesOrderLineNumber, line_no: Number(r.SalesOrderLineNumber), product: { external_id: r.ProductKey },
      promotion: { code: r.PromotionKey }, quantity: r.OrderQuantity, unit_price: r.UnitPrice, discount: r.UnitPriceDiscountPct, discount_amount: r.DiscountAmount, amount: r.SalesAmount,
      tax: r.TaxAmt, freight: r.Freight, unit_cost: r.ProductStandardCost, cost: r.TotalProductCost });
  }
  assert.deepEqual(await send('order', [...orders.values()], 'number'), [orders.size, 0]);
  const expected = new Map();
  for (const r of sales) {
    const key = `${r.ResellerKey}/${r.OrderDate.slice(0, 4)}/${Math.ceil(Number(r.OrderDate.slice(5, 7)) / 3)}`, e = expected.get(key) ?? { lines: 0, sales: 0n, cost: 0n, orders: new Set() };
    e.lines++; e.sales += units(r.SalesAmount); e.cost += units(r.TotalProductCost); e.orders.add(r.SalesOrderNumber);
    expected.set(key, e);
  }
  const answer = await t.api.post('/query', { from: 'order_line', limit: 100000, totals: true, group: { key: 'order.partner.external_id', year: 'YEAR(order.order_date)', quarter: 'QUARTER(order.order_date)' },
    select: { lines: 'COUNT()', orders: 'COUNTDISTINCT(order)', sales: 'SUM(amount)', cost: 'SUM(cost)' } });
  assert.equal(answer.status, 200, answer.text.slice(0, 300));
  assert.equal(answer.json.rows.length, expected.size);
  for (const [key, year, quarter, lines, count, amount, cost] of answer.json.rows) {
    const e = expected.get(`${key}/${year}/${quarter}`);
    assert.deepEqual([lines, count, units(amount), units(cost)], [e.lines, e.orders.size, e.sales, e.cost], `${key}/${year}/${quarter}`);
  }
  assert.equal(answer.json.totals[3], sales.length);
  if (wholeFile) assert.equal(answer.json.totals[5], '46875762.8251');
  const rollups = await t.api.post('/query', { from: 'order', select: { n: 'COUNT()', sales: 'SUM(amount)', lines: 'SUM(line_count)' } });
  assert.deepEqual([rollups.json.rows[0][0], units(rollups.json.rows[0][1]), Number(rollups.json.rows[0][2])], [orders.size, sales.reduce((x, r) => x + units(r.SalesAmount), 0n), sales.length]);
});
