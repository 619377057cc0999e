/** The records of other modules that point at this one: a few of each, and the way to all of them. */
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { pageQuery } from '../api/records';
import type { Module, Related, Row } from '../api/types';
import { shownType, typeOf } from '../fields';
import { local, t } from '../i18n';
import { ModuleIcon } from '../modules/ModuleIcon';
import {
  fieldAccess,
  may,
  moduleSingular,
  moduleTitle,
  type PathField,
  resolvePath,
  useCatalog,
  valueAt,
} from '../modules/queries';
import { Failure } from '../notice/Failure';

const SHOWN = 5;
const COLUMNS = 5;

export function RelatedLists({ module, row }: { module: Module; row: Row }) {
  const { byName } = useCatalog();
  const lists = (module.related ?? []).flatMap((related) => {
    const other = byName.get(related.module);
    return other && !other.line ? [{ related, other }] : [];
  });
  return lists.map(({ related, other }) => (
    <RelatedList key={`${related.module} ${related.via}`} related={related} other={other} id={row.id} />
  ));
}

function RelatedList({ related, other, id }: { related: Related; other: Module; id: number }) {
  const catalog = useCatalog();
  const columns = columnsOf(other, related).flatMap((name) => resolvePath(catalog, other, name) ?? []);
  const where = `${related.via} = ${id}`;
  const { data, error, refetch } = useQuery(
    pageQuery(other.name, {
      where,
      limit: SHOWN,
      count: true,
      sort: '-id',
      fields: columns.map(({ path }) => path).join(','),
    }),
  );
  const title = local(related.labels) || moduleTitle(other);
  const total = data?.total ?? data?.records.length ?? 0;
  return (
    <section className="panel related" aria-label={title}>
      <h2>
        <ModuleIcon name={other.icon} size={15} />
        <Link to="/m/$module" params={{ module: other.name }} search={{ where, view: 'all' }}>
          {title}
        </Link>
        {data && <span className="count">{t('list.count', { n: total })}</span>}
        <span className="spring" />
        {may(other, 'create') && (
          <Link
            className="related-add"
            to="/m/$module/new"
            params={{ module: other.name }}
            search={{ [related.via]: String(id) } as never}
          >
            <Plus size={13} aria-hidden />
            {t('list.new', { name: moduleSingular(other) })}
          </Link>
        )}
      </h2>
      {error && !data && <Failure small error={error} onRetry={() => refetch()} />}
      {!data && !error && <Skeleton height={60} />}
      {data && data.records.length > 0 && <Table module={other} columns={columns} rows={data.records} label={title} />}
      {total > SHOWN && (
        <Link className="link" to="/m/$module" params={{ module: other.name }} search={{ where, view: 'all' }}>
          {t('related.all', { n: total })}
        </Link>
      )}
    </section>
  );
}

function columnsOf(other: Module, related: Related): string[] {
  const first = [other.title, other.subtitle].filter((name): name is string => Boolean(name && name !== related.via));
  const rest = other.fields.filter(
    (field) =>
      field.name !== related.via &&
      !first.includes(field.name) &&
      !typeOf(field).unlisted &&
      !typeOf(field).wide &&
      fieldAccess(other, field) !== 'none',
  );
  return [...first, ...rest.map(({ name }) => name)].slice(0, COLUMNS);
}

function Table({ module, columns, rows, label }: { module: Module; columns: PathField[]; rows: Row[]; label: string }) {
  return (
    <div className="mini-scroll">
      <table className="mini" aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ path, field, label: head }) => (
              <th key={path} scope="col" className={shownType(field).align}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              {columns.map(({ path, field }, index) => {
                const type = typeOf(field);
                const value = valueAt(row, path);
                const shown = type.cell ? type.cell(value, field) : type.text(value, field);
                return (
                  <td key={path} className={shownType(field).align}>
                    {index === 0 ? (
                      <Link to="/m/$module/$id" params={{ module: module.name, id: String(row.id) }}>
                        {type.text(value, field) || `#${row.id}`}
                      </Link>
                    ) : (
                      shown
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
