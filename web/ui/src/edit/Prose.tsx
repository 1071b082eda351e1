// Words of the server, with their `backticks` as code.
export function Prose({ text }: { text: string }) {
  return text.split("`").map((part, i) => (i % 2 ? <code key={i} className="sg-mono">{part}</code> : part));
}
