/** Exact decimals as text, as the API carries them: read what people type, move the point, compare. Never a double. */

const FULL_WIDTH = /[０-９．，－％＋]/g;
const UNITS: Record<string, number> = { 万: 4, 萬: 4, 亿: 8, 億: 8, k: 3, K: 3, m: 6, M: 6 };

/**
 * Reads "1,234.50", "¥ 1.2万", "１２％" and the like. Returns plain decimal text ("12000", "0.12"), '' for
 * empty text, undefined for what is no number.
 */
export function readDecimal(text: string): string | undefined {
  let clean = text.replace(FULL_WIDTH, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
  clean = clean.replace(/[\s,'’_￥¥$€£元]/g, '');
  if (clean === '') return '';
  let places = 0;
  if (clean.endsWith('%')) {
    places = -2;
    clean = clean.slice(0, -1);
  }
  const unit = UNITS[clean.at(-1) ?? ''];
  if (unit !== undefined) {
    places += unit;
    clean = clean.slice(0, -1);
  }
  const bracketed = /^\((.*)\)$/.exec(clean);
  if (bracketed) clean = `-${bracketed[1]}`;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(clean)) return undefined;
  return shift(clean, places);
}

/** The same number with its point moved: shift("12.34", -2) is "0.1234". Leading and trailing zeros are dropped. */
export function shift(decimal: string, places: number): string {
  const negative = decimal.startsWith('-');
  const [whole = '', fraction = ''] = decimal.replace(/^[+-]/, '').split('.');
  let digits = whole + fraction;
  let point = whole.length + places;
  if (point < 0) {
    digits = '0'.repeat(-point) + digits;
    point = 0;
  }
  if (point > digits.length) digits += '0'.repeat(point - digits.length);
  const left = digits.slice(0, point).replace(/^0+/, '') || '0';
  const right = digits.slice(point).replace(/0+$/, '');
  const plain = right ? `${left}.${right}` : left;
  return negative && plain !== '0' ? `-${plain}` : plain;
}

/** How many digits stand behind the point. */
export const decimals = (decimal: string) => decimal.split('.')[1]?.length ?? 0;

/** Adds decimal texts exactly. */
export function add(numbers: string[]): string {
  const scale = Math.max(0, ...numbers.map(decimals));
  const sum = numbers.reduce((total, one) => total + BigInt(shift(one, scale)), 0n);
  return shift(String(sum), -scale);
}

/** Negative, zero or positive as a is less than, equal to or greater than b. */
export function compare(a: string, b: string): number {
  const scale = Math.max(decimals(a), decimals(b));
  const difference = BigInt(shift(a, scale)) - BigInt(shift(b, scale));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
