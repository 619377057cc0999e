/** Records in memory for the mock server of the tests only: enough rules to see the client behave. */
import { evaluate, FormulaError, parse } from './formula.mjs';

const NUMBERS = ['integer', 'decimal', 'money', 'percent', 'rollup'];
const REFS = ['relation', 'person', 'department'];
const SYSTEM = [
  'id',
  'version',
  'created_at',
  'created_by',
  'updated_at',
  'updated_by',
  'owner',
  'record_type',
  'deleted_at',
];
const targetOf = (field) =>
  field.type === 'person' ? 'user' : field.type === 'department' ? 'department' : field.module;

export class Store {
  constructor({ modules, byName }, today) {
    Object.assign(this, {
      modules,
      byName,
      today,
      me: 0,
      seq: 0,
      tables: new Map(),
      history: new Map(),
      lines: new Map(),
      listeners: new Set(),
    });
    for (const module of modules) this.tables.set(module.name, new Map());
  }
  field(module, name) {
    const found = this.byName.get(module)?.fields.find((one) => one.name === name);
    if (found) return found;
    if (name === 'owner' || name === 'created_by' || name === 'updated_by') return { name, type: 'person' };
    return SYSTEM.includes(name)
      ? { name, type: name.endsWith('_at') ? 'datetime' : name === 'record_type' ? 'choice' : 'integer' }
      : undefined;
  }
  raw(module, id) {
    return this.tables.get(module)?.get(id);
  }

