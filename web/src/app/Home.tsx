/** The start: the first dashboard, else the first module. */
import { useQuery } from '@tanstack/react-query';
import { Navigate } from '@tanstack/react-router';
import { t } from '../i18n';
import { dashboardsQuery } from '../modules/dashboards';
import { useCatalog } from '../modules/queries';
import { Failure } from '../notice/Failure';
import { menuGroups } from './menu';

export function Home() {
  const { data, isPending } = useQuery(dashboardsQuery);
  const catalog = useCatalog();
  const first = menuGroups(catalog)[0]?.modules[0];
  if (isPending) return null;
  const dashboard = data?.dashboards[0];
  if (dashboard) return <Navigate to="/dashboard/$name" params={{ name: dashboard.name }} replace />;
  if (first) return <Navigate to="/m/$module" params={{ module: first.name }} replace />;
  return <Failure title={t('error.nothingToSee')} />;
}
