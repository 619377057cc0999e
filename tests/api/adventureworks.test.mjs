// A real data set, loaded through `qudao import`, answers exactly what independent SQL has answered.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { running, qudao, shared } from './server.mjs';

const data = join(shared, 'data', 'adventureworksdw');
const maps = resolve('../../app/channel/import/adventureworksdw');
const skip = existsSync(data) ? false : `no reference data at ${data}`;
// Not needed for these answers: rates, texts in other languages, stock.
const left = /exchange_rate|product_text|stock/;
let t;

function csv(name) {
  const [head, ...rows] = readFileSync(join(data, 'answers', name), 'utf8').trimEnd().split('\n');
  const names = head.split(',');
  return rows.map((r) => Object.fromEntries(split(r).map((c, i) => [names[i], c])));
}
function split(line) {
  const out = [''];
  let quoted = false;
  for (const c of line) {
    if (c === '"') quoted = !quoted;
    else if (c === ',' && !quoted) out.push('');
    else out[out.length - 1] += c;
  }
  return out;
}
async function ask(body) {
  const r = await t.api.post('/query', { limit: 100000, ...body });
  assert.equal(r.status, 200, r.text);
  return r.json.rows.map((row) => Object.fromEntries(row.map((c, i) => [r.json.columns[i].name, c])));
}
const fixed = (v, scale) => {       // the same number with that many decimals, without floating point
  if (v === null || v === '') return '';
  const [whole, part = ''] = String(v).split('.');
  assert.ok(/^0*$/.test(part.slice(scale)), `${v} has more than ${scale} decimals`);
  return scale ? `${whole}.${part.padEnd(scale, '0').slice(0, scale)}` : whole;
};

// Amounts in ten-thousandths, so that what is derived from the exact rows of a question is exact as well.
const units = (v) => BigInt(fixed(v, 4).replace('.', ''));
const divided = (a, b) => { const n = a < 0n ? -a : a, q = (2n * n + b) / (2n * b); return a < 0n ? -q : q; };       // halves away from zero
const decimals = (n, scale) => `${n < 0n ? '-' : ''}${(n < 0n ? -n : n).toString().padStart(scale + 1, '0').replace(new RegExp(`(\\d{${scale}})$`), '.$1')}`;
const percent = (a, b) => decimals(divided(a * 10000n, b), 2);

before(async () => {
  if (skip) return;
  t = await running('channel');
  for (const file of readdirSync(maps).filter((f) => f.endsWith('.map') && !left.test(f)).sort()) {
    const text = readFileSync(join(maps, file), 'utf8');
    const head = (k) => new RegExp(`^# ${k}: (.*)$`, 'm').exec(text)?.[1];
    const source = existsSync(join(data, head('file'))) ? join(data, head('file')) : join(maps, head('file'));
    const out = JSON.parse(qudao('import', '--data', t.dir, '--module', head('module'), '--key', head('key'), '--map', '@' + join(maps, file), source));
    assert.equal(out.rejected, 0, file);
  }
});
after(() => t?.end());

const sales = { orders: 'COUNTDISTINCT(order)', lines: 'COUNT()', qty: 'SUM(quantity)', sales: 'SUM(amount)', cost: 'SUM(cost)', margin: 'SUM(amount - cost)' };

test('01: totals by reseller and quarter', { skip }, async () => {
  const rows = await ask({ from: 'order_line', group: { key: 'order.partner.external_id', code: 'order.partner.code', name: 'order.partner.name', year: 'YEAR(order.order_date)', quarter: 'QUARTER(order.order_date)' },
    select: { ...sales, pct: 'ROUND(SUM(amount - cost) / SUM(amount) * 100, 2)', tax: 'SUM(tax)', freight: 'SUM(freight)' } });
  const mine = new Map(rows.map((r) => [`${r.key}/${r.year}/${r.quarter}`, r]));
  const expected = csv('01_reseller_quarter_totals.csv');
  assert.equal(rows.length, expected.length);
  for (const e of expected) {
    const r = mine.get(`${e.reseller_key}/${e.year}/${e.quarter}`);
    assert.ok(r, JSON.stringify(e));
    assert.deepEqual([r.code, r.name, r.orders, r.lines, fixed(r.qty, 0), fixed(r.sales, 4), fixed(r.cost, 4), fixed(r.margin, 4), fixed(r.pct, 2), fixed(r.tax, 4), fixed(r.freight, 4)].map(String),
      [e.reseller_code, e.reseller_name, e.orders, e.lines, e.qty, e.sales_amount, e.product_cost, e.margin, e.margin_pct, e.tax, e.freight]);
  }
});

