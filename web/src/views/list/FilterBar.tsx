/** The filter of a list as a sentence of chips; each chip is edited in place, an odd formula as text. */
import { ActionIcon, Button, Menu, Popover, TextInput } from '@mantine/core';
import { ListFilter, Plus, SquareFunction, X } from 'lucide-react';
import { Fragment, useState } from 'react';
import type { Module } from '../../api/types';
import { RefTitle, refTitle, shownType, typeOf } from '../../fields';
import { t } from '../../i18n';
import { number } from '../../i18n/format';
import { type Catalog, fieldAccess, fieldLabel, type PathField, resolvePath, targetOf } from '../../modules/queries';
import { systemFields } from '../../modules/system';
import { ConditionEditor } from './ConditionEditor';
import { FormulaFilter } from './FormulaFilter';
import { type Condition, operatorOf, operatorsOf, readFilter, writeFilter } from './filter';

type Props = {
  catalog: Catalog;
  module: Module;
  where: string;
  error: unknown;
  onChange(where: string): void;
};

export function FilterBar({ catalog, module, where, error, onChange }: Props) {
  const conditions = readFilter(catalog, module, where);
  const [editing, setEditing] = useState<number>();
  // A condition that has no value yet stands in the sentence, but not in the formula.
  const [draft, setDraft] = useState<Condition>();
  const [expert, setExpert] = useState(false);

  if (expert || !conditions)
    return (
      <FormulaFilter
        module={module}
        where={where}
        error={error}
        onChange={onChange}
        onClose={conditions ? () => setExpert(false) : undefined}
        onClear={() => {
          setExpert(false);
          onChange('');
        }}
      />
    );

  const all = draft ? [...conditions, draft] : conditions;
  const change = (index: number, next: Condition) => {
    if (index === conditions.length) {
      const written = writeFilter(catalog, module, [...conditions, next]);
      const complete = written !== writeFilter(catalog, module, conditions);
      setDraft(complete ? undefined : next);
      if (complete) onChange(written);
    } else
      onChange(
        writeFilter(
          catalog,
          module,
          conditions.map((one, at) => (at === index ? next : one)),
        ),
      );
  };
  const remove = (index: number) => {
    setEditing(undefined);
    if (index === conditions.length) setDraft(undefined);
    else
      onChange(
        writeFilter(
          catalog,
          module,
          conditions.filter((_, at) => at !== index),
        ),
      );
  };
  const add = (path: string) => {
    const found = resolvePath(catalog, module, path);
    if (!found) return;
    const operator = operatorsOf(found)[0];
    if (!operator) return;
    const next = { path, operator: operator.name, values: [] };
    if (operator.takes === 'none') change(conditions.length, next);
    else setDraft(next);
    setEditing(conditions.length);
  };

  return (
    <div className="filter" role="group" aria-label={t('filter.title')}>
      {all.map((condition, index) => {
        const found = resolvePath(catalog, module, condition.path);
        if (!found) return null;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a chip is its place in the sentence
          <Fragment key={index}>
            {index > 0 && <span className="filter-and">{t('filter.and')}</span>}
            <Popover
              opened={editing === index}
              onChange={(open) => {
                if (open) return;
                setEditing(undefined);
                setDraft(undefined);
              }}
              position="bottom-start"
              shadow="md"
              trapFocus
              withinPortal
            >
              <span className="chip">
                <Popover.Target>
                  <button
                    type="button"
                    className="chip-text"
                    onClick={() => setEditing(editing === index ? undefined : index)}
                  >
                    <Sentence found={found} condition={condition} />
                  </button>
                </Popover.Target>
                <ActionIcon
                  size={24}
                  variant="subtle"
                  color="gray"
                  aria-label={t('filter.remove', { name: found.label })}
                  onClick={() => remove(index)}
                >
                  <X size={12} />
                </ActionIcon>
              </span>
              <Popover.Dropdown p="sm">
                <ConditionEditor
                  found={found}
                  condition={condition}
                  module={module.name}
                  onChange={(next) => change(index, next)}
                  onDone={() => setEditing(undefined)}
                />
              </Popover.Dropdown>
            </Popover>
          </Fragment>
        );
      })}
      <AddCondition
        catalog={catalog}
        module={module}
        first={all.length === 0}
        onAdd={add}
        onExpert={() => setExpert(true)}
      />
      {all.length > 1 && (
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => onChange('')}>
          {t('filter.clear')}
        </Button>
      )}
    </div>
  );
}

