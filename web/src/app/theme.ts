/** The look of the controls: dense, quiet, one accent. Colours that pages use are variables in app.css. */
import { createTheme, type MantineColorsTuple } from '@mantine/core';

const accent: MantineColorsTuple = [
  '#eff3ff',
  '#dde5ff',
  '#bccbfc',
  '#98aff8',
  '#7a96f4',
  '#5e7df0',
  '#3f5fe0',
  '#3350c4',
  '#2a43a6',
  '#233888',
];
const dark: MantineColorsTuple = [
  '#e4e6eb',
  '#b3b8c2',
  '#949ba8',
  '#6b7280',
  '#3c424d',
  '#30353e',
  '#23272e',
  '#17191e',
  '#121417',
  '#0d0f11',
];

export const theme = createTheme({
  colors: { accent, dark },
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 6 },
  autoContrast: true,
  defaultRadius: 'md',
  radius: { xs: '3px', sm: '5px', md: '7px', lg: '12px', xl: '20px' },
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '18px' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.5' },
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  headings: { fontWeight: '600' },
  cursorType: 'pointer',
  components: {
    Button: { styles: { label: { fontWeight: 500 } } },
    Modal: { defaultProps: { radius: 'lg', overlayProps: { backgroundOpacity: 0.35 } } },
    Menu: { defaultProps: { withinPortal: true, transitionProps: { duration: 80 } } },
    Tooltip: { defaultProps: { openDelay: 300, transitionProps: { duration: 80 } } },
  },
});
