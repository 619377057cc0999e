/**
 * The grid of a record's line items. Each cell is the input of its field's type; Enter goes down, on the last line it
 * adds one; a table copied from a spreadsheet is pasted from the cell on, past the last line too.
 */
import { ActionIcon, Input as Box, Button } from '@mantine/core';
import { CopyPlus, Plus, Trash2 } from 'lucide-react';
import { type ClipboardEvent, type KeyboardEvent, useRef, useState } from 'react';
import { say } from '../actions/say';
import type { Field, Module, Value } from '../api/types';
import { t } from '../i18n';
import { fieldAccess, fieldLabel, useModule } from '../modules/queries';
import { readTable } from './clipboard';
import { typeOf } from './index';
import { LINE_KEY, same } from './send';
import type { InputProps } from './types';

type Line = { [name: string]: Value };
let lastKey = 0;
const newLine = (values: Line = {}): Line => ({ ...values, [LINE_KEY]: ++lastKey });
const keyOf = (line: Line, index: number) => String(line.id ?? line[LINE_KEY] ?? index);
const asLines = (value: Value): Line[] => (Array.isArray(value) ? (value as Line[]) : []);

/** What a line shows: everything but the way back to its parent. */
export const lineFields = (child: Module, via: string | undefined) =>
  child.fields.filter((field) => field.name !== via && !typeOf(field).unlisted && fieldAccess(child, field) !== 'none');

/** Grids of lines are dense: figures need little, names more. */
const narrow = (field: Field) => {
  const { align, fits, width } = typeOf(field);
  return align ? Math.min(width - 34, 96) : fits ? 160 : Math.min(width, 130);
};
const isFormula = (field: Field) => typeof field.default === 'string' && field.default.startsWith('=');
/** What people fill in or look at; keys for imports and what only follows from the rest is shown on demand. */
const isCommon = (field: Field) =>
  Boolean(field.required) || (!field.unique && !typeOf(field).computed && !isFormula(field) && !typeOf(field).wide);
/** Follows from other values of the line, which were changed since the server computed it. */
const isStale = (field: Field, line: Line, touched: ReadonlySet<string> | undefined) =>
  Boolean(
    touched?.size &&
      !touched.has(field.name) &&
      (typeOf(field).computed || (isFormula(field) && line.id !== undefined)),
  );

export const editable = (child: Module, field: Field) =>
  !typeOf(field).computed && !field.readonly && fieldAccess(child, field) === 'write';

