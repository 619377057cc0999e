/** The modules and dashboards that this person may see, by group; folded it shows icons with tips. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { ChevronsLeft, ChevronsRight, LayoutDashboard } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMe } from '../api/session';
import { local, t } from '../i18n';
import { dashboardsQuery } from '../modules/dashboards';
import { ModuleIcon } from '../modules/ModuleIcon';
import { moduleTitle, useCatalog } from '../modules/queries';
import { Logo } from './Logo';
import { menuGroups } from './menu';

type Props = { folded: boolean; onFold?: () => void };

export function Rail({ folded, onFold }: Props) {
  const catalog = useCatalog();
  const { workspace } = useMe();
  const { data } = useQuery(dashboardsQuery);
  const { pathname } = useLocation();
  const here = (path: string) => pathname === path || pathname.startsWith(`${path}/`);
  return (
    <nav className="rail" data-folded={folded || undefined} aria-label={t('shell.modules')}>
      {onFold && (
        <div className="rail-head">
          <Link to="/" className="brand" aria-label={workspace.name || t('app.name')}>
            <Logo />
            {!folded && <span>{workspace.name || t('app.name')}</span>}
          </Link>
        </div>
      )}
      <div className="rail-scroll">
        {data && data.dashboards.length > 0 && (
          <ul>
            {data.dashboards.map(({ name, labels }) => (
              <Place key={name} folded={folded} label={local(labels, name)} active={here(`/dashboard/${name}`)}>
                <Link to="/dashboard/$name" params={{ name }}>
                  <LayoutDashboard size={16} aria-hidden strokeWidth={1.8} />
                  <span>{local(labels, name)}</span>
                </Link>
              </Place>
            ))}
          </ul>
        )}
        {menuGroups(catalog).map((group) => (
          <section key={group.name} aria-label={group.label}>
            <h2>{group.label}</h2>
            <ul>
              {group.modules.map((module) => (
                <Place key={module.name} folded={folded} label={moduleTitle(module)} active={here(`/m/${module.name}`)}>
                  <Link to="/m/$module" params={{ module: module.name }}>
                    <ModuleIcon name={module.icon} />
                    <span>{moduleTitle(module)}</span>
                  </Link>
                </Place>
              ))}
            </ul>
          </section>
        ))}
      </div>
      {onFold && (
        <div className="rail-foot">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('shell.fold')}
            aria-expanded={!folded}
            onClick={onFold}
          >
            {folded ? <ChevronsRight size={16} /> : <ChevronsLeft size={16} />}
          </ActionIcon>
        </div>
      )}
    </nav>
  );
}

function Place({
  folded,
  label,
  active,
  children,
}: {
  folded: boolean;
  label: string;
  active: boolean;
  children: ReactNode;
}) {
  return (
    <Tooltip label={label} position="right" disabled={!folded} openDelay={100}>
      <li className="place" data-active={active || undefined}>
        {children}
      </li>
    </Tooltip>
  );
}
