/** The sign-in: a page of its own at the start, and a layer over the page when a session ended in the middle of work. */
import { Alert, Button, Modal, PasswordInput, TextInput } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { isStatus } from '../api/client';
import { inWords } from '../api/problems';
import { useExpired, useSignIn } from '../api/session';
import { chooseLanguage, t, useLanguage } from '../i18n';
import { Logo } from './Logo';
import { LanguageSwitch, SchemeSwitch } from './TopBar';

export function SignInPage() {
  useLanguage();
  return (
    <div className="sign-in">
      <header>
        <LanguageSwitch onChoose={chooseLanguage} />
        <SchemeSwitch />
      </header>
      <main>
        <Logo size={44} />
        <h1>{t('app.name')}</h1>
        <p>{t('signIn.text')}</p>
        <SignInForm />
      </main>
    </div>
  );
}

/** Over the page: what was typed there stays, and the call that was refused goes on afterwards. */
export function SignInAgain({ email }: { email: string }) {
  const expired = useExpired();
  return (
    <Modal opened={expired} onClose={() => {}} withCloseButton={false} centered size="sm" title={t('signIn.again')}>
      <p className="modal-text">{t('signIn.againText')}</p>
      <SignInForm email={email} />
    </Modal>
  );
}

function SignInForm({ email: known }: { email?: string }) {
  const signIn = useSignIn();
  const [email, setEmail] = useState(known ?? '');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!email.trim() || !password) {
      setProblem(t('signIn.both'));
      return;
    }
    setBusy(true);
    setProblem(undefined);
    try {
      await signIn(email.trim(), password);
    } catch (error) {
      setProblem(isStatus(error, 401) ? t('signIn.wrong') : inWords(error).title);
      setPassword('');
    }
    setBusy(false);
  }
  return (
    <form onSubmit={submit} noValidate className="sign-in-form">
      {problem && (
        <Alert color="red" variant="light" role="alert" icon={<CircleAlert size={16} />}>
          {problem}
        </Alert>
      )}
      <TextInput
        label={t('signIn.email')}
        type="email"
        name="email"
        autoComplete="username"
        autoFocus={!known}
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label={t('signIn.password')}
        name="password"
        autoComplete="current-password"
        data-autofocus={known ? true : undefined}
        visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" loading={busy} fullWidth mt={6}>
        {t('signIn.do')}
      </Button>
    </form>
  );
}
