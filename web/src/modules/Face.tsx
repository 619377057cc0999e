/** A person as a small round mark with the letters of the name. */
const initials = (name: string) => (/\p{Script=Han}/u.test(name) ? name.slice(-2) : name.slice(0, 2).toUpperCase());
/** The same person has the same colour everywhere. */
const hue = (name: string) => [...name].reduce((sum, c) => (sum * 31 + (c.codePointAt(0) ?? 0)) % 360, 7);

export function Face({ name, size = 20 }: { name: string; size?: number }) {
  return (
    <span
      className="face"
      aria-hidden
      style={{ width: size, height: size, fontSize: size * 0.42, background: `hsl(${hue(name)} 45% 33%)` }}
    >
      {initials(name)}
    </span>
  );
}
