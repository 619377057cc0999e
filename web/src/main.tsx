/** Starts the client: the language first, so that nothing is drawn twice, then the page. */
import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import './app/app.css';
import './app/tables.css';
import './app/phone.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { preferredLanguage, setLanguage } from './i18n';

setLanguage(preferredLanguage()).then(() => {
  createRoot(document.getElementById('root') as HTMLElement).render(<App />);
});
