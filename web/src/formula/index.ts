/**
 * The seam between forms and the formula language. Today the server evaluates, in one call for all conditions of a form;
 * the C engine compiled for the browser takes its place here without any form knowing.
 */

import { api } from '../api/client';
import type { Rows } from '../api/records';

/**
 * Which of the conditions hold for these values? All of them travel as one formula that answers with a text of 1 and 0.
 * A condition that cannot be computed counts as `fallback`, so that nothing is hidden by mistake.
 */
export async function conditions(
  module: string,
  formulas: Array<{ formula: string; fallback: boolean }>,
  record: Rows,
  signal?: AbortSignal,
): Promise<boolean[]> {
  if (formulas.length === 0) return [];
  const one = ({ formula, fallback }: { formula: string; fallback: boolean }) =>
    `IFERROR(IF(${formula.trim().replace(/^=/, '')}, "1", "0"), "${fallback ? 1 : 0}")`;
  const { value } = await api('POST /formula', {
    body: { formula: formulas.map(one).join(' & '), module, record },
    signal,
  });
  const marks = String(value ?? '');
  return formulas.map(({ fallback }, index) => (marks.length === formulas.length ? marks[index] === '1' : fallback));
}

/** Where a byte offset of the server stands in a JavaScript text. */
export function indexOfByte(text: string, offset: number): number {
  let bytes = 0;
  let index = 0;
  for (const c of text) {
    if (bytes >= offset) break;
    const code = c.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    index += c.length;
  }
  return index;
}