  /** The value under a path, as formulas see it: numbers as numbers, relations as ids. */
  read(module, row, path, at = 0) {
    const [name, ...rest] = path.split('.');
    const field = this.field(module, name);
    if (!field) throw new FormulaError(at, 'name', `There is no field “${name}” here.`);
    const value = this.value(module, row, field);
    if (rest.length) {
      const target = REFS.includes(field.type) && this.raw(targetOf(field), value);
      return target ? this.read(targetOf(field), target, rest.join('.'), at) : null;
    }
    return NUMBERS.includes(field.type) || NUMBERS.includes(field.result)
      ? value === null || value === undefined
        ? null
        : Number(value)
      : (value ?? null);
  }
  value(module, row, field) {
    if (field.type === 'rollup') {
      const lines = this.childrenOf(module, row);
      const [, call, name] = /^(\w+)\((?:\w+)(?:\.(\w+))?/.exec(field.formula) ?? [];
      if (call === 'COUNT') return lines.length;
      const child = this.lineField(module)?.module;
      return child
        ? String(
            Math.round(lines.reduce((sum, line) => sum + Number(this.read(child, line, name) ?? 0), 0) * 100) / 100,
          )
        : null;
    }
    if (field.type === 'formula') {
      try {
        const got = evaluate(parse(field.formula.replaceAll('ROUND(', 'IF(true,')), {
          read: (path) => this.read(module, row, path),
          today: this.today,
          me: this.me,
        });
        return got === null || got?.error || Number.isNaN(got)
          ? null
          : typeof got === 'number'
            ? String(Math.round(got * 1e4) / 1e4)
            : got;
      } catch {
        return null;
      }
    }
    if (module === 'order_line' && field.name === 'amount' && row.amount === undefined)
      return String(Math.round(row.quantity * row.unit_price * (1 - (row.discount ?? 0)) * 100) / 100);
    if (module === 'order_line' && field.name === 'cost') return String(row.quantity * 500);
    return row[field.name];
  }
  lineField = (module) => this.byName.get(module).fields.find((one) => one.type === 'lines');
  childrenOf(module, row) {
    const field = this.lineField(module);
    return field ? (this.lines.get(`${field.module} ${row.id}`) ?? []) : [];
  }

  /** The value as an answer writes it. */
  shown(module, row, path) {
    const [name, ...rest] = path.split('.');
    const field = this.field(module, name);
    if (!field) throw new FormulaError(0, 'name', `There is no field “${name}” here.`);
    const value = this.value(module, row, field);
    if (REFS.includes(field.type)) {
      const target = value && this.raw(targetOf(field), value);
      if (!target) return null;
      return rest.length
        ? this.shown(targetOf(field), target, rest.join('.'))
        : { id: value, title: this.title(targetOf(field), target) };
    }
    if (field.type === 'lines') return this.childrenOf(module, row).map((line) => this.whole(field.module, line));
    if (field.type === 'relations')
      return (value ?? []).map((id) => ({ id, title: this.title(field.module, this.raw(field.module, id)) }));
    return value ?? null;
  }
  title = (module, row) => String(row?.[this.byName.get(module).title] ?? `#${row?.id}`);
  whole(module, row, fields) {
    const names =
      fields ??
      this.byName
        .get(module)
        .fields.map((one) => one.name)
        .concat('owner', 'created_by', 'updated_by');
    const out = { id: row.id, version: row.version, created_at: row.created_at, updated_at: row.updated_at };
    if (row.deleted_at) out.deleted_at = row.deleted_at;
    for (const name of names) out[name] = this.shown(module, row, name);
    return out;
  }

  insert(module, values) {
    const now = new Date().toISOString();
    const id = ++this.seq;
    const row = {
      id,
      version: 1,
      created_at: now,
      updated_at: now,
      created_by: this.me,
      updated_by: this.me,
      ...values,
    };
    this.tables.get(module).set(id, row);
    const via =
      this.byName.get(module).line &&
      this.byName.get(module).fields.find((one) => one.on_delete === 'cascade' && one.type === 'relation');
    if (via) {
      const key = `${module} ${row[via.name]}`;
      this.lines.set(key, [...(this.lines.get(key) ?? []), row]);
    }
    return row;
  }

  /** Reads a body; throws the problems of all fields at once. */
  take(module, body, row) {
    const problems = [];
    const values = {};
    for (const [name, given] of Object.entries(body)) {
      const field = this.field(module, name);
      if (!field) problems.push({ field: name, code: 'unknown', message: `There is no field “${name}”.` });
      else if (field.type === 'lines') values[name] = given;
      else if (REFS.includes(field.type)) values[name] = given && typeof given === 'object' ? given.id : given;
      else if (NUMBERS.includes(field.type) && given !== null && Number.isNaN(Number(given)))
        problems.push({ field: name, code: 'type', message: `“${given}” is not a number.` });
      else values[name] = given;
    }
    for (const field of this.byName.get(module).fields) {
      const value = name(field) in values ? values[field.name] : row?.[field.name];
      if (
        field.required &&
        field.default === undefined &&
        !['auto_number', 'lines'].includes(field.type) &&
        (value === null || value === undefined || value === '')
      )
        problems.push({ field: field.name, code: 'required', message: 'Please fill this in.' });
    }
    if (problems.length) throw Object.assign(new Error('422'), { status: 422, problems });
    return values;
    function name(field) {
      return field.name;
    }
  }
  write(module, id, body) {
    const old = id && this.raw(module, id);
    const values = this.take(module, body, old);
    const lineField = this.lineField(module);
    const lines = lineField && values[lineField.name];
    if (lineField) delete values[lineField.name];
    const defaults = old ? {} : this.defaults(module, values);
    const row = old ?? this.insert(module, { ...defaults, ...values, owner: this.me });
    const changes = Object.entries(old ? values : { ...defaults, ...values })
      .filter(([name, value]) => !old || JSON.stringify(old[name] ?? null) !== JSON.stringify(value ?? null))
      .map(([field, to]) => ({
        field,
        from: old ? this.shown(module, old, field) : null,
        to: this.shown(module, { ...row, [field]: to }, field),
      }));
    Object.assign(
      row,
      values,
      old && { version: row.version + 1, updated_at: new Date().toISOString(), updated_by: this.me },
    );
    if (lines) this.writeLines(lineField, row, lines);
    this.note(module, row, old ? 'update' : 'create', changes);
    return row;
  }
  defaults(module, values) {
    const found = {};
    for (const field of this.byName.get(module).fields) {
      if (field.name in values) continue;
      if (field.type === 'auto_number') found[field.name] = `${module.toUpperCase().slice(0, 2)}-${this.seq + 1}`;
      else if (typeof field.default === 'string' && field.default.startsWith('=')) {
        try {
          const got = evaluate(parse(field.default), {
            read: (path) => this.read(module, { ...found, ...values }, path),
            today: this.today,
            me: this.me,
          });
          if (got !== null && !got?.error && !Number.isNaN(got))
            found[field.name] = typeof got === 'number' && NUMBERS.includes(field.type) ? String(got) : got;
        } catch {
          // The real server knows more functions.
        }
      } else if (field.default !== undefined) found[field.name] = field.default;
    }
    return found;
  }
  writeLines(field, parent, lines) {
    const kept = lines.map((line, i) => {
      try {
        const values = this.take(
          field.module,
          Object.fromEntries(Object.entries(line).filter(([name]) => name !== 'id')),
          this.raw(field.module, line.id) ?? { [field.via]: parent.id },
        );
        if (line.id) return Object.assign(this.raw(field.module, line.id), values);
        const row = {
          ...this.defaults(field.module, { ...values, [field.via]: parent.id }),
          ...values,
          [field.via]: parent.id,
        };
        delete row.amount;
        const id = ++this.seq;
        const made = { id, version: 1, ...row };
        this.tables.get(field.module).set(id, made);
        return made;
      } catch (error) {
        if (error.problems)
          error.problems = error.problems.map((one) => ({ ...one, field: `${field.name}[${i}].${one.field}` }));
        throw error;
      }
    });
    this.lines.set(`${field.module} ${parent.id}`, kept);
  }
  move(module, row, back) {
    row.deleted_at = back ? undefined : new Date().toISOString();
    row.version++;
    this.note(module, row, back ? 'restore' : 'delete', []);
  }
  note(module, row, op, changes) {
    const key = `${module} ${row.id}`;
    const actor = this.raw('user', this.me);
    const entry = {
      seq: ++this.seq,
      at: new Date().toISOString(),
      actor: { id: actor.id, title: actor.name },
      way: 'form',
      op,
      version: row.version,
      changes,
    };
    this.history.set(key, [entry, ...(this.history.get(key) ?? [])]);
    for (const listener of this.listeners)
      listener('change', { seq: entry.seq, module, id: row.id, op, version: row.version });
  }

  rows(module, { where, q, sort, deleted, ids }) {
    const tree = where && parse(where);
    const wanted = ids && new Set(ids.split(',').map(Number));
    const test = (row) =>
      evaluate(tree, { read: (path, at) => this.read(module, row, path, at), today: this.today, me: this.me });
    // A filter with an error is refused even where there is nothing to filter.
    if (tree) test([...this.tables.get(module).values()][0] ?? {});
    let found = [...this.tables.get(module).values()].filter(
      (row) => Boolean(row.deleted_at) === (deleted === 'true') && (!wanted || wanted.has(row.id)),
    );
    if (tree) found = found.filter(test);
    if (q) found = found.filter((row) => this.matches(module, row, q));
    for (const name of (sort ?? '').split(',').filter(Boolean).reverse()) {
      const path = name.replace(/^-/, '');
      const key = (row) => this.read(module, row, path);
      const sign = name.startsWith('-') ? -1 : 1;
      found = found.toSorted((a, b) => sign * compare(key(a), key(b)));
    }
    return found;
  }
  matches(module, row, q) {
    const small = q.toLowerCase();
    return this.byName.get(module).fields.some(
      (field) =>
        ['text', 'long_text', 'auto_number', 'phone', 'email'].includes(field.type) &&
        String(row[field.name] ?? '')
          .toLowerCase()
          .includes(small),
    );
  }
  query({ from, where, group = {}, select = {}, sort, limit = 1000 }) {
    const groups = new Map();
    const names = Object.keys(group);
    for (const row of this.rows(from, { where })) {
      const env = { read: (path) => this.read(from, row, path), today: this.today, me: this.me };
      const keys = names.map((name) => evaluate(parse(group[name]), env));
      const key = JSON.stringify(keys);
      if (!groups.has(key)) groups.set(key, { row, keys, rows: [] });
      groups.get(key).rows.push(env);
    }
    const columns = [
      ...names.map((name) => ({ name, type: /^[\w.]+$/.test(group[name]) ? 'relation' : 'date' })),
      ...Object.entries(select).map(([name, formula]) => ({
        name,
        type: formula.startsWith('COUNT') ? 'integer' : 'money',
      })),
    ];
    let rows = [...groups.values()].map(({ row, keys, rows: members }) => [
      ...names.map((name, i) => (/^[\w.]+$/.test(group[name]) ? this.shown(from, row, group[name]) : keys[i])),
      ...Object.values(select).map((formula) => aggregate(parse(formula), members)),
    ]);
    if (!names.length && !rows.length)
      rows = [Object.values(select).map((formula) => (formula.startsWith('COUNT') ? 0 : null))];
    if (sort) rows.sort((a, b) => compare(a[columns.findIndex(({ name }) => name === sort.replace('-', ''))], b[0]));
    return { columns, rows: rows.slice(0, limit), took_ms: 1, engine: 'sql' };
  }
}
const compare = (a, b) =>
  a === b
    ? 0
    : a === null || a === undefined
      ? -1
      : b === null || b === undefined
        ? 1
        : typeof a === 'string' && typeof b === 'string'
          ? a.localeCompare(b, 'zh')
          : a - b;

/** An aggregate over the rows of a group; what stands around it is computed from its results. */
function aggregate(tree, members) {
  if (tree.call === 'COUNT') return members.length;
  if (tree.call === 'COUNTDISTINCT' || tree.call === 'SUM') {
    const values = members.map((env) => evaluate(tree.args[0], env));
    if (tree.call === 'COUNTDISTINCT') return new Set(values).size;
    return String(Math.round(values.reduce((a, b) => a + b, 0) * 100) / 100);
  }
  const args = tree.args.map((one) => ({ value: Number(aggregate(one, members)) }));
  const value = evaluate({ ...tree, args }, {});
  return value?.error ? null : String(value);
}
