/**
 * The state of one form. What the person changed lies over what the server last said; a newer record from the server
 * slides underneath, and only fields that both sides changed become conflicts for the person to decide.
 */
import type { Rows } from '../api/records';
import type { Field, Module, Problem, Row, Value } from '../api/types';
import { isNone, outgoing, same, typeOf } from '../fields';
import { conditions } from '../formula';
import { t } from '../i18n';
import { fieldAccess, fieldOf } from '../modules/queries';
import { TYPE } from '../modules/system';

export type Evaluate = typeof conditions;
const PAUSE_MS = 120;
const VALIDITY: Array<[keyof Pick<Field, 'visible_when' | 'required_when'>, boolean]> = [
  ['visible_when', true],
  ['required_when', false],
];

export class FormState {
  base: Row | undefined;
  changes: Rows = {};
  problems: { [path: string]: string } = {};
  hidden = new Set<string>();
  demanded = new Set<string>();
  /** Fields that somebody else changed while this person changed them too: what the server has now. */
  conflicts: Rows = {};
  /** Of the record that the conflicts came from. */
  rival: Row | undefined;

  private version = 0;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | undefined;

  constructor(
    public module: Module,
    private modules: Map<string, Module>,
    base: Row | undefined,
    initial: Rows = {},
    private readonly evaluate: Evaluate = conditions,
  ) {
    this.base = base;
    this.changes = base ? {} : { ...defaults(module), ...initial };
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };
  snapshot = () => this.version;
  private tell() {
    this.version++;
    for (const listener of this.listeners) listener();
  }
  /** The page is there, or gone. */
  open() {
    this.settle(0);
  }
  close() {
    clearTimeout(this.timer);
    this.running?.abort();
  }
  /** An administrator changed the module while the form is open: what was typed stays. */
  follow(module: Module, modules: Map<string, Module>) {
    if (this.module === module) return;
    this.module = module;
    this.modules = modules;
    this.settle(0);
    this.tell();
  }

  get(name: string): Value {
    return name in this.changes ? this.changes[name] : this.base?.[name];
  }
  get values(): Rows {
    return { ...this.base, ...this.changes };
  }
  get dirty(): boolean {
    return Object.keys(this.changes).length > 0 && (this.base !== undefined || this.touched);
  }
  private touched = false;

  set(name: string, value: Value) {
    this.touched = true;
    if (this.base && same(value, this.base[name])) {
      const { [name]: _, ...rest } = this.changes;
      this.changes = rest;
    } else this.changes = { ...this.changes, [name]: value };
    this.problems = without(this.problems, name);
    this.settle(PAUSE_MS);
    this.tell();
  }
  discard() {
    this.changes = this.base ? {} : defaults(this.module);
    this.touched = false;
    this.problems = {};
    this.conflicts = {};
    this.settle(0);
    this.tell();
  }

  /** A newer record arrived. */
  rebase(row: Row) {
    const before = this.base;
    if (before && before.version === row.version && before !== row) {
      this.base = row;
      this.tell();
      return;
    }
    if (before === row) return;
    for (const name of Object.keys(this.changes)) {
      if (same(this.changes[name], row[name])) delete this.changes[name];
      else if (before && !same(before[name], row[name])) {
        this.conflicts[name] = row[name];
        this.rival = row;
      }
    }
    this.base = row;
    this.settle(0);
    this.tell();
  }
  /** The record was saved: the answer is the truth, nothing is changed any more. */
  saved(row: Row) {
    this.base = row;
    this.changes = {};
    this.touched = false;
    this.problems = {};
    this.conflicts = {};
    this.settle(0);
    this.tell();
  }
  resolve(name: string, take: 'theirs' | 'mine') {
    if (take === 'theirs') {
      const { [name]: _, ...rest } = this.changes;
      this.changes = rest;
    }
    const { [name]: _, ...others } = this.conflicts;
    this.conflicts = others;
    this.settle(0);
    this.tell();
  }

