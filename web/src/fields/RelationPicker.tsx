/** Chooses a record of another module by searching; shows the choice with a link to it. */
import { ActionIcon, Combobox, Loader, TextInput, useCombobox } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowUpRight, X } from 'lucide-react';
import { useState } from 'react';
import { pageQuery } from '../api/records';
import type { Module, Row, Value } from '../api/types';
import { t } from '../i18n';
import { fieldOf, targetOf, useModule } from '../modules/queries';
import { frame } from './common';
import { fieldTypes } from './index';
import { isHidden, refId, refTitle } from './operators';
import type { InputProps } from './types';

/** The text of a record's title field. */
export function titleOf(module: Module | undefined, row: Row): string {
  const title = module?.title && fieldOf(module, module.title);
  return (title && fieldTypes[title.type].text(row[title.name], title)) || `#${row.id}`;
}
export function subtitleOf(module: Module | undefined, row: Row): string {
  const subtitle = module?.subtitle && fieldOf(module, module.subtitle);
  return subtitle ? fieldTypes[subtitle.type].text(row[subtitle.name], subtitle) : '';
}
export const titleFields = (module: Module | undefined) =>
  [module?.title, module?.subtitle].filter(Boolean).join(',') || undefined;

/** The title of a record; asked for where only the id is known, as in a filter. */
export function useRefTitle(module: string | undefined, value: Value): string {
  const known = refTitle(value);
  const id = refId(value);
  const target = useModule(module);
  const unknown = Boolean(target && id && (isHidden(value) || known === `#${id}`));
  const { data } = useQuery({
    ...pageQuery(module ?? '', { ids: String(id), fields: titleFields(target) }),
    enabled: unknown,
    staleTime: 60_000,
  });
  const row = data?.records[0];
  return row ? titleOf(target, row) : unknown && !data ? '' : known;
}
export function RefTitle({ module, value }: { module?: string; value: Value }) {
  return useRefTitle(module, value);
}

/** The matches of a search in a module, narrowed by the field's own condition where it can be applied. */
export function useMatches(module: string | undefined, typed: string, where: string | undefined, enabled: boolean) {
  const target = useModule(module);
  const [q] = useDebouncedValue(typed.trim(), 150);
  return useQuery({
    ...pageQuery(module ?? '', { q: q || undefined, limit: 20, fields: titleFields(target), where }),
    enabled: enabled && Boolean(module),
    placeholderData: keepPreviousData,
  });
}

export function RelationPicker(props: InputProps) {
  const { field, value, onChange, readOnly, required, bare } = props;
  const moduleName = targetOf(field);
  const target = useModule(moduleName);
  const box = useCombobox({ onDropdownClose: () => box.resetSelectedOption() });
  const [typed, setTyped] = useState<string>();
  const open = box.dropdownOpened;
  const { data, isFetching, isError } = useMatches(moduleName, typed ?? '', field.where, open);
  const current = refId(value);
  const shut = !target || isHidden(value);
  const title = useRefTitle(moduleName, value);

  function choose(key: string) {
    const row = data?.records.find((one) => one.id === Number(key));
    if (row) onChange({ id: row.id, title: titleOf(target, row) });
    setTyped(undefined);
    box.closeDropdown();
  }

  return (
    <Combobox store={box} onOptionSubmit={choose} shadow="md" disabled={readOnly}>
      <Combobox.Target>
        <TextInput
          {...frame(props)}
          placeholder={bare || readOnly ? undefined : t('field.search')}
          autoComplete="off"
          value={typed ?? title}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            box.openDropdown();
            box.selectFirstOption();
          }}
          onClick={() => !readOnly && box.openDropdown()}
          onFocus={(event) => event.currentTarget.select()}
          onBlur={() => {
            box.closeDropdown();
            if (typed === '' && !required) onChange(null);
            setTyped(undefined);
          }}
          rightSectionWidth={current && !bare ? (required || readOnly || shut ? 28 : 50) : 20}
          rightSection={
            isFetching && open ? (
              <Loader size={14} />
            ) : current && !bare ? (
              <span className="box-actions">
                {!required && !readOnly && (
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size="sm"
                    aria-label={t('field.clear')}
                    onMouseDown={(event) => event.preventDefault()}
                    onClick={() => onChange(null)}
                  >
                    <X size={13} />
                  </ActionIcon>
                )}
                {!shut && (
                  <Link
                    className="box-link"
                    to="/m/$module/$id"
                    params={{ module: moduleName ?? '', id: String(current) }}
                    aria-label={t('field.openRecord', { name: title })}
                  >
                    <ArrowUpRight size={14} />
                  </Link>
                )}
              </span>
            ) : undefined
          }
        />
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Options mah={280} style={{ overflowY: 'auto' }}>
          {isError && <Combobox.Empty>{t('error.load')}</Combobox.Empty>}
          {data?.records.length === 0 && <Combobox.Empty>{t('field.noMatch')}</Combobox.Empty>}
          {data?.records.map((row) => (
            <Combobox.Option key={row.id} value={String(row.id)} active={row.id === current}>
              <span className="match">
                <span>{titleOf(target, row)}</span>
                <small>{subtitleOf(target, row)}</small>
              </span>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
