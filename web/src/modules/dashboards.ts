/** Which dashboards there are, for the rail and the start page; a dashboard itself is the dashboard page's matter. */
import { queryOptions } from '@tanstack/react-query';
import { api } from '../api/client';

export const dashboardsQuery = queryOptions({
  queryKey: ['dashboards'],
  queryFn: ({ signal }) => api('GET /dashboards', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});
