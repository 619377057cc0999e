/** Evaluates the part of the formula language that lists and dashboards use, for the mock server of the tests only. */
const WORD =
  /\s+|"((?:[^"]|"")*)"|(\d+\.?\d*)|([\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*)|(<>|<=|>=|!=|==|[-+*/^&=<>(),%])/uy;

export class FormulaError extends Error {
  constructor(at, code, message) {
    super(message);
    Object.assign(this, { at, code });
  }
}

export function parse(text) {
  const source = text.startsWith('=') ? ` ${text.slice(1)}` : text;
  const words = [];
  for (let at = 0; at < source.length; ) {
    WORD.lastIndex = at;
    const match = WORD.exec(source);
    const byte = Buffer.byteLength(source.slice(0, at));
    if (!match) throw new FormulaError(byte, 'syntax', `Unexpected “${source[at]}”.`);
    const [, string, number, name, sign] = match;
    if (string !== undefined) words.push({ at: byte, value: string.replaceAll('""', '"') });
    else if (number !== undefined) words.push({ at: byte, value: Number(number) });
    else if (name !== undefined) words.push({ at: byte, name });
    else if (sign !== undefined) words.push({ at: byte, sign: { '!=': '<>', '==': '=' }[sign] ?? sign });
    at = WORD.lastIndex;
  }
  let at = 0;
  const fail = (message, code = 'syntax') => {
    throw new FormulaError(words[at]?.at ?? Buffer.byteLength(source), code, message);
  };
  const isSign = (sign) => words[at]?.sign === sign && ++at > 0;
  const isWord = (word) => (words[at]?.name?.toLowerCase() === word && words[at + 1]?.sign !== '(' ? ++at > 0 : false);
  const need = (sign) => isSign(sign) || fail(`“${sign}” is missing here.`);
  const level = (next, signs) => () => {
    let left = next();
    for (;;) {
      const sign = signs.find((one) => words[at]?.sign === one);
      if (!sign) return left;
      at++;
      left = { op: sign, args: [left, next()] };
    }
  };
  const list = () => {
    const args = [];
    if (isSign(')')) return args;
    do args.push(or());
    while (isSign(','));
    need(')');
    return args;
  };
  function primary() {
    const word = words[at];
    if (!word) return fail('Something is missing at the end.');
    if (isSign('-')) return { op: 'neg', args: [primary()] };
    if (isSign('(')) {
      const inside = or();
      need(')');
      return inside;
    }
    if (word.value !== undefined) {
      at++;
      return isSign('%') ? { value: word.value / 100 } : { value: word.value };
    }
    if (!word.name) return fail(`Unexpected “${word.sign}”.`);
    at++;
    if (isSign('(')) return { call: word.name.toUpperCase(), args: list(), at: word.at };
    if (/^(true|false)$/i.test(word.name)) return { value: word.name.toLowerCase() === 'true' };
    return { path: word.name, at: word.at };
  }
  const sum = level(level(primary, ['*', '/']), ['+', '-']);
  const join = level(sum, ['&']);
  function comparison() {
    const left = join();
    const sign = ['<>', '<=', '>=', '=', '<', '>'].find((one) => words[at]?.sign === one);
    if (sign) {
      at++;
      return { op: sign, args: [left, join()] };
    }
    if (words[at]?.name?.toLowerCase() === 'in') {
      at++;
      return { op: 'in', args: [left, ...(isSign('(') ? list() : [join()])] };
    }
    return left;
  }
  const not = () => (words[at]?.name?.toLowerCase() === 'not' && ++at ? { op: 'not', args: [not()] } : comparison());
  function and() {
    let left = not();
    while (isWord('and') || (words[at]?.name === 'and' && ++at)) left = { op: 'and', args: [left, not()] };
    return left;
  }
  function or() {
    let left = and();
    while (isWord('or') || (words[at]?.name === 'or' && ++at)) left = { op: 'or', args: [left, and()] };
    return left;
  }
  const tree = or();
  if (at < words.length) fail(`Unexpected “${words[at].name ?? words[at].sign ?? words[at].value}”.`);
  return tree;
}

const day = (value) =>
  value === null || value === undefined || value === '' ? NaN : Date.parse(String(value).slice(0, 10));
