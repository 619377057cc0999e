/** The mark of the product: channels that meet. */
export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden className="logo">
      <rect width="32" height="32" rx="8" fill="#3f5fe0" />
      <path
        d="M9 11c0 7 3 9 7 12M23 11c0 7-3 9-7 12M9 11h14"
        fill="none"
        stroke="#fff"
        strokeWidth="1.8"
        opacity=".9"
      />
      <circle cx="9" cy="11" r="3.2" fill="#fff" />
      <circle cx="23" cy="11" r="3.2" fill="#cdd8fb" />
      <circle cx="16" cy="23" r="3.2" fill="#fff" />
    </svg>
  );
}
