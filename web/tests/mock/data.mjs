/** A small believable workspace on the shipped modules, for the mock server of the tests only. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** The shipped definitions, with what the server adds: ids, related lists, rights, results of roll-ups. */
export function loadModules(app) {
  const files = ['core', 'channel/modules'].flatMap((folder) =>
    readdirSync(join(app, folder))
      .filter((name) => name.endsWith('.json'))
      .map((name) => read(join(app, folder, name))),
  );
  const modules = files.filter((one) => !one.extend).map((one) => ({ ...one, fields: [...one.fields] }));
  const byName = new Map(modules.map((module) => [module.name, module]));
  for (const extra of files.filter((one) => one.extend)) byName.get(extra.name)?.fields.push(...extra.fields);
  for (const module of modules) {
    module.related = [];
    module.rights = { create: true, update: true, delete: true, fields: {} };
  }
  for (const module of modules)
    for (const field of module.fields) {
      const target = field.type === 'person' ? 'user' : field.type === 'department' ? 'department' : field.module;
      if (field.type === 'rollup') {
        const [, path, name] = /\((\w+)\.(\w+)/.exec(field.formula) ?? [];
        const lines = path && module.fields.find((one) => one.name === path);
        field.result = byName.get(lines?.module)?.fields.find((one) => one.name === name)?.type ?? 'integer';
      }
      if (target && field.related && field.type !== 'lines')
        byName
          .get(target)
          ?.related.push({ name: field.related, labels: field.related_labels, module: module.name, via: field.name });
    }
  return {
    modules,
    byName,
    views: read(join(app, 'channel/views.json')).views,
    dashboards: read(join(app, 'channel/dashboards.json')).dashboards,
  };
}

const SURNAMES = '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗';
const GIVEN = [
  '伟',
  '芳',
  '娜',
  '敏',
  '静',
  '磊',
  '洋',
  '艳',
  '勇',
  '军',
  '杰',
  '娟',
  '涛',
  '明',
  '超',
  '秀兰',
  '志强',
  '建国',
  '晓东',
  '雨桐',
];
const TERRITORIES = {
  华东: ['上海', '杭州', '南京', '苏州', '宁波', '合肥'],
  华南: ['广州', '深圳', '佛山', '东莞', '厦门'],
  华北: ['北京', '天津', '石家庄', '太原'],
  华中: ['武汉', '长沙', '郑州'],
  西南: ['成都', '重庆', '昆明', '贵阳'],
  西北: ['西安', '兰州', '乌鲁木齐'],
  东北: ['沈阳', '大连', '哈尔滨'],
};
const WORDS = [
  '恒通',
  '华信',
  '北辰',
  '锐达',
  '中联',
  '博远',
  '嘉禾',
  '盛泰',
  '鼎新',
  '瑞丰',
  '众诚',
  '天合',
  '德润',
  '宏图',
  '金桥',
  '汇川',
];
const TRADES = ['自动化设备', '电气', '机电', '科技', '贸易', '工业品', '商贸'];
const PRODUCTS = [
  '变频器 A200',
  '伺服驱动 S6',
  'PLC 控制器 P3',
  '触摸屏 H7',
  '接触器 C1',
  '断路器 B4',
  '光电传感器 L2',
  '工业网关 G5',
  '编码器 E8',
  '软启动器 R9',
];

/** The same numbers on every run. */
function generator(seed) {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

export function fill(store, today, count = 1200) {
  const next = generator(42);
  const pick = (list) => list[next(list.length)];
  const name = () => pick([...SURNAMES]) + pick(GIVEN);
  const add = (module, values) => store.insert(module, values);
  const users = [
    { name: '周敏', email: 'admin@example.com', locale: 'zh-CN' },
    ...Array.from({ length: 6 }, (_, i) => ({ name: name(), email: `u${i}@example.com` })),
  ].map((one) => add('user', { active: true, ...one }));
  store.me = users[0].id;
  const cny = add('currency', { code: 'CNY', name: '人民币', symbol: '¥', active: true });
  const salespeople = users.slice(1).map((user, i) =>
    add('salesperson', {
      code: `S${i + 1}`,
      name: user.name,
      title: '渠道经理',
      user: user.id,
      active: true,
      sells: true,
    }),
  );
  const cities = [];
  const territories = Object.entries(TERRITORIES).map(([title, names], i) => {
    const territory = add('region', { code: `T${i + 1}`, name: `${title}大区`, kind: 'territory', active: true });
    for (const city of names)
      cities.push([
        add('region', {
          code: `C${cities.length + 100}`,
          name: city,
          kind: 'city',
          parent: territory.id,
          territory: territory.id,
          active: true,
        }),
        territory,
      ]);
    return territory;
  });
  const lines = ['驱动与控制', '低压电器', '传感与网络'].map((title, i) =>
    add('product_line', { code: `L${i + 1}`, name: title }),
  );
  const products = PRODUCTS.map((title, i) =>
    add('product', {
      product_line: lines[i % 3].id,
      code: `M${100 + i}`,
      name: title,
      status: 'on_sale',
      sellable: true,
      list_price: String(1200 + i * 730),
      dealer_price: String(900 + i * 560),
      standard_cost: String(500 + i * 330),
      tax_rate: '0.13',
      unit: '台',
    }),
  );
  const partners = Array.from({ length: 120 }, (_, i) => {
    const [city, territory] = pick(cities);
    const short = `${pick(WORDS)}${pick(['', '', '联', '方'])}`;
    return add('partner', {
      code: `P${String(i + 1).padStart(4, '0')}`,
      name: `${city.name}${short}${pick(TRADES)}有限公司`,
      short_name: short,
      kinds: next(4) ? [pick(['distributor', 'agent', 'dealer'])] : ['distributor', 'agent'],
      status: pick(['active', 'active', 'active', 'active', 'onboarding', 'prospect', 'watch']),
      tier: pick(['strategic', 'gold', 'silver', 'silver', 'authorized', 'authorized']),
      region: city.id,
      territory: territory.id,
      salesperson: pick(salespeople).id,
      currency: cny.id,
      owner: pick(users).id,
      phone: `0${20 + next(9)}-8${1000000 + next(8999999)}`,
      registered_capital: String((1 + next(80)) * 500000),
      legal_representative: name(),
    });
  });
  for (const partner of partners.slice(0, 60))
    add('contact', {
      name: name(),
      partner: partner.id,
      title: pick(['总经理', '采购经理', '财务']),
      mobile: `13${100000000 + next(899999999)}`,
      email: `c${partner.id}@example.com`,
      active: true,
    });
  const months = Array.from({ length: 24 }, (_, i) =>
    new Date(Date.UTC(Number(today.slice(0, 4)), Number(today.slice(5, 7)) - 1 - i, 1)).toISOString().slice(0, 10),
  );
  for (let i = 0; i < count; i++) {
    const partner = pick(partners);
    const back = Math.floor((next(1000) / 1000) ** 1.15 * 700);
    const date = new Date(Date.parse(today) - back * 86_400_000).toISOString().slice(0, 10);
    const order = add('order', {
      number: `SO${date.slice(0, 7).replace('-', '')}-${String(i + 1).padStart(4, '0')}`,
      kind: 'sale',
      partner: partner.id,
      salesperson: partner.salesperson,
      territory: partner.territory,
      region: partner.region,
      status:
        back < 12
          ? pick(['submitted', 'confirmed', 'draft'])
          : pick(['completed', 'completed', 'completed', 'shipped', 'cancelled']),
      order_date: date,
      currency: cny.id,
      exchange_rate: '1',
      owner: pick(users).id,
    });
    for (let k = 1 + next(4); k > 0; k--) {
      const product = pick(products);
      add('order_line', {
        order: order.id,
        line_no: k,
        product: product.id,
        description: product.name,
        quantity: String(1 + next(60)),
        unit_price: product.dealer_price,
        discount: String(next(4) * 0.05),
      });
    }
  }
  for (const month of months)
    for (const territory of territories)
      add('target', {
        name: `${territory.name} ${month.slice(0, 7)}`,
        measure: 'sales_amount',
        level: 'base',
        dimension: 'region',
        region: territory.id,
        period: 'month',
        start_date: month,
        amount: String(400000 + next(8) * 60000),
        status: 'approved',
      });
  for (const month of months.slice(0, 12))
    for (const partner of partners.slice(0, 25))
      add('target', {
        name: `${partner.short_name} ${month.slice(0, 7)}`,
        measure: 'sales_amount',
        level: 'base',
        dimension: 'partner',
        partner: partner.id,
        period: 'month',
        start_date: month,
        amount: String(30000 + next(8) * 6000),
        status: 'approved',
      });
}