/** Stands where a value will be drawn; no text contains it. */
const HOLE = '\uE000';

/** “金额 > 50万” */
function Sentence({ found, condition }: { found: PathField; condition: Condition }) {
  const operator = operatorOf(found, condition.operator);
  if (!operator) return found.label;
  const [before = '', between, after] = t(operator.label, { v: HOLE, w: HOLE }).split(HOLE);
  const value = (index: number) => (
    <ValueText found={found} operator={operator.takes} value={condition.values[index]} />
  );
  return (
    <>
      {found.label} <span className="chip-operator">{before.trim()}</span>
      {between !== undefined && ' '}
      {operator.takes === 'many'
        ? condition.values.map((one, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: values of a list have no other name
            <Fragment key={index}>
              {index > 0 && t('filter.or')}
              <ValueText found={found} operator="many" value={one} />
            </Fragment>
          ))
        : between !== undefined && value(0)}
      {between && <span className="chip-operator">{between}</span>}
      {after !== undefined && value(1)}
      {after}
    </>
  );
}

function ValueText({
  found,
  operator,
  value,
}: {
  found: PathField;
  operator: string;
  value: Condition['values'][number];
}) {
  if (value === null || value === undefined || value === '') return <b>…</b>;
  if (operator === 'days') return <b>{number(String(value))}</b>;
  const type = shownType(found.field);
  const target = targetOf(found.field);
  if (target && refTitle(value))
    return (
      <b>
        <RefTitle module={target} value={value} />
      </b>
    );
  return <b>{(type.short ?? type.text)(value, found.field)}</b>;
}

type AddProps = { catalog: Catalog; module: Module; first: boolean; onAdd(path: string): void; onExpert(): void };
/** Which field to filter by: those of the module, and through its relations those of others. */
function AddCondition({ catalog, module, first, onAdd, onExpert }: AddProps) {
  const [typed, setTyped] = useState('');
  const [opened, setOpened] = useState(false);
  const found = paths(catalog, module).filter(({ label, path }) =>
    `${label} ${path}`.toLowerCase().includes(typed.trim().toLowerCase()),
  );
  // The module's own fields first: 注册资本 before that of the parent.
  const own = found.filter(({ path }) => !path.includes('.'));
  const shown = typed ? [...own, ...found.filter(({ path }) => path.includes('.'))] : own;
  return (
    <Menu
      opened={opened}
      onChange={setOpened}
      shadow="md"
      position="bottom-start"
      width={240}
      trapFocus
      returnFocus={false}
      onClose={() => setTyped('')}
    >
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          className={first ? 'add-first' : undefined}
          leftSection={first ? <ListFilter size={14} /> : <Plus size={13} />}
        >
          {first ? t('filter.title') : t('filter.add')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <TextInput
          className="menu-search"
          size="xs"
          data-autofocus
          placeholder={t('filter.field')}
          aria-label={t('filter.field')}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            const best = shown[0];
            if (event.key !== 'Enter' || !best) return;
            event.preventDefault();
            setOpened(false);
            onAdd(best.path);
          }}
        />
        <div className="menu-scroll">
          {shown.slice(0, 60).map(({ path, label }) => (
            <Menu.Item key={path} onClick={() => onAdd(path)}>
              {label}
            </Menu.Item>
          ))}
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<SquareFunction size={14} />} onClick={onExpert}>
          {t('filter.expert')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Fields that can be filtered by, one relation deep. */
function paths(catalog: Catalog, module: Module): PathField[] {
  const fields = (of: Module) =>
    [...of.fields, ...systemFields(of)].filter(
      (field) => fieldAccess(of, field) !== 'none' && typeOf(field).operators.length > 0,
    );
  return fields(module).flatMap((field) => {
    const target = catalog.byName.get(targetOf(field) ?? '');
    const own = { path: field.name, field, label: fieldLabel(field) };
    if (!target || !field.module || typeOf(field).wide) return [own];
    const deeper = target.fields
      .filter((one) => fieldAccess(target, one) !== 'none' && !typeOf(one).unlisted)
      .flatMap((one) => resolvePath(catalog, module, `${field.name}.${one.name}`) ?? []);
    return [own, ...deeper];
  });
}