export function LinesGrid({ field, value, before, onChange, label, name, error, readOnly, problems }: InputProps) {
  const child = useModule(field.module);
  const table = useRef<HTMLTableElement>(null);
  const [all, setAll] = useState(false);
  if (!child) return null;
  const every = lineFields(child, field.via);
  const few = every.filter(isCommon);
  const fields = all || few.length === 0 ? every : few;
  const lines = asLines(value);
  const defaults = Object.fromEntries(
    every.filter((one) => one.default !== undefined && !isFormula(one)).map((one) => [one.name, one.default]),
  );
  const old = new Map(asLines(before).map((line) => [line.id, line]));
  const touched = lines.map((line) => {
    const was = line.id === undefined ? undefined : old.get(line.id);
    return was && was !== line
      ? new Set(every.filter(({ name }) => !same(line[name], was[name])).map(({ name }) => name))
      : undefined;
  });
  const set = (index: number, column: string, next: Value) =>
    onChange(lines.map((line, at) => (at === index ? { ...line, [column]: next } : line)));
  const add = (at = lines.length, values: Line = defaults) => {
    onChange([...lines.slice(0, at), newLine(values), ...lines.slice(at)]);
    setTimeout(() => focusCell(at, 0), 0);
  };
  const focusCell = (row: number, column: number) =>
    table.current
      ?.querySelector<HTMLElement>(`[data-cell="${row}-${column}"] :is(input,textarea,button):not([readonly])`)
      ?.focus();

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const cell = (event.target as Element).closest<HTMLElement>('[data-cell]')?.dataset.cell;
    const expanded = (event.target as Element).getAttribute('aria-expanded') === 'true';
    if (!cell || expanded || event.nativeEvent.isComposing) return;
    const [row = 0, column = 0] = cell.split('-').map(Number);
    const step =
      event.key === 'Enter' || (event.key === 'ArrowDown' && event.ctrlKey)
        ? 1
        : event.key === 'ArrowUp' && event.ctrlKey
          ? -1
          : 0;
    if (!step) return;
    event.preventDefault();
    if (row + step >= lines.length && !readOnly) add();
    else focusCell(row + step, column);
  }

  function onPaste(event: ClipboardEvent<HTMLElement>) {
    const cell = (event.target as Element).closest<HTMLElement>('[data-cell]')?.dataset.cell;
    const text = event.clipboardData.getData('text/plain');
    if (!cell || readOnly || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    const [row = 0, column = 0] = cell.split('-').map(Number);
    const next = [...lines];
    let rejected = 0;
    for (const [r, cells] of readTable(text).entries()) {
      const line: Line = { ...(next[row + r] ?? newLine(defaults)) };
      for (const [c, pasted] of cells.entries()) {
        const target = fields[column + c];
        if (!target || !child || !editable(child, target)) continue;
        const read = typeOf(target).parse(pasted, target);
        if (read === undefined) rejected++;
        else line[target.name] = read;
      }
      next[row + r] = line;
    }
    onChange(next);
    if (rejected) say({ color: 'orange', message: t('paste.rejected', { n: rejected }) });
  }

  return (
    <Box.Wrapper label={label} labelElement="div" error={error} className="lines">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also when there is no line to put the focus in */}
      <div className="lines-scroll" role="group" aria-label={name} tabIndex={0} onKeyDown={onKeyDown} onPaste={onPaste}>
        <table ref={table} className="lines-table" aria-label={name}>
          <thead>
            <tr>
              <th scope="col" className="lines-number">
                #
              </th>
              {fields.map((one) => (
                <th key={one.name} scope="col" className={typeOf(one).align} style={{ minWidth: narrow(one) }}>
                  {fieldLabel(one)}
                  {one.required && editable(child, one) && <span className="asterisk"> *</span>}
                </th>
              ))}
              {!readOnly && (
                <th scope="col">
                  <span className="hidden">{t('actions')}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {lines.map((line, row) => (
              <tr key={keyOf(line, row)}>
                <td className="lines-number">{row + 1}</td>
                {fields.map((one, column) => {
                  const type = typeOf(one);
                  const problem = problems?.[`${row}.${one.name}`];
                  const writable = !readOnly && editable(child, one);
                  const stale = isStale(one, line, touched[row]);
                  return (
                    <td
                      key={one.name}
                      data-cell={`${row}-${column}`}
                      data-label={fieldLabel(one)}
                      className={`${type.align ?? ''} ${writable ? '' : 'fixed'} ${problem ? 'wrong' : ''} ${stale ? 'stale' : ''}`}
                      title={problem ?? (stale ? t('lines.stale') : undefined)}
                    >
                      {writable ? (
                        <type.Input
                          bare
                          field={one}
                          module={child.name}
                          record={line}
                          name={t('lines.cell', { field: fieldLabel(one), n: row + 1 })}
                          value={line[one.name]}
                          onChange={(next) => set(row, one.name, next)}
                        />
                      ) : (
                        <span className="lines-text">
                          {type.cell?.(line[one.name], one) ?? type.text(line[one.name], one)}
                        </span>
                      )}
                      {problem && <span className="lines-problem">{problem}</span>}
                    </td>
                  );
                })}
                {!readOnly && (
                  <td className="lines-actions">
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size={24}
                      aria-label={t('lines.copy', { n: row + 1 })}
                      onClick={() => add(row + 1, copyOf(line, fields, child))}
                    >
                      <CopyPlus size={14} />
                    </ActionIcon>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size={24}
                      aria-label={t('lines.remove', { n: row + 1 })}
                      onClick={() => onChange(lines.filter((_, at) => at !== row))}
                    >
                      <Trash2 size={14} />
                    </ActionIcon>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
        {lines.length === 0 && <p className="lines-empty">{t('lines.empty')}</p>}
      </div>
      <div className="lines-foot">
        {!readOnly && (
          <Button size="compact-sm" variant="subtle" leftSection={<Plus size={14} />} onClick={() => add()}>
            {t('lines.add')}
          </Button>
        )}
        {few.length > 0 && few.length < every.length && (
          <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setAll(!all)}>
            {t(all ? 'lines.few' : 'lines.all')}
          </Button>
        )}
      </div>
    </Box.Wrapper>
  );
}

const copyOf = (line: Line, fields: Field[], child: Module): Line =>
  Object.fromEntries(fields.filter((field) => editable(child, field)).map((field) => [field.name, line[field.name]]));
