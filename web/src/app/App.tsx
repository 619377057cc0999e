/** From nothing to the page: look, language, who is signed in, the catalog; then the router. */
import { Loader, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect } from 'react';
import { startLive } from '../api/live';
import { meQuery } from '../api/session';
import { t, useLanguage } from '../i18n';
import { catalogQuery } from '../modules/queries';
import { Failure } from '../notice/Failure';
import { queryClient } from './queryClient';
import { router } from './router';
import { SignInAgain, SignInPage } from './SignIn';
import { theme } from './theme';

export function App() {
  useLanguage();
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        <Notifications position="bottom-right" zIndex={400} />
        <Gate />
      </QueryClientProvider>
    </MantineProvider>
  );
}

function Gate() {
  const me = useQuery(meQuery);
  const catalog = useQuery({ ...catalogQuery, enabled: Boolean(me.data) });
  const person = me.data?.user.id;
  // Before the first page asks for records, so that no change falls between the two.
  useEffect(() => (person ? startLive(queryClient) : undefined), [person]);
  if (me.data === null) return <SignInPage />;
  const error = me.error ?? catalog.error;
  if (error && !(me.data && catalog.data))
    return <Failure error={error} onRetry={() => (me.data ? catalog.refetch() : me.refetch())} />;
  if (!me.data || !catalog.data)
    return (
      <div className="starting" role="status" aria-label={t('loading')}>
        <Loader size="sm" />
      </div>
    );
  return (
    <>
      <RouterProvider router={router} />
      <SignInAgain email={me.data.user.email} />
    </>
  );
}
