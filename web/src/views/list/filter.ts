/**
 * Filters as sentences: a list of conditions that all hold, written as the formula the server takes and read back from
 * it. A formula that is no such list stays a formula; nothing is lost either way.
 */
import type { Module, Value } from '../../api/types';
import { type FieldType, numberLiteral, type Operator, shownType } from '../../fields';
import { type Token, tokens } from '../../formula/tokens';
import { type Catalog, type PathField, resolvePath } from '../../modules/queries';

export type Condition = { path: string; operator: string; values: Value[] };

export const operatorsOf = (found: PathField): Operator[] => shownType(found.field).operators;
export const operatorOf = (found: PathField, name: string) => operatorsOf(found).find((one) => one.name === name);

/** Has the condition all the values that its operator takes? */
export function isComplete(operator: Operator, values: Value[]): boolean {
  const filled = values.filter((value) => value !== null && value !== undefined && value !== '').length;
  return { none: true, one: filled >= 1, days: filled >= 1, two: filled >= 2, many: filled >= 1 }[operator.takes];
}

const literalOf = (type: FieldType, operator: Operator) => (operator.takes === 'days' ? numberLiteral : type.literal);

export function writeFilter(catalog: Catalog, module: Module, conditions: Condition[]): string {
  return conditions
    .flatMap(({ path, operator: name, values }) => {
      const found = resolvePath(catalog, module, path);
      const operator = found && operatorOf(found, name);
      if (!found || !operator || !isComplete(operator, values)) return [];
      const { write } = literalOf(shownType(found.field), operator);
      return operator.template
        .replaceAll('$f', () => path)
        .replaceAll('$*', () => values.map(write).join(', '))
        .replaceAll('$v', () => write(values[0]))
        .replaceAll('$w', () => write(values[1]));
    })
    .join(' and ');
}

/** Undefined when the formula is no list of conditions that the operators can say. */
export function readFilter(catalog: Catalog, module: Module, formula: string): Condition[] | undefined {
  const words = tokens(formula.trim().replace(/^=/, ''));
  if (!words) return undefined;
  if (words.length === 0) return [];
  const conditions: Condition[] = [];
  for (const clause of clauses(words)) {
    const condition = readClause(catalog, module, clause);
    if (!condition) return undefined;
    conditions.push(condition);
  }
  return conditions;
}

/** Cuts at the `and`s outside of brackets. */
function clauses(words: Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const [index, word] of words.entries()) {
    if (word.kind === 'sign' && word.text === '(') depth++;
    if (word.kind === 'sign' && word.text === ')') depth--;
    const called = words[index + 1]?.text === '(' && word.text === 'AND';
    if (depth === 0 && !called && word.kind === 'name' && word.text.toLowerCase() === 'and') parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
}

const WORDS = new Set(['and', 'or', 'not', 'in', 'true', 'false', 'null']);
function readClause(catalog: Catalog, module: Module, clause: Token[]): Condition | undefined {
  const names = clause.filter(
    (word, index) => word.kind === 'name' && clause[index + 1]?.text !== '(' && !WORDS.has(word.text.toLowerCase()),
  );
  for (const { text: path } of names) {
    const found = resolvePath(catalog, module, path);
    if (!found) continue;
    for (const operator of operatorsOf(found)) {
      const values = match(operator, literalOf(shownType(found.field), operator), path, clause);
      if (values) return { path, operator: operator.name, values };
    }
  }
  return undefined;
}

/** The values that make the template into the clause, word by word. */
function match(operator: Operator, literal: FieldType['literal'], path: string, clause: Token[]): Value[] | undefined {
  const template = tokens(operator.template) ?? [];
  const values: Value[] = [];
  let at = 0;
  const value = (): Value | undefined => {
    const minus = clause[at]?.kind === 'sign' && clause[at]?.text === '-';
    const word = clause[minus ? at + 1 : at];
    if (!word || (word.kind !== 'text' && word.kind !== 'number') || (minus && word.kind === 'text')) return undefined;
    at += minus ? 2 : 1;
    return literal.read(minus ? `-${word.text}` : word.text, word.kind);
  };
  for (const want of template) {
    if (want.text === '$*') {
      do {
        if (values.length) at++;
        const next = value();
        if (next === undefined) return undefined;
        values.push(next);
      } while (clause[at]?.text === ',');
    } else if (want.text === '$v' || want.text === '$w') {
      const index = want.text === '$v' ? 0 : 1;
      const next = value();
      if (next === undefined || (index in values && JSON.stringify(values[index]) !== JSON.stringify(next)))
        return undefined;
      values[index] = next;
    } else {
      const word = clause[at++];
      if (!word) return undefined;
      if (want.text === '$f' ? word.text !== path : !alike(want, word)) return undefined;
    }
  }
  return at === clause.length ? values : undefined;
}
const alike = (a: Token, b: Token) => a.kind === b.kind && a.text.toLowerCase() === b.text.toLowerCase();
