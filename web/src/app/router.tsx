/** Every page and its address. Pages load when they are first visited, and ahead when a link to them is pointed at. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { t } from '../i18n';
import { Failure } from '../notice/Failure';
import { Home } from './Home';
import { Shell } from './Shell';

const root = createRootRoute({ component: Shell, notFoundComponent: () => <Failure title={t('error.noPage')} /> });
const home = createRoute({ getParentRoute: () => root, path: '/', component: Home });
/** Search parameters stay the texts that they are; each page reads the ones it knows. */
type Search = { [name: string]: string | undefined };
const texts = (search: { [name: string]: unknown }): Search =>
  Object.fromEntries(Object.entries(search).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));

const list = createRoute({
  getParentRoute: () => root,
  path: '/m/$module',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../views/list/ListPage')),
});
const create = createRoute({
  getParentRoute: () => root,
  path: '/m/$module/new',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../record/RecordPage')),
});
const record = createRoute({
  getParentRoute: () => root,
  path: '/m/$module/$id',
  component: lazyRouteComponent(() => import('../record/RecordPage')),
});
const dashboard = createRoute({
  getParentRoute: () => root,
  path: '/dashboard/$name',
  validateSearch: texts,
  component: lazyRouteComponent(() => import('../dashboard/DashboardPage')),
});

export const router = createRouter({
  routeTree: root.addChildren([home, list, create, record, dashboard]),
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const pairs = Object.entries(search).filter(([, value]) => value !== undefined && value !== null);
    const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
    return text ? `?${text}` : '';
  },
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} onRetry={reset} />,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
