/** Which columns the list shows, in which order; and the way to the recycle bin. */
import { ActionIcon, Button, Checkbox, Menu } from '@mantine/core';
import { ArrowUp, SlidersHorizontal } from 'lucide-react';
import type { Action } from '../../actions';
import type { Module } from '../../api/types';
import { typeOf } from '../../fields';
import { t } from '../../i18n';
import { type Catalog, fieldAccess, fieldLabel, resolvePath } from '../../modules/queries';
import { systemFields } from '../../modules/system';
import type { Shown } from './state';

type Props = {
  module: Module;
  catalog: Catalog;
  shown: Shown;
  bin: Action;
  onColumns(columns: string | undefined): void;
};

export function ColumnMenu({ module, catalog, shown, bin, onColumns }: Props) {
  const here = shown.columns.map(({ path }) => path);
  const others = [...module.fields, ...systemFields(module)].filter(
    (field) => !here.includes(field.name) && !typeOf(field).unlisted && fieldAccess(module, field) !== 'none',
  );
  const set = (paths: string[]) => onColumns(paths.length ? paths.join(',') : undefined);
  const label = (path: string) => resolvePath(catalog, module, path)?.label ?? path;
  return (
    <Menu shadow="md" position="bottom-end" width={260} closeOnItemClick={false}>
      <Menu.Target>
        <ActionIcon variant="default" size={30} aria-label={t('list.columns')}>
          <SlidersHorizontal size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('list.columns')}</Menu.Label>
        <div className="menu-scroll">
          {here.map((path, index) => (
            <div key={path} className="column-line">
              <Checkbox
                size="xs"
                label={label(path)}
                checked
                disabled={here.length === 1}
                onChange={() => set(here.filter((one) => one !== path))}
              />
              {index > 0 && (
                <ActionIcon
                  size="sm"
                  variant="subtle"
                  color="gray"
                  aria-label={t('list.columnUp', { name: label(path) })}
                  onClick={() => set(here.toSpliced(index, 1).toSpliced(index - 1, 0, path))}
                >
                  <ArrowUp size={13} />
                </ActionIcon>
              )}
            </div>
          ))}
          {others.map((field) => (
            <div key={field.name} className="column-line">
              <Checkbox
                size="xs"
                label={fieldLabel(field)}
                checked={false}
                onChange={() => set([...here, field.name])}
              />
            </div>
          ))}
        </div>
        <Menu.Divider />
        <Button size="compact-sm" variant="subtle" color="gray" fullWidth onClick={() => onColumns(undefined)}>
          {t('list.columnsReset')}
        </Button>
        <Menu.Divider />
        <Menu.Item closeMenuOnClick leftSection={bin.icon && <bin.icon size={14} />} onClick={bin.perform}>
          {bin.label}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