const iso = (time) => new Date(time).toISOString().slice(0, 10);
const isDay = (value) => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value);
const plain = (value) => (value && typeof value === 'object' && !Array.isArray(value) ? value.id : value);
const empty = (value) => value === null || value === undefined || value === '';
const start = (value, months) => {
  const date = new Date(day(value));
  return iso(Date.UTC(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / months) * months, 1));
};
const functions = {
  TODAY: (_, env) => env.today,
  ME: (_, env) => env.me,
  ISBLANK: ([a]) => empty(plain(a)),
  ISNUMBER: ([a]) => typeof a === 'number',
  SEARCH: ([a, b]) => {
    const at = String(b ?? '')
      .toLowerCase()
      .indexOf(String(a).toLowerCase());
    return at < 0 ? { error: '#VALUE!' } : at + 1;
  },
  LEFT: ([a, n]) => String(a ?? '').slice(0, n),
  LEN: ([a]) => String(a ?? '').length,
  AND: (args) => args.every(Boolean),
  OR: (args) => args.some(Boolean),
  NOT: ([a]) => !a,
  IF: ([a, b, c]) => (a ? b : c),
  IFERROR: ([a, b]) => (a?.error ? b : a),
  YEAR: ([a]) => new Date(day(a)).getUTCFullYear(),
  MONTH: ([a]) => new Date(day(a)).getUTCMonth() + 1,
  DATE: ([y, m, d]) => iso(Date.UTC(y, m - 1, d)),
  EDATE: ([a, n]) => {
    const date = new Date(day(a));
    return iso(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + n, date.getUTCDate()));
  },
  MONTHSTART: ([a]) => start(a, 1),
  QUARTERSTART: ([a]) => start(a, 3),
  YEARSTART: ([a]) => start(a, 12),
  WEEKSTART: ([a]) => iso(day(a) - ((new Date(day(a)).getUTCDay() + 6) % 7) * 86_400_000),
};

function compare(a, b) {
  const [x, y] = [plain(a), plain(b)];
  if (empty(x) || empty(y))
    return empty(x) && empty(y)
      ? 0
      : typeof x === 'number' || typeof y === 'number'
        ? (x || 0) - (y || 0)
        : empty(x)
          ? -1
          : 1;
  if (isDay(x) && isDay(y)) return day(x) - day(y);
  if (typeof x === 'number' || typeof y === 'number') return Number(x) - Number(y);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** `env` = {read(path), today, me}. */
export function evaluate(tree, env) {
  if ('value' in tree) return tree.value;
  if (tree.path) return env.read(tree.path, tree.at);
  if (tree.call) {
    const perform = functions[tree.call];
    if (!perform) throw new FormulaError(tree.at, 'name', `There is no function “${tree.call}”.`);
    return perform(
      tree.args.map((one) => evaluate(one, env)),
      env,
    );
  }
  const args = () => tree.args.map((one) => evaluate(one, env));
  if (tree.op === 'and') return Boolean(evaluate(tree.args[0], env)) && Boolean(evaluate(tree.args[1], env));
  if (tree.op === 'or') return Boolean(evaluate(tree.args[0], env)) || Boolean(evaluate(tree.args[1], env));
  const [a, b, ...more] = args();
  switch (tree.op) {
    case 'not':
      return !a;
    case 'neg':
      return -a;
    case '=':
      return Array.isArray(a) ? a.includes(b) : compare(a, b) === 0;
    case '<>':
      return compare(a, b) !== 0;
    case '<':
      return !empty(plain(a)) && compare(a, b) < 0;
    case '<=':
      return !empty(plain(a)) && compare(a, b) <= 0;
    case '>':
      return compare(a, b) > 0;
    case '>=':
      return compare(a, b) >= 0;
    case 'in':
      return [b, ...more].flat().some((one) => compare(a, one) === 0);
    case '+':
      return isDay(a) ? iso(day(a) + b * 86_400_000) : Number(a) + Number(b);
    case '-':
      return isDay(a) ? (isDay(b) ? (day(a) - day(b)) / 86_400_000 : iso(day(a) - b * 86_400_000)) : a - b;
    case '*':
      return Number(plain(a)) * Number(plain(b));
    case '/':
      return b ? a / b : { error: '#DIV/0!' };
    case '&':
      return `${a ?? ''}${b ?? ''}`;
    default:
      throw new FormulaError(0, 'syntax', tree.op);
  }
}