  /** The fields of the record's type, without those the person may not see and those that do not apply now. */
  get fields(): Field[] {
    const own = this.type;
    const special = new Set(this.module.record_types?.flatMap(({ fields }) => fields ?? []));
    return this.module.fields.filter(
      (field) =>
        fieldAccess(this.module, field) !== 'none' &&
        !this.hidden.has(field.name) &&
        (!special.has(field.name) || own?.fields?.includes(field.name)),
    );
  }
  get type() {
    return this.module.record_types?.find(({ code }) => code === this.get(TYPE));
  }
  required = (field: Field) =>
    Boolean(field.required) || this.demanded.has(field.name) || Boolean(this.type?.required?.includes(field.name));
  writable = (field: Field) =>
    !typeOf(field).computed && !field.readonly && fieldAccess(this.module, field) === 'write';
  allowed = (field: Field) => this.type?.options?.[field.name];

  /** What the server would refuse, found here; true when there is nothing. */
  check(): boolean {
    const found: { [path: string]: string } = {};
    for (const field of this.fields) {
      if (!this.writable(field)) continue;
      const value = this.get(field.name);
      const wrong = typeOf(field).wrong?.(value, field);
      if (wrong) found[field.name] = t(wrong, limits(field));
      else if (this.required(field) && isNone(value) && (this.base || isNone(field.default)))
        found[field.name] = t('problem.required');
    }
    this.problems = found;
    this.tell();
    return Object.keys(found).length === 0;
  }
  /** What the server refused, put at its fields; the rest is returned for the top of the form. */
  refuse(problems: Problem[]): Problem[] {
    const rest: Problem[] = [];
    for (const problem of problems) {
      const path = (problem.field ?? '')
        .replace(/\[(\d+)\]/g, '.$1')
        .replaceAll('/', '.')
        .replace(/^\./, '');
      const field = fieldOf(this.module, path.split('.')[0] ?? '');
      if (field && !this.hidden.has(field.name)) this.problems[path] = problem.message;
      else rest.push(problem);
    }
    this.tell();
    return rest;
  }
  /** What was changed, in the form that the API takes. */
  body(): Rows {
    const entries = Object.entries(this.changes).filter(
      ([name, value]) => this.base || !isNone(value) || name === TYPE,
    );
    return Object.fromEntries(entries.map(([name, value]) => [name, this.send(name, value)]));
  }
  private send(name: string, value: Value): Value {
    const field = fieldOf(this.module, name);
    return (field && typeOf(field).send?.(value, field, this.modules, this.base?.[name])) ?? outgoing(value);
  }

  /** Asks which fields are shown and demanded, after a pause; the last answer stays until the next one. */
  private settle(pause: number) {
    clearTimeout(this.timer);
    const asked = this.module.fields.flatMap((field) =>
      VALIDITY.flatMap(([key, fallback]) => {
        const formula = field[key];
        return formula ? [{ field: field.name, key, formula, fallback }] : [];
      }),
    );
    if (asked.length === 0) return;
    this.timer = setTimeout(async () => {
      this.running?.abort();
      this.running = new AbortController();
      const { signal } = this.running;
      try {
        const record = Object.fromEntries(Object.entries(this.values).map(([name, value]) => [name, outgoing(value)]));
        const holds = await this.evaluate(this.module.name, asked, known(this.module, record), signal);
        if (signal.aborted) return;
        this.hidden = new Set(
          asked.filter(({ key }, i) => key === 'visible_when' && !holds[i]).map(({ field }) => field),
        );
        this.demanded = new Set(
          asked.filter(({ key }, i) => key === 'required_when' && holds[i]).map(({ field }) => field),
        );
        this.tell();
      } catch {
        // Unanswered: what was shown stays; the server has the last word when the record is saved.
      }
    }, pause);
  }
}

const limits = (field: Field) => ({
  n: field.max_length ?? field.scale ?? 2,
  min: String(field.min ?? ''),
  max: String(field.max ?? ''),
});
const without = (problems: { [path: string]: string }, name: string) =>
  Object.fromEntries(Object.entries(problems).filter(([path]) => path !== name && !path.startsWith(`${name}.`)));

/** Constants that new records begin with; formulas as defaults are the server's. */
function defaults(module: Module): Rows {
  const values: Rows = {};
  const first = module.record_types?.[0];
  if (first) values[TYPE] = first.code;
  for (const field of module.fields)
    if (field.default !== undefined && field.default !== null && !String(field.default).startsWith('='))
      values[field.name] = field.default;
  return values;
}
/** Only what the module knows and a formula can read. */
const known = (module: Module, record: Rows): Rows =>
  Object.fromEntries(
    Object.entries(record).filter(([name, value]) => {
      const field = fieldOf(module, name);
      return field && !typeOf(field).unlisted && value !== undefined;
    }),
  );
