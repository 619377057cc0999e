/** On a phone, what the thumb reaches: the start, the first modules, search and everything else. */
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { LayoutDashboard, Menu, Search } from 'lucide-react';
import { local, t } from '../i18n';
import { dashboardsQuery } from '../modules/dashboards';
import { ModuleIcon } from '../modules/ModuleIcon';
import { moduleTitle, useCatalog } from '../modules/queries';
import { menuGroups } from './menu';

export function BottomBar({ onMenu, onFind }: { onMenu(): void; onFind(): void }) {
  const groups = menuGroups(useCatalog());
  const { data } = useQuery(dashboardsQuery);
  const { pathname } = useLocation();
  const dashboard = data?.dashboards[0];
  // The first module of the first two groups: partners, and what is sold to them.
  const modules = groups.slice(0, 2).flatMap((group) => group.modules.slice(0, 1));
  const active = (path: string) => (pathname === path || pathname.startsWith(`${path}/`) ? true : undefined);
  return (
    <nav className="bottom" aria-label={t('shell.bottom')}>
      {dashboard && (
        <Link to="/dashboard/$name" params={{ name: dashboard.name }} data-active={active('/dashboard')}>
          <LayoutDashboard size={20} aria-hidden />
          <span>{local(dashboard.labels, dashboard.name)}</span>
        </Link>
      )}
      {modules.map((module) => (
        <Link
          key={module.name}
          to="/m/$module"
          params={{ module: module.name }}
          data-active={active(`/m/${module.name}`)}
        >
          <ModuleIcon name={module.icon} size={20} />
          <span>{moduleTitle(module)}</span>
        </Link>
      ))}
      <button type="button" onClick={onFind}>
        <Search size={20} aria-hidden />
        {t('shell.search')}
      </button>
      <button type="button" onClick={onMenu}>
        <Menu size={20} aria-hidden />
        {t('shell.all')}
      </button>
    </nav>
  );
}