test('02: totals by reseller and year, with growth', { skip }, async () => {
  const rows = await ask({ from: 'order_line', group: { key: 'order.partner.external_id', name: 'order.partner.name', year: 'YEAR(order.order_date)' }, select: sales });
  const mine = new Map(rows.map((r) => [`${r.key}/${r.year}`, r]));
  const expected = csv('02_reseller_year_totals_growth.csv');
  assert.equal(rows.length, expected.length);
  for (const e of expected) {
    const r = mine.get(`${e.reseller_key}/${e.year}`), prior = mine.get(`${e.reseller_key}/${e.year - 1}`);
    assert.deepEqual([r.name, r.orders, fixed(r.qty, 0), fixed(r.sales, 4), fixed(r.margin, 4), prior ? fixed(prior.sales, 4) : ''].map(String),
      [e.reseller_name, e.orders, e.qty, e.sales_amount, e.margin, e.prior_year_sales]);
    assert.equal(prior ? percent(units(r.sales) - units(prior.sales), units(prior.sales)) : '', e.growth_pct);
  }
});

test('06: quota attainment by salesperson and quarter', { skip }, async () => {
  const quota = await ask({ from: 'target', group: { key: 'salesperson.code', name: 'salesperson.given_name & " " & salesperson.family_name', year: 'VALUE(LEFT(note, 4))', quarter: 'VALUE(RIGHT(note, 1))' }, select: { rows: 'COUNT()', quota: 'SUM(amount)' } });
  const sold = await ask({ from: 'order_line', group: { key: 'order.salesperson.code', name: 'order.salesperson.given_name & " " & order.salesperson.family_name', year: 'YEAR(order.order_date)', quarter: 'QUARTER(order.order_date)' }, select: { sales: 'SUM(amount)' } });
  const by = (list) => new Map(list.map((r) => [`${r.key}/${Number(r.year)}/${Number(r.quarter)}`, r]));
  const q = by(quota), s = by(sold);
  const expected = csv('06_quota_attainment.csv');
  assert.equal(new Set([...q.keys(), ...s.keys()]).size, expected.length);
  for (const e of expected) {
    const key = `${e.employee_key}/${e.year}/${e.quarter}`, target = q.get(key), amount = s.get(key)?.sales ?? '0';
    assert.equal(String(target?.rows ?? 0), e.quota_rows, key);
    assert.equal(target ? fixed(target.quota, 4) : '', e.quota, key);
    assert.equal(fixed(amount, 4), e.sales_amount, key);
    assert.equal(target ? percent(units(amount), units(target.quota)) : '', e.attainment_pct, key);
    assert.equal(target ? (units(amount) >= units(target.quota) ? 'met' : 'missed') : '', e.status, key);
    assert.equal((target ?? s.get(key)).name, e.salesperson, key);
  }
});

test('10: trend by month', { skip }, async () => {
  const rows = await ask({ from: 'order_line', group: { month: 'PERIOD(order.order_date, "month")' }, select: { ...sales, resellers: 'COUNTDISTINCT(order.partner)' }, sort: 'month' });
  const mine = new Map(rows.map((r) => [r.month, r]));
  const expected = csv('10_month_trend.csv');
  assert.ok(rows.every((r) => expected.some((e) => e.month === r.month)));
  const sold = expected.map((e) => units(mine.get(e.month)?.sales ?? '0'));
  for (const [i, e] of expected.entries()) {
    const r = mine.get(e.month) ?? { orders: 0, resellers: 0, sales: '0' };
    assert.deepEqual([r.orders, r.resellers, fixed(r.sales, 4)].map(String), [e.orders, e.resellers, e.sales_amount], e.month);
    const sameYear = sold.filter((_, k) => k <= i && expected[k].month.slice(0, 4) === e.month.slice(0, 4));
    assert.equal(decimals(sameYear.reduce((x, y) => x + y, 0n), 4), e.year_to_date, e.month);
    assert.equal(i < 2 ? '' : decimals(divided(sold[i] + sold[i - 1] + sold[i - 2], 3n), 4), e.moving_avg_3, e.month);
    assert.equal(sold[i - 1] ? percent(sold[i] - sold[i - 1], sold[i - 1]) : '', e.mom_pct, e.month);
    assert.equal(sold[i - 12] ? percent(sold[i] - sold[i - 12], sold[i - 12]) : '', e.yoy_pct, e.month);
  }
});

test('everything adds up to the whole', { skip }, async () => {
  const [all] = await ask({ from: 'order_line', select: { sales: 'SUM(amount)', lines: 'COUNT()' } });
  assert.equal(fixed(all.sales, 4), '46875762.8251');
  assert.equal(all.lines, 32315);
  const [orders] = await ask({ from: 'order', select: { sales: 'SUM(amount)' } });
  assert.equal(fixed(orders.sales, 4), '46875762.8251', 'the roll-ups of the orders');
});
