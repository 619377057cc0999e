/** Cuts a formula into its words, as far as filters need it; the server's parser remains the judge of formulas. */
export type Token = { kind: 'text' | 'number' | 'name' | 'sign'; text: string };

const WORD =
  /\s+|"((?:[^"]|"")*)"|(\d+\.?\d*|\.\d+)|(\$[a-z*])|([\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*)|(<>|<=|>=|!=|==|[-+*/^&=<>(),%])/uy;
const SAME: Record<string, string> = { '!=': '<>', '==': '=' };

/** Undefined when there is something that is no word of the language. */
export function tokens(formula: string): Token[] | undefined {
  const found: Token[] = [];
  let at = 0;
  while (at < formula.length) {
    WORD.lastIndex = at;
    const match = WORD.exec(formula);
    if (!match) return undefined;
    at = WORD.lastIndex;
    const [, text, number, hole, name, sign] = match;
    if (text !== undefined) found.push({ kind: 'text', text: text.replaceAll('""', '"') });
    else if (number !== undefined) found.push({ kind: 'number', text: number });
    else if (hole !== undefined) found.push({ kind: 'sign', text: hole });
    else if (name !== undefined) found.push({ kind: 'name', text: name });
    else if (sign !== undefined) found.push({ kind: 'sign', text: SAME[sign] ?? sign });
  }
  return found;
}
